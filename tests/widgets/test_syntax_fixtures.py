"""The states that the tests of the code view read are those that the widget has."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from tests.fixtures.make_syntax import load, states


@pytest.fixture(scope="module")
def current() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(states()))
    return found


@pytest.mark.parametrize("name", ["fibonacci", "mistakes", "writing", "prose"])
def test_a_stored_state_is_current(current: dict[str, Any], name: str) -> None:
    stored = load(name)
    numbers, stored_numbers = taken_out(current[name]), taken_out(stored)
    assert current[name] == stored
    assert len(numbers) == len(stored_numbers) > 0
    for now, then in zip(numbers, stored_numbers, strict=True):
        np.testing.assert_allclose(now, then, rtol=1e-5, atol=1e-6)


def taken_out(state: dict[str, Any]) -> list[np.ndarray]:
    """Takes the fractions out of the messages: their last bit depends on the processor."""
    out = []
    for message in [state["_syntax"], *state["_snapshot"]["runs"]]:
        for i, column in enumerate(message["columns"]):
            if column["dtype"] == "f32":
                out.append(np.frombuffer(base64.b64decode(message["buffers"][i]["base64"]), np.float32))
                message["buffers"][i] = None
    return out
