"""Metrics by name."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.code.metrics import METRICS, metric_values
from tokenscope_widgets.errors import InputError

RUN = written([b"a", b"b"], surprisal=[0, 2.0], entropy={1: 1.5})


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("surprisal", 2.0),
        ("surprisal_nats", 2.0),
        ("entropy", 1.5),
        ("margin", 0.5),
        ("probability", np.exp(-2)),
        ("rank", 1),
    ],
)
def test_a_metric_has_one_value_a_token(metric: str, value: float) -> None:
    found = metric_values(RUN, metric)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [np.nan, value], rtol=1e-6)


@pytest.mark.parametrize("metric", ["heat", None, 3])
def test_another_name_is_refused(metric: object) -> None:
    with pytest.raises(InputError, match=f"Use one of {', '.join(METRICS)}"):
        metric_values(RUN, metric)  # type: ignore[arg-type]
