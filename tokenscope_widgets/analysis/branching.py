"""Counterfactuals: put other tokens at a position, keep what is before it, and write on from there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.analysis.forward import cache_bytes, cache_length, fork_cache
from tokenscope_widgets.analysis.records import Generation, Lineage, Role
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.errors import bad_value


@dataclass(frozen=True)
class BranchPlan:
    """What a branch starts from.

    Attributes
    ----------
    token_ids : tuple of int
        Every token that stands before the first one to be written.
    roles : tuple of Role
        Of the tokens from ``lineage.at`` on.
    measured : TokenTable
        The parent's rows before ``lineage.at``: the same distributions, so nothing is computed again.
    prompt_length : int
        Of the branch.
    """

    token_ids: tuple[int, ...]
    roles: tuple[Role, ...]
    measured: TokenTable
    prompt_length: int
    lineage: Lineage


def plan_branch(parent: Generation, at: int, replacement: Sequence[int], keep_prompt: bool = True) -> BranchPlan:
    """Plan to replace the token at ``at`` by ``replacement``.

    After a generated position everything is written anew. At a prompt position the rest of the prompt is kept
    after the replacement (``keep_prompt``) and only the answer is written anew; otherwise the model writes on
    right after the replacement. A text that was only scored is continued right after it, too.

    Raises
    ------
    InputError
        ``at`` outside the run, or nothing to put there.
    """
    at = parent.position(at)
    # of a text that someone wrote, nothing is a question that the rest would have to answer
    keep_prompt = keep_prompt and parent.finish != "scored"
    if not len(replacement):
        raise bad_value("token", "", "is empty", "Give the text or token id to put there")
    ids = [int(i) for i in parent.token_ids]
    rest = ids[at + 1 : parent.prompt_length] if keep_prompt else []
    kept = tuple(_role_before(parent.tokens.roles[i]) for i in range(at + 1, at + 1 + len(rest)))
    token_ids = (*ids[:at], *replacement, *rest)
    in_prompt = at < parent.prompt_length
    prompt_length = at if parent.finish == "scored" else len(token_ids) if in_prompt else parent.prompt_length
    return BranchPlan(
        token_ids=token_ids,
        roles=(Role.REPLACED,) * len(replacement) + kept,
        measured=parent.tokens[:at],
        prompt_length=prompt_length,
        lineage=Lineage(parent.run_id, at, ids[at], tuple(replacement), keep_prompt),
    )


def plan_rewrite(parent: Generation, start: int, stop: int, middle: Sequence[int]) -> BranchPlan:
    """Plan to put ``middle`` in the place of the tokens ``start … stop − 1``, and to keep those after them.

    ``middle`` may be empty. Its tokens count as generated.
    """
    ids = [int(i) for i in parent.token_ids]
    if stop <= parent.prompt_length:
        prompt_length = parent.prompt_length - (stop - start) + len(middle)
    else:
        prompt_length = min(start, parent.prompt_length)
    return BranchPlan(
        token_ids=(*ids[:start], *middle, *ids[stop:]),
        roles=(Role.GENERATED,) * len(middle) + tuple(Role(int(role)) for role in parent.tokens.roles[stop:]),
        measured=parent.tokens[:start],
        prompt_length=prompt_length,
        lineage=Lineage(parent.run_id, start, ids[start], tuple(middle), stop=stop),
    )


def _role_before(role: int) -> Role:
    """Of a token of the prompt that is kept: special ones are found again by their ids."""
    return Role.TEMPLATE if role == Role.TEMPLATE else Role.PROMPT


class PrefixCaches:
    """Key–value caches of recent runs, so that a branch computes nothing that is known already.

    Parameters
    ----------
    most_bytes, most_entries : int
        The oldest caches are dropped beyond this much memory, or this many.
    """

    def __init__(self, most_bytes: int = 2**29, most_entries: int = 8) -> None:
        self.most_bytes = most_bytes
        self.most_entries = most_entries
        self._entries: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def add(self, token_ids: Sequence[int], cache: Any) -> None:
        """Keep a one-row cache that holds the first tokens of ``token_ids``."""
        key = tuple(token_ids[: cache_length(cache)])
        self._entries[key] = cache
        self._entries.move_to_end(key)
        while len(self._entries) > self.most_entries or self.nbytes > self.most_bytes:
            self._entries.popitem(last=False)

    def fork(self, token_ids: Sequence[int], most: int, rows: int = 1) -> Any | None:
        """A cache of the longest known common prefix, of at most ``most`` tokens; None where nothing is known."""
        best, length = None, 0
        for key in self._entries:
            shared = _shared_prefix(key, token_ids, most)
            if shared > length:
                best, length = key, shared
        if best is None:
            return None
        self._entries.move_to_end(best)
        return fork_cache(self._entries[best], length, rows)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    @property
    def bytes_per_token(self) -> int:
        """What a token takes in the caches that are held; 0 while there is none."""
        return self.nbytes // max(sum(map(len, self._entries)), 1)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(cache_bytes(cache) for cache in self._entries.values())


def _shared_prefix(key: Sequence[int], token_ids: Sequence[int], most: int) -> int:
    limit = min(len(key), len(token_ids), most)
    return next((i for i in range(limit) if key[i] != token_ids[i]), limit)
