"""Edges between tokens and their sources, strongest first: what a flow diagram draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.partition import Partition

Floats = NDArray[np.float32]

MOST_EDGES = 50_000
_LEAST_EACH = 16


@dataclass(frozen=True, eq=False)
class FlowMap:
    """The strongest edges of every token, as compressed sparse rows.

    Attributes
    ----------
    near_start : int64 [token + 1]
        The edges of token *i* are ``near_start[i] … near_start[i + 1] − 1``.
    far : int64 [edge]
        The token or unit at the other end.
    weight : float32 [edge]
        Falling in size within a token.
    mass : float32 [token]
        Total size of a token's edges before any was left out.
    sources : int64 [token]
        How many edges it had then.
    edges_total : int
        All edges with any weight.
    """

    near_start: NDArray[np.int64]
    far: NDArray[np.int64]
    weight: Floats
    mass: Floats
    sources: NDArray[np.int64]
    edges_total: int

    @property
    def mass_kept(self) -> float:
        """The share of all mass that the kept edges hold; 1 where there is none."""
        total = float(self.mass.sum(dtype=np.float64))
        return float(np.abs(self.weight).sum(dtype=np.float64)) / total if total > 0 else 1.0

    @property
    def scale(self) -> float:
        """The size drawn at full strength: the largest of all edges."""
        return float(np.abs(self.weight).max()) if len(self.weight) else 1.0

    def edges_of(self, token: int) -> tuple[NDArray[np.int64], Floats]:
        """Far ends and weights of one token, strongest first."""
        rows = slice(int(self.near_start[token]), int(self.near_start[token + 1]))
        return self.far[rows], self.weight[rows]


def flow_map(matrix: Floats, present: NDArray[np.bool_], most_each: int | None = None) -> FlowMap:
    """The strongest edges of a dense matrix.

    Parameters
    ----------
    matrix : float32 [near, far]
        NaN counts as nothing.
    present : bool [near, far]
        Where an edge is possible: what ``sources`` counts.
    most_each : int, optional
        Edges kept for each near end; by default so many that all have some fifty thousand.
    """
    values = np.where(present, np.nan_to_num(matrix), 0).astype(np.float32)
    size = np.abs(values)
    count = len(values)
    most = most_each or max(_LEAST_EACH, MOST_EDGES // max(count, 1))
    order = _largest(size, most)
    kept = np.take_along_axis(size, order, axis=1) > 0
    weights = np.take_along_axis(values, order, axis=1)[kept]
    return FlowMap(
        near_start=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64),
        far=order[kept].astype(np.int64),
        weight=weights,
        mass=size.sum(axis=1, dtype=np.float64).astype(np.float32),
        sources=present.sum(axis=1).astype(np.int64),
        edges_total=int((size > 0).sum()),
    )


def _largest(size: Floats, most: int) -> NDArray[np.int64]:
    """Columns of the ``most`` largest values of each row, largest first."""
    if most < size.shape[1] // 4:
        found = np.sort(np.argpartition(-size, most, axis=1)[:, :most], axis=1)
        order = np.argsort(-np.take_along_axis(size, found, axis=1), axis=1, kind="stable")
        return np.take_along_axis(found, order, axis=1)
    return np.argsort(-size, axis=1, kind="stable")[:, :most]


def attention_flow(
    read: Floats, direction: str, units: Partition | None, sink: bool, most_each: int | None = None
) -> FlowMap:
    """Edges of an attention matrix.

    Parameters
    ----------
    read : float32 [query, key]
        All tokens of the text. Token *t* was chosen by query *t* − 1, so its sources are that row.
    direction : str
        ``"read"``: from each token to what it read when it was chosen. ``"readers"``: from each token to the later
        ones that read it.
    units : Partition or None
        The far ends: lines, which add up what a token read; of readers, the mean over those that could see it.
    sink : bool
        False takes the first token out and scales each row to the sum it had.
    """
    count = len(read)
    matrix = np.zeros((count, count), np.float32)
    matrix[1:] = np.nan_to_num(read[:-1])
    possible = np.tri(count, k=-1, dtype=bool)
    if not sink:
        before = matrix.sum(axis=1, keepdims=True)
        matrix[:, 0], possible[:, 0] = 0, False
        left = matrix.sum(axis=1, keepdims=True)
        matrix = np.where(left > 0, matrix * (before / np.where(left > 0, left, 1)), 0).astype(np.float32)
    if direction == "readers":
        matrix, possible = matrix.T, possible.T
    if units is None:
        return flow_map(matrix, possible, most_each)
    summed, many = units.sum_tokens(matrix), units.sum_tokens(possible.astype(np.float32))
    if direction == "readers":
        summed = np.divide(summed, many, out=np.zeros_like(summed), where=many > 0)
    return flow_map(summed, many > 0, most_each)


def attribution_flow(
    scores: Floats, targets: NDArray[np.int64], far: NDArray[np.int64], count: int, far_count: int
) -> FlowMap:
    """Edges of an attribution: only its targets have any.

    Parameters
    ----------
    scores : float32 [target, source]
        NaN is not computed: a source that has no edge yet.
    targets : int64 [target]
    far : int64 [source]
        The token or unit that each source is drawn as; several drawn as one add up.
    count, far_count : int
        How many tokens and far ends there are.
    """
    matrix = np.zeros((count, far_count), np.float32)
    present = np.zeros((count, far_count), bool)
    rows = targets[:, None]
    np.add.at(matrix, (rows, far), np.nan_to_num(scores))
    present[rows, far] = True
    return flow_map(matrix, present, far_count)


def thumbnails(weights: NDArray[np.floating[Any]], size: int, sink: bool) -> NDArray[np.uint8]:
    """Small pictures of attention matrices, uint8 [..., size, size]: the mean over the pairs that can be seen, as a
    share of the picture's largest.

    Parameters
    ----------
    weights : float [..., query, key]
    sink : bool
        False leaves the first key out.
    """
    count = weights.shape[-1]
    size = min(size, count)
    edges = np.linspace(0, count, size + 1).astype(int)
    values = np.nan_to_num(weights.astype(np.float32))
    if not sink:
        values[..., 0] = 0
    cells = np.add.reduceat(np.add.reduceat(values, edges[:-1], axis=-1), edges[:-1], axis=-2)
    seen = np.tri(count, dtype=np.float32)
    seen = np.add.reduceat(np.add.reduceat(seen, edges[:-1], axis=-1), edges[:-1], axis=-2)
    mean = np.divide(cells, seen, out=np.zeros_like(cells), where=seen > 0)
    largest = mean.max(axis=(-1, -2), keepdims=True)
    share = np.divide(mean, largest, out=np.zeros_like(mean), where=largest > 0)
    return np.asarray(np.round(255 * share), np.uint8)
