"""Attention and attribution from groups of tokens to groups of tokens: line × line, kind × kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.units import Groups, groups, token_overlaps
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.code.code_map import CodeMap

Matrix = NDArray[np.float64]


def aggregate_pairs(
    code: CodeMap,
    weights: Attention | Attribution | NDArray[Any],
    by: str = "structure",
    sources: str | None = None,
    sink: bool = True,
) -> pd.DataFrame:
    """Sum a token × token matrix over groups on both axes.

    Parameters
    ----------
    code : CodeMap
    weights : Attention, Attribution, or float [target token, source token]
        Attention is averaged over the layers and heads it holds; the row of the query before a token is that token's.
        NaN counts as nothing.
    by : str
        As for `aggregate`: the groups of the targets, and of the sources too unless ``sources`` says otherwise.
    sources : str, optional
        The groups of the sources.
    sink : bool
        False leaves out what goes to the first token, which takes much of any attention.

    Returns
    -------
    DataFrame [target group, source group]
        A token that touches several groups is split by bytes; the sum of all cells is the sum of the matrix.

    Raises
    ------
    InputError
        A matrix of another size, another run's record, an unknown grouping, no syntax tree.
    """
    import pandas as pd

    matrix = token_matrix(code, weights)
    if not sink and len(code):
        matrix[:, 0] = 0
    rows = groups(code, by)
    columns = rows if sources is None else groups(code, sources, "sources")
    target = membership(code, rows)
    source = target if columns is rows else membership(code, columns)
    total = target @ matrix @ source.T
    index, across = pd.Index(rows.labels, name="target"), pd.Index(columns.labels, name="source")
    frame = pd.DataFrame(total, index=index, columns=across)
    return frame.loc[target.any(axis=1), source.any(axis=1)]


def token_matrix(code: CodeMap, weights: Attention | Attribution | NDArray[Any]) -> Matrix:
    """What each token was read or pushed by, float64 [target token, source token]; 0 where nothing is known."""
    count = len(code)
    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution

    if isinstance(weights, Attention | Attribution):
        if weights.run is not None and code.run is not None and weights.run.run_id != code.run.run_id:
            raise InputError("weights: they are of another run. Parse that run: code.parse(weights.run).")
        return _of_attention(weights, count) if isinstance(weights, Attention) else _of_attribution(weights, count)
    matrix = np.asarray(weights)
    if matrix.shape != (count, count) or matrix.dtype.kind not in "fiub":
        what = f"{matrix.dtype} {list(matrix.shape)}"
        raise bad_value("weights", what, f"is no matrix of {count} × {count} numbers", "Give [target, source]")
    if np.isinf(matrix).any():
        raise bad_value("weights", "inf", "cannot be shared out", "Give finite numbers, or NaN where nothing is known")
    return np.nan_to_num(matrix.astype(np.float64))


def membership(code: CodeMap, found: Groups) -> Matrix:
    """How much of each token belongs to each group, float64 [group, token]; a token's column sums to 1."""
    rows = token_overlaps(code, found)
    token = rows.tokens()
    out = np.zeros((len(found), len(code)))
    np.add.at(out, (found.group[rows.segment], token), rows.bytes / (code.text.end - code.text.start)[token])
    out[-1, code.text.end == code.text.start] = 1
    return out


def _of_attention(attention: Attention, count: int) -> Matrix:
    out = np.zeros((count, count))
    targets = attention.queries + 1
    inside = targets < count
    out[targets[inside], : attention.weights.shape[-1]] = np.nan_to_num(attention.mean().astype(np.float64))[inside]
    return out


def _of_attribution(found: Attribution, count: int) -> Matrix:
    """A target's score of a source is spread evenly over the source's tokens."""
    out = np.zeros((count, count))
    targets = np.asarray(found.explained.positions, np.int64)
    scores = np.nan_to_num(found.scores.astype(np.float64))
    spread = found.sources.members(count).astype(np.float64)
    spread /= np.maximum(spread.sum(axis=1, keepdims=True), 1)
    if len(scores) == len(targets):
        np.add.at(out, targets, scores @ spread)
    else:  # explained together: no target's own share is known
        np.add.at(out, targets, np.repeat(scores / len(targets), len(targets), axis=0) @ spread)
    return out
