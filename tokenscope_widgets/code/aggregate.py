"""A metric over groups of tokens: roles, statements, lines, functions and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.metrics import ADDS_UP, metric_values
from tokenscope_widgets.code.node_metrics import node_frame
from tokenscope_widgets.code.percentiles import percentiles_within, role_groups
from tokenscope_widgets.code.percentiles import written as written_tokens
from tokenscope_widgets.code.units import Groups, groups, token_groups, token_overlaps

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.code.code_map import CodeMap


def aggregate(code: CodeMap, metric: str = "surprisal", by: str = "role", written: bool = False) -> pd.DataFrame:
    """One row a group.

    Parameters
    ----------
    code : CodeMap
        Of a run.
    metric : str
        ``surprisal``, ``entropy``, ``margin``, ``probability`` or ``rank``.
    by : str
        ``role``, ``role_class``, ``state``, ``structure``, ``kind`` (many places each); ``statement``, ``function``,
        ``class``, ``line``, ``identifier``, ``region`` (one place each, the innermost counts); ``name``; ``node``, for
        everything inside each node of the outline, which the sums then count once a level. What is in no statement,
        function or class is "outside": heads, blank lines.
    written : bool
        Leave out the prompt, whose tokens the model did not choose: they are not measured then.

    Returns
    -------
    DataFrame
        ``tokens`` whose first byte that is not white space lies in the group, ``measured`` of them; ``bytes``;
        ``mean``, ``median``, ``min``, ``max`` of the metric over them; ``first``, the metric of the group's first token
        (an identifier's entropy); ``sum`` where a sum means something (surprisal, in nats; else NaN);
        ``geometric_mean_probability`` and ``lowest_probability``; ``percentile``, the tokens' mean percentile within
        their role. Of one place also ``line`` (from 1), ``first_token`` and ``last_token``.

        A token that touches several places is split between them by bytes in ``sum``, so that the sums add up to that
        of all tokens; by role or identifier it is charged to one.

    Raises
    ------
    InputError
        No run, an unknown metric or grouping, no syntax tree.
    """
    import pandas as pd

    run = code.require_run("aggregate")
    chosen = written_tokens(code) if written else np.ones(len(run), bool)
    if by == "node":
        return node_frame(code, metric, chosen)
    values = np.where(chosen, metric_values(run, metric), np.nan).astype(np.float64)
    probability = np.where(chosen, run.probability, np.nan).astype(np.float32)
    found = groups(code, by)
    own = token_groups(code, found)
    within = percentiles_within(values, role_groups(code))
    # members in reading order, so that the first is what a reader meets first
    members = code.text.order[np.argsort(own[code.text.order], kind="stable")]
    rows = [
        _row(values, probability, within, at)
        for at in np.split(members, np.cumsum(np.bincount(own, minlength=len(found)))[:-1])
    ]
    frame = pd.DataFrame(rows, index=pd.Index(found.labels, name=by))
    frame.insert(2, "bytes", np.bincount(found.group, found.end - found.start, len(found)).astype(int))
    if metric.removesuffix("_nats") in ADDS_UP:
        # the space before a name is part of what it cost to choose it
        split = found.places and by != "identifier"
        frame["sum"] = byte_split_sums(code, found, values) if split else _primary_sums(values, own, len(found))
    if found.places:
        for name, column in _places(code, found).items():
            frame[name] = column
    return frame[(frame["tokens"] > 0) | (frame["bytes"] > 0)]


def byte_split_sums(code: CodeMap, found: Groups, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The sum of token values in each group, tokens split by bytes, float64 [group]; special tokens count whole.

    NaN counts as nothing. The sums add up to the sum over all tokens.
    """
    rows = token_overlaps(code, found)
    token = rows.tokens()
    known = np.where(np.isnan(values), 0, values).astype(np.float64)
    share = rows.bytes / (code.text.end - code.text.start)[token]
    out = np.bincount(found.group[rows.segment], share * known[token], len(found)).astype(np.float64)
    out[-1] += known[code.text.end == code.text.start].sum()
    return out


def _primary_sums(values: NDArray[np.float64], own: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    return np.bincount(own, np.where(np.isnan(values), 0, values), count).astype(np.float64)


def _row(
    values: NDArray[np.float64], probability: NDArray[np.float32], within: NDArray[np.float32], at: NDArray[np.int64]
) -> dict[str, float]:
    known = at[~np.isnan(values[at])]
    chances = probability[at][~np.isnan(probability[at])].astype(np.float64)
    some = values[known] if len(known) else np.array([np.nan])
    with np.errstate(divide="ignore"):
        geometric = float(np.exp(np.log(chances).mean())) if len(chances) else np.nan
    return {
        "tokens": len(at),
        "measured": len(known),
        "mean": float(some.mean()),
        "median": float(np.median(some)),
        "min": float(some.min()),
        "max": float(some.max()),
        "first": float(values[at[0]]) if len(at) else np.nan,
        "sum": np.nan,
        "geometric_mean_probability": geometric,
        "lowest_probability": float(chances.min()) if len(chances) else np.nan,
        "percentile": float(within[known].mean()) if len(known) else np.nan,
    }


def _places(code: CodeMap, found: Groups) -> dict[str, NDArray[np.int64]]:
    size = len(found)
    start, end = np.full(size, len(code.source)), np.zeros(size, np.int64)
    np.minimum.at(start, found.group, found.start)
    np.maximum.at(end, found.group, found.end)
    first, last = code.token_ends(start, end)
    return {"line": np.where(end > start, code.line_of(start) + 1, -1), "first_token": first, "last_token": last}
