"""The metrics of a run by name, for everything that groups tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation

METRICS = ("surprisal", "entropy", "margin", "probability", "rank")
ADDS_UP = ("surprisal",)
"""Metrics whose sum means something: surprisals of a text's tokens add up to the surprisal of the text."""


def metric_values(run: Generation, metric: str) -> NDArray[np.float32]:
    """One value a token, float32 [token]; NaN where it was not measured.

    Raises
    ------
    InputError
        An unknown metric.
    """
    name = metric.removesuffix("_nats") if isinstance(metric, str) else metric
    if name not in METRICS:
        raise bad_value("metric", metric, "is no metric of a token", f"Use one of {', '.join(METRICS)}")
    model = run.tokens.model
    columns = {
        "surprisal": model.surprisal_nats,
        "entropy": model.entropy_nats,
        "margin": model.margin,
        "probability": model.probability,
        "rank": model.rank,
    }
    return np.asarray(columns[name], np.float32)
