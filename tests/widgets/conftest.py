"""A run that the tests of flow diagrams ask about."""

from __future__ import annotations

import pytest

import tokenscope_widgets as ts
from tests.widgets.asking_flow import PROMPT


@pytest.fixture
def run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.generate(PROMPT, max_new_tokens=8, eos_token_ids=())
