"""The same targets after other contexts: tokens dropped, replaced, or blurred, many variants at a time.

Every target is scored by the same forward pass (teacher forcing), and a variant shares the key–value cache of the
full context up to the first token that it changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tokenscope_widgets.analysis.explained import Explained
from tokenscope_widgets.analysis.forward import ForwardPass, fork_cache
from tokenscope_widgets.analysis.watch import Watch

REMOVALS = ("remove", "replace", "mean")
_TOKENS_AT_ONCE = 256
_LOGITS_AT_ONCE = 2**24


@dataclass(frozen=True)
class _Row:
    """One variant: what the model reads, where its targets are predicted, and how much it shares."""

    index: int
    token_ids: list[int]
    blurred: list[int]
    predictors: list[int]
    shared: int


class Variants:
    """Scores variants of one context.

    Parameters
    ----------
    token_ids : sequence of int
        The full text, at least up to the last target.
    explained : Explained
    removal : str
        What happens to a dropped token: ``"remove"`` takes it out, ``"replace"`` puts ``replacement_id`` there,
        ``"mean"`` puts the mean of all token embeddings there.
    replacement_id : int
    empty_id : int
        What the model reads where nothing is left before a target.

    Attributes
    ----------
    full : float32 [target]
        The explained numbers after the full context.
    """

    def __init__(
        self,
        forward: ForwardPass,
        token_ids: NDArray[np.int64],
        explained: Explained,
        *,
        removal: str = "remove",
        replacement_id: int = 0,
        empty_id: int = 0,
    ) -> None:
        self._forward = forward
        self._explained = explained
        self._ids = [int(i) for i in token_ids[: explained.context_length]]
        self._removal = removal
        self._replacement_id = replacement_id
        self._empty_id = empty_id
        self._cache = forward.new_cache() if forward.supports_cache else None
        self.full = self._score_full()

    @property
    def positions(self) -> NDArray[np.int64]:
        """Where the targets stand, int64 [target]."""
        return self._explained.positions

    @property
    def length(self) -> int:
        """How many tokens the full context has."""
        return len(self._ids)

    def score(self, dropped: NDArray[np.bool_], watch: Watch | None = None) -> NDArray[np.float32]:
        """The explained numbers of each variant, float32 [variant, target]; NaN for those a cancel left out.

        Parameters
        ----------
        dropped : bool [variant, token]
            The tokens that each variant loses. Of tokens after a target nothing reaches it.
        """
        watch = watch or Watch()
        out = np.full((len(dropped), len(self._explained)), np.nan, np.float32)
        groups = list(self._groups(dropped))
        watch.expect(sum(_cost(group) for group in groups))
        for group in groups:
            if watch.cancelled():
                break
            out[[row.index for row in group]] = self._score_group(group)
            watch.advance(_cost(group))
        return out

    def _score_full(self) -> NDArray[np.float32]:
        row = _Row(0, self._ids, [], [int(p) - 1 for p in self._explained.positions], 0)
        with torch.inference_mode():
            values: NDArray[np.float32] = self._values([row], self._cache, 0)[0]
            return values

    def _groups(self, dropped: NDArray[np.bool_]) -> Iterator[list[_Row]]:
        """Variants that share a prefix of about the same length, so that one fork of the cache serves them."""
        rows = sorted((self._row(i, d) for i, d in enumerate(dropped)), key=lambda row: row.shared)
        per_row = len(self._explained) * self._forward.vocabulary_size
        group: list[_Row] = []
        for row in rows:
            room = len(group) + 1
            longest = max(len(r.token_ids) for r in [*group, row]) - (group[0].shared if group else row.shared)
            if group and (room * longest > _TOKENS_AT_ONCE or room * per_row > _LOGITS_AT_ONCE):
                yield group
                group = []
            group.append(row)
        if group:
            yield group

    def _row(self, index: int, dropped: NDArray[np.bool_]) -> _Row:
        dropped = np.pad(dropped[: self.length], (0, max(0, self.length - len(dropped))))
        changed = np.flatnonzero(dropped)
        first = int(changed[0]) if len(changed) else self.length
        if self._removal != "remove":
            replacement = self._replacement_id
            ids = [replacement if gone else i for i, gone in zip(self._ids, dropped, strict=True)]
            predictors = [int(p) - 1 for p in self._explained.positions]
            blurred = changed.tolist() if self._removal == "mean" else []
            return _Row(index, ids, blurred, predictors, self._shared(first, predictors))
        ids = [i for i, gone in zip(self._ids, dropped, strict=True) if not gone]
        kept_before = np.concatenate([[0], np.cumsum(~dropped)])
        predictors = [int(kept_before[p]) - 1 for p in self._explained.positions]
        if predictors[0] < 0:
            ids, predictors, first = [self._empty_id, *ids], [p + 1 for p in predictors], 0
        return _Row(index, ids, [], predictors, self._shared(first, predictors))

    def _shared(self, first_changed: int, predictors: list[int]) -> int:
        """How much of the cache can be used: the predictors themselves must be computed."""
        return min(first_changed, predictors[0]) if self._cache is not None else 0

    @torch.inference_mode()
    def _score_group(self, group: list[_Row]) -> NDArray[np.float32]:
        shared = group[0].shared
        cache = fork_cache(self._cache, shared, len(group)) if shared else None
        return self._values(group, cache, shared)

    def _values(self, group: list[_Row], cache: Any, shared: int) -> NDArray[np.float32]:
        """[row, target]. Shorter rows are padded at their end, where a causal model never looks back from."""
        longest = max(len(row.token_ids) for row in group)
        ids = torch.tensor([row.token_ids[shared:] + [0] * (longest - len(row.token_ids)) for row in group])
        where = torch.tensor([row.predictors for row in group]) - shared
        wanted, inverse = torch.unique(where, return_inverse=True)
        embeddings = self._blurred(group, ids, shared) if any(row.blurred for row in group) else None
        logits = self._forward(ids, cache, wanted, embeddings=embeddings)
        rows = torch.arange(len(group), device=logits.device)[:, None]
        values = self._explained.values(logits[rows, inverse.to(logits.device)])
        return np.asarray(values.cpu().numpy(), np.float32)

    def _blurred(self, group: list[_Row], ids: torch.Tensor, shared: int) -> torch.Tensor:
        embeddings = self._forward.embed(ids)
        mean = self._forward.mean_embedding().to(embeddings.dtype)
        for i, row in enumerate(group):
            embeddings[i, [at - shared for at in row.blurred if at >= shared]] = mean
        return embeddings


def _cost(group: list[_Row]) -> int:
    """How many tokens a group puts through the model."""
    return sum(len(row.token_ids) - group[0].shared for row in group)


class Lead:
    """A whole text's explained number minus another's, after the same contexts: for contrasts of several tokens."""

    def __init__(self, text: Variants, other: Variants) -> None:
        self._text, self._other = text, other
        self.positions = text.positions[:1]
        self.length = int(text.positions[0])
        self.full: NDArray[np.float32] = _sums(text.full[None], other.full[None])[0]

    def score(self, dropped: NDArray[np.bool_], watch: Watch | None = None) -> NDArray[np.float32]:
        """As `Variants.score`, float32 [variant, 1]."""
        return _sums(self._text.score(dropped, watch), self._other.score(dropped, watch))


def _sums(text: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lead = text.sum(-1, keepdims=True, dtype=np.float64) - other.sum(-1, keepdims=True, dtype=np.float64)
    return np.asarray(lead, np.float32)
