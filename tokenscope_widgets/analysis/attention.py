"""Attention weights of one text, and the ways to look at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.selection import places, ranges
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

Weights = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Attention:
    """How much each token reads from each token up to itself.

    The row of query *q* was computed where token *q* is the input, and so predicts token *q* + 1. A row sums to 1, or
    to less in models with learned sinks (gpt_oss).

    Attributes
    ----------
    weights : float32 or float16 [layer, head, query, key]
        Keys are all tokens of the text, from 0; 0 where a query cannot see. NaN where nothing is left to show
        (`without_sink`).
    layers, heads, queries : int64
        Which layer, head and position each index of ``weights`` stands for.
    layer_count, head_count : int
        How many the model has.
    run : Generation or None
        The text, where it is known.
    """

    weights: Weights
    layers: NDArray[np.int64]
    heads: NDArray[np.int64]
    queries: NDArray[np.int64]
    layer_count: int
    head_count: int
    run: Generation | None = None

    def __repr__(self) -> str:
        kept = f"layers {ranges(self.layers)}, heads {ranges(self.heads)}, queries {ranges(self.queries)}"
        return f"<Attention {kept} of {self.weights.shape[-1]} tokens, {self.weights.nbytes / 1e6:.1f} MB>"

    def select(
        self,
        layer: int | Iterable[int] | None = None,
        head: int | Iterable[int] | None = None,
        query: int | Iterable[int] | None = None,
    ) -> Attention:
        """Only the named layers, heads and queries, by their numbers in the model and the text; None for all.

        Raises
        ------
        InputError
            One was not kept.
        """
        at = [
            places(name, values, there.tolist())
            for name, values, there in (
                ("layer", layer, self.layers),
                ("head", head, self.heads),
                ("query", query, self.queries),
            )
        ]
        return replace(
            self,
            weights=self.weights[np.ix_(*at)],
            layers=self.layers[at[0]],
            heads=self.heads[at[1]],
            queries=self.queries[at[2]],
        )

    def mean(self, layer: int | Iterable[int] | None = None, head: int | Iterable[int] | None = None) -> Floats:
        """Mean over layers and heads, float32 [query, key]; None for all. NaN rows are left out."""
        return _mean(self.select(layer, head).weights, (0, 1))

    def row_for_token(self, token: int) -> Weights:
        """What was read when a token was chosen, [layer, head, key]: the row of the query before it.

        Raises
        ------
        InputError
            It is the first token, or its query was not kept.
        """
        if token - 1 not in self.queries:
            remedy = f"Use one of {ranges(self.queries + 1)}" if len(self.queries) else "Keep its query"
            raise bad_value("token", token, "has no row: the query before it was not kept", remedy)
        return self.weights[:, :, int(np.flatnonzero(self.queries == token - 1)[0])]

    def weight_per_head(self, query: int, keys: int | Iterable[int]) -> Floats:
        """How much of a query's row goes to some keys, float32 [layer, head].

        Raises
        ------
        InputError
            The query was not kept, or a key is outside the text.
        """
        columns = places("key", keys, range(self.weights.shape[-1]))
        rows = self.select(query=query).weights[:, :, 0]
        return np.asarray(rows[:, :, columns].sum(-1), dtype=np.float32)

    def received(self) -> Floats:
        """Who is read: the mean weight each key gets, float32 [layer, head, key].

        The mean is over the kept queries that could see the key (itself and later ones): a late token is not
        poorer because fewer could read it. NaN where no query could.
        """
        keys = np.arange(self.weights.shape[-1])
        sees = self.queries[:, None] >= keys
        known = sees & ~np.isnan(self.weights)
        total = np.where(known, self.weights, 0).sum(2, dtype=np.float64)
        return _ratio(total, known.sum(2))

    def sink_share(self, keys: int = 1) -> Floats:
        """The mean mass that goes to the first ``keys`` tokens, float32 [layer, head].

        Only queries that had another choice count (position ≥ ``keys``); NaN where none was kept.
        """
        self._check_sink(keys)
        rows = self.weights[:, :, self.queries >= keys]
        return _mean(rows[..., :keys].sum(-1, dtype=np.float32), (2,))

    def without_sink(self, keys: int = 1) -> Attention:
        """The same without the first ``keys`` tokens: their weight 0, each row scaled to the sum it had before.

        A row whose whole mass was there (as the first query's) has nothing left to show and becomes NaN.
        """
        self._check_sink(keys)
        rest = self.weights.astype(np.float32)
        before = rest.sum(-1, keepdims=True)
        rest[..., :keys] = 0
        scaled = rest * _ratio(before, rest.sum(-1, keepdims=True))
        return replace(self, weights=scaled.astype(self.weights.dtype))

    def _check_sink(self, keys: int) -> None:
        if not 1 <= keys < self.weights.shape[-1]:
            valid = f"Use 1 … {self.weights.shape[-1] - 1}"
            raise bad_value("keys", keys, "is no number of first tokens that leaves others", valid)


def rollout(attention: Attention) -> Floats:
    """Attention rollout, float32 [query, key]: how much of each first-layer position reaches each last-layer one.

    The product over the layers of ½ A + ½ I, with A the mean over heads and I for the residual stream. A product of
    averages: it tells where information *could* flow, not which of it mattered.

    Raises
    ------
    InputError
        Not every layer, head and query was kept.

    References
    ----------
    Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers".
    """
    parts = (
        ("layers", attention.layers, attention.layer_count),
        ("heads", attention.heads, attention.head_count),
        ("queries", attention.queries, attention.weights.shape[-1]),
    )
    for name, kept, count in parts:
        if not np.array_equal(np.sort(kept), np.arange(count)):
            raise InputError(
                f"attention: rollout needs all {count} {name}, and this has {ranges(kept)}. "
                "Compute it without choosing, in a model whose every layer has attention."
            )
    identity = np.eye(attention.weights.shape[-1])
    reached = identity
    order = np.argsort(attention.queries)
    for layer in np.argsort(attention.layers):
        mixed = attention.weights[layer][:, order].mean(0, dtype=np.float64)
        reached = (0.5 * mixed + 0.5 * identity) @ reached
    return reached.astype(np.float32)


def _mean(values: Weights, axes: tuple[int, ...]) -> Floats:
    """The mean over some axes, without NaN; NaN where nothing is left."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0).sum(axes, dtype=np.float64), known.sum(axes))


def _ratio(over: NDArray[Any], under: NDArray[Any]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(under > 0, over / under, np.nan).astype(np.float32)
