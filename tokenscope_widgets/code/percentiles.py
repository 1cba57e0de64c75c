"""A token's metric among the tokens of its own role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.metrics import metric_values
from tokenscope_widgets.code.roles import ROLES

if TYPE_CHECKING:
    from tokenscope_widgets.code.code_map import CodeMap


ENOUGH = 20
"""Tokens of a role that make a distribution of its own; with fewer, the wider class of roles is used, then all."""


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


def fallback_percentiles(code: CodeMap, metric: str) -> tuple[NDArray[np.float32], list[str]]:
    """The percentile of each written token within the narrowest group that has `ENOUGH` of them, and its name.

    Returns
    -------
    float32 [token]
        0 … 100; NaN for the prompt, for special tokens, and where nothing was measured.
    list of str
        The role, its wider class, or ``"all"``.
    """
    values = metric_values(code.require_run("percentiles"), metric).astype(np.float64)
    # what stands in the prompt was no choice of the model's, and is no measure for its choices
    own = np.where(written(code) & (code.overlaps.primary >= 0), values, np.nan)
    known, roles = ~np.isnan(own), code.role_codes
    classes = list(dict.fromkeys(role.split(".")[0] for role in ROLES))
    wide = np.array([classes.index(role.split(".")[0]) for role in ROLES], np.int64)[roles]
    use_role = np.bincount(roles[known], minlength=len(ROLES))[roles] >= ENOUGH
    use_class = np.bincount(wide[known], minlength=len(classes))[wide] >= ENOUGH
    by_role, by_class = percentiles_within(own, roles), percentiles_within(own, wide)
    overall = percentiles_within(own, np.zeros(len(own), np.int64))
    names = [
        ROLES[role] if narrow else classes[group] if shared else "all"
        for role, group, narrow, shared in zip(
            roles.tolist(), wide.tolist(), use_role.tolist(), use_class.tolist(), strict=True
        )
    ]
    return np.where(use_role, by_role, np.where(use_class, by_class, overall)), names


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
