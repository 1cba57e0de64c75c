"""What a flow diagram leaves in a notebook and in a saved page, for a long run of the real model."""

from __future__ import annotations

import heapq
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import tokenscope_widgets as ts
from tokenscope_widgets.export import _plain

QUESTION: dict[str, Any] = {"layer": 12, "head": None, "direction": "read", "unit": "token", "sink": False}


@pytest.fixture(scope="module")
def explored(demo_session: ts.Session) -> ts.Flow:
    """A flow on 512 tokens of real code, after a reader has looked at every layer and head."""
    ids = demo_session.model.encode(inspect.getsource(heapq))[:512]
    flow = ts.Flow(demo_session.score(ids), source="attention", unit="token", layer=12, selected=400)
    flow._on_map(source="attention", at=400, contrast=None, **QUESTION)
    flow.wait()
    flow._on_grid()
    for layer in range(30):
        for head in (None, *range(9)):
            found = {**QUESTION, "layer": layer, "head": head}
            assert "key" in flow._on_map(source="attention", at=400, contrast=None, **found)
    return flow


def test_exploring_every_layer_leaves_less_than_two_megabytes_in_the_notebook(explored: ts.Flow) -> None:
    saved = len(json.dumps(_plain(explored.get_state())))
    assert 50_000 < saved < 2_000_000


def test_a_page_with_one_chosen_layer_is_under_three_megabytes(explored: ts.Flow, tmp_path: Path) -> None:
    page = explored.to_html(tmp_path / "flow.html")
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_size < 3_000_000
    assert all(f'"attention|12|{head}|readers|line|nosink"' in text for head in ("mean", *range(9)))
