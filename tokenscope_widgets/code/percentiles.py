"""A token's metric among the tokens of its own role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.metrics import metric_values
from tokenscope_widgets.code.roles import ROLES

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap


def role_percentiles(code: CodeMap, metric: str = "surprisal") -> NDArray[np.float32]:
    """Each token's metric as a percentile within its role, float32 [token], 0 … 100.

    The share of the run's tokens of that role with a smaller value, equal ones (itself too) counting half: a role's
    only token is at 50. The prompt's tokens and the written ones are two distributions: the model chose only these.
    NaN where the metric was not measured.

    Naming and prose are free choices and brackets are not: a surprisal high for a bracket can be low for a name.
    """
    return percentiles_within(metric_values(code.require_run("percentiles"), metric), role_groups(code))


def role_groups(code: CodeMap) -> NDArray[np.int64]:
    """A number for each role, another one for it in the prompt; int64 [token]."""
    return code.role_codes.astype(np.int64) + len(ROLES) * ~written(code)


def written(code: CodeMap) -> NDArray[np.bool_]:
    """Which tokens the model wrote; all of them where it wrote none (a text that was scored), bool [token]."""
    run = code.require_run("percentiles")
    first = run.prompt_length if run.prompt_length < len(run) else 0
    return np.arange(len(run)) >= first


def percentiles_within(values: NDArray[np.floating], groups: NDArray[np.integer]) -> NDArray[np.float32]:
    """Percentile of each value among those of its group, float32 [value]; NaN stays NaN."""
    out = np.full(len(values), np.nan, np.float32)
    for group in np.unique(groups):
        at = np.flatnonzero((groups == group) & ~np.isnan(values))
        own = np.sort(values[at])
        less = np.searchsorted(own, values[at], side="left")
        up_to = np.searchsorted(own, values[at], side="right")
        out[at] = 50 * (less + up_to) / max(len(at), 1)
    return out
