"""Metrics of whole nodes: what an outline draws as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.metrics import ADDS_UP, metric_values
from tokenscope_widgets.code.tree import Ints

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.code.code_map import CodeMap

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NodeMetrics:
    """One metric over the tokens of each node, all that stands inside it included.

    Attributes
    ----------
    tokens, measured : int64 [node]
        How many tokens have their first byte that is not white space in the node, and how many of them were measured.
    mean, min, max, first : float64 [node]
        Over the measured ones; ``first`` is the node's first token's. NaN where there is none.
    sum : float64 [node]
        Tokens on the node's edge are split by bytes: the sums of a node's children and of its own gaps add up to its
        own. NaN for metrics whose sum means nothing.
    """

    tokens: Ints
    measured: Ints
    mean: Values
    min: Values
    max: Values
    first: Values
    sum: Values


def node_metrics(code: CodeMap, metric: str = "surprisal", chosen: NDArray[np.bool_] | None = None) -> NodeMetrics:
    """A metric over every node of a map's tree; over the chosen tokens only, where some are.

    Raises
    ------
    InputError
        No run, an unknown metric.
    """
    run = code.require_run("node metrics")
    values = metric_values(run, metric).astype(np.float64)
    values = (values if chosen is None else np.where(chosen, values, np.nan))[code.text.order]
    start, end = code.text.start[code.text.order], code.text.end[code.text.order]
    solid = end > start
    values, start, end, dark = values[solid], start[solid], end[solid], code.text.counts_at[code.text.order][solid]
    low = np.searchsorted(dark, code.tree.start, side="left")
    high = np.maximum(np.searchsorted(dark, code.tree.end, side="left"), low)
    known = ~np.isnan(values)
    measured = _between(known.astype(np.float64), low, high).astype(np.int64)
    total = _between(np.where(known, values, 0), low, high)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / measured
    first = np.where(high > low, np.append(values, np.nan)[low], np.nan)
    sums = _byte_sums(code, values, start, end) if metric.removesuffix("_nats") in ADDS_UP else mean * np.nan
    lowest = _extreme(np.minimum, np.where(known, values, np.inf), low, high)
    highest = _extreme(np.maximum, np.where(known, values, -np.inf), low, high)
    return NodeMetrics(high - low, measured, mean, lowest, highest, first, sums)


def _between(values: Values, low: Ints, high: Ints) -> Values:
    running = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(running[high] - running[low])


def _extreme(pick: np.ufunc, values: Values, low: Ints, high: Ints) -> Values:
    """``pick`` over ``low … high − 1`` of each row; NaN for empty rows and where nothing is known."""
    if not len(values):
        return np.full(len(low), np.nan)
    # every other stretch of reduceat's is one that was asked for; the last value stands in for its missing end
    edges = np.stack([low, high], axis=1).ravel().clip(max=len(values))
    out = np.asarray(pick.reduceat(np.append(values, values[-1]), edges)[::2], np.float64)
    return np.where((high > low) & np.isfinite(out), out, np.nan)


def _byte_sums(code: CodeMap, values: Values, start: Ints, end: Ints) -> Values:
    if not len(values):
        return np.zeros(len(code.tree))
    running = np.concatenate([[0.0], np.cumsum(np.where(np.isnan(values), 0, values))])
    edges = np.append(start, end[-1])
    return np.asarray(np.interp(code.tree.end, edges, running) - np.interp(code.tree.start, edges, running))


def node_frame(code: CodeMap, metric: str, chosen: NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """One row a node of the outline: what it is, where it stands, and its whole subtree's metric."""
    import pandas as pd

    from tokenscope_widgets.code.outline import node_label, outline_nodes

    code.require_tree("by='node'")
    found, nodes = node_metrics(code, metric, chosen), outline_nodes(code)
    first_token, last_token = code.token_ends(code.tree.start[nodes], code.tree.end[nodes])
    return pd.DataFrame(
        {
            "structure": [code.structure_of(node) for node in nodes.tolist()],
            "number": nodes,
            "tokens": found.tokens[nodes],
            "measured": found.measured[nodes],
            "mean": found.mean[nodes],
            "min": found.min[nodes],
            "max": found.max[nodes],
            "first": found.first[nodes],
            "sum": found.sum[nodes],
            "line": code.line_of(code.tree.start[nodes]) + 1,
            "first_token": first_token,
            "last_token": last_token,
        },
        index=pd.Index([node_label(code, node) for node in nodes.tolist()], name="node"),
    )
