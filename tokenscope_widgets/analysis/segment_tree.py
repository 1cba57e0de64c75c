"""Runs as a tree of segments: what they share is there once, and they part where their tokens differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.records import Generation, Role
from tokenscope_widgets.errors import bad_value


@dataclass(frozen=True, eq=False)
class SegmentTree:
    """A radix tree over the token ids of runs; a forest where they differ from the first token on.

    Segments are numbered parents first, and siblings in the order of their first run. Numbers of a segment are those
    of the first run that holds it: the same model gives the same tokens the same probability.

    Attributes
    ----------
    runs : tuple of Generation
        As they were given; "run" below is an index into them.
    parent : int64 [segment]
        The segment before; −1 at a root.
    start, stop : int64 [segment]
        Token positions, the same in every run that holds the segment.
    run : int64 [segment]
        The first run that holds it.
    logprob_nats : float64 [segment]
        ln p of its written tokens together. Tokens of the prompt and unmeasured ones do not count; a token that was
        put in by hand counts with the model's own log-probability for it.
    path_logprob_nats : float64 [segment]
        The same from the root to its end.
    leaves : int64 [segment]
        How many runs end in it or below.
    depth : int64 [segment]
        0 at a root.
    replaced : int64 [segment]
        How many tokens at its beginning were put in by hand: more than 0 where a replacement made the branch.
    ends : tuple of tuple of int, [segment]
        The runs that end exactly with it. A run that is the beginning of another has an end of its own.
    """

    runs: tuple[Generation, ...]
    parent: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    run: NDArray[np.int64]
    logprob_nats: NDArray[np.float64]
    path_logprob_nats: NDArray[np.float64]
    leaves: NDArray[np.int64]
    depth: NDArray[np.int64]
    replaced: NDArray[np.int64]
    ends: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.parent)

    def segment_text(self, segment: int) -> str:
        """The text of a segment; bytes that are no UTF-8 become U+FFFD.

        Raises
        ------
        InputError
            There is no such segment.
        """
        if isinstance(segment, bool) or not isinstance(segment, int | np.integer) or not 0 <= segment < len(self):
            raise bad_value("segment", segment, "is no segment", f"Use 0 … {len(self) - 1}")
        pieces = self.runs[self.run[segment]].tokens.token_bytes
        return b"".join(pieces[self.start[segment] : self.stop[segment]]).decode("utf-8", "replace")


def segment_tree(runs: Sequence[Generation]) -> SegmentTree:
    """The tree of some runs.

    Parameters
    ----------
    runs : sequence of Generation
        Any number; of different prompts and lengths, too. One without tokens ends nowhere.

    Raises
    ------
    InputError
        Something else is among them.
    """
    for run in runs:
        if not isinstance(run, Generation):
            raise bad_value("runs", run, "is no Generation", "Pass what session.generate and session.branch returned")
    nodes = list(_in_order(_roots(runs)))
    number = {id(node): i for i, node in enumerate(nodes)}
    parent = np.array([-1 if node.above is None else number[id(node.above)] for node in nodes], np.int64)
    start = np.array([0 if node.above is None else node.above.stop for node in nodes], np.int64)
    stop = np.array([node.stop for node in nodes], np.int64)
    holder = np.array([node.run for node in nodes], np.int64)
    sums = [_running_logprob(run) for run in runs]
    own = np.array([sums[r][b] - sums[r][a] for r, a, b in zip(holder, start, stop, strict=True)], np.float64)
    path, leaves, depth = own.copy(), np.array([len(node.ends) for node in nodes], np.int64), np.zeros_like(parent)
    for i, above in enumerate(parent.tolist()):
        if above >= 0:
            path[i] += path[above]
            depth[i] = depth[above] + 1
    for i in range(len(nodes) - 1, -1, -1):
        if parent[i] >= 0:
            leaves[parent[i]] += leaves[i]
    put_in = np.array([_put_in(runs[r], a, b) for r, a, b in zip(holder, start, stop, strict=True)], np.int64)
    for column in (parent, start, stop, holder, own, path, leaves, depth, put_in):
        column.flags.writeable = False
    ends = tuple(tuple(sorted(node.ends)) for node in nodes)
    return SegmentTree(tuple(runs), parent, start, stop, holder, own, path, leaves, depth, put_in, ends)


class _Node:
    """A segment in the making: where it stops, what ends with it and what goes on from it."""

    def __init__(self, stop: int) -> None:
        self.stop = stop
        self.above: _Node | None = None
        self.below: list[_Node] = []
        self.ends: list[int] = []
        self.run = 0

    def take(self, node: _Node) -> None:
        node.above = self
        self.below.append(node)


def _roots(runs: Sequence[Generation]) -> list[_Node]:
    """The tree from the runs in alphabetical order: neighbours there share the longest beginnings.

    Each run then costs one comparison, however deep it hangs.
    """
    ids = [np.ascontiguousarray(run.token_ids, ">u4") for run in runs]
    order = sorted(range(len(runs)), key=lambda i: ids[i].tobytes())
    top = _Node(0)
    open_: list[_Node] = [top]
    before = np.zeros(0, ">u4")
    for i in order:
        if not len(ids[i]):
            continue
        shared = _shared(before, ids[i])
        while open_[-1].stop > shared:
            last = open_.pop()
            if open_[-1].stop < shared:
                open_.append(_Node(shared))
            open_[-1].take(last)
        if len(ids[i]) > open_[-1].stop:
            open_.append(_Node(len(ids[i])))
        open_[-1].ends.append(i)
        before = ids[i]
    while len(open_) > 1:
        node = open_.pop()
        open_[-1].take(node)
    for node in top.below:
        node.above = None
    return top.below


def _shared(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> int:
    """How many ids two runs have in common from the beginning."""
    size = min(len(a), len(b))
    differ = np.flatnonzero(a[:size] != b[:size])
    return int(differ[0]) if len(differ) else size


def _in_order(roots: list[_Node]) -> Iterator[_Node]:
    """Every node, parents first, siblings by their first run."""
    downwards, waiting = [], list(roots)
    while waiting:
        node = waiting.pop()
        downwards.append(node)
        waiting.extend(node.below)
    for node in reversed(downwards):
        node.run = min([*node.ends, *(other.run for other in node.below)])
    waiting = sorted(roots, key=lambda node: -node.run)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(sorted(node.below, key=lambda other: -other.run))


def _running_logprob(run: Generation) -> NDArray[np.float64]:
    """ln p of the written tokens before each position, float64 [token + 1]."""
    values = np.where(np.isfinite(run.surprisal_nats), -run.surprisal_nats.astype(np.float64), 0)
    values[: run.prompt_length] = 0
    return np.concatenate([[0.0], np.cumsum(values)])


def _put_in(run: Generation, start: int, stop: int) -> int:
    """How many tokens from ``start`` on were put in by hand."""
    roles = run.tokens.roles[start:stop]
    others = np.flatnonzero(np.asarray(roles) != Role.REPLACED)
    return int(others[0]) if len(others) else stop - start
