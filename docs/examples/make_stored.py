"""Makes `flow.json` and `what_if.json` anew with the default model: `.venv/bin/python -m docs.examples.make_stored`.

A stored run has no model behind it any more, so what the model was asked for the pages is kept here: causes of one
token, and what became of others in its place. Tests are run, in the sandbox.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenscope_widgets as ts
from tests.pages import fibonacci, with_state
from tokenscope_widgets.export import page_of

FOLDER = Path(__file__).parent
AT = 43
TESTS = "assert fibonacci(0) == 0\nassert fibonacci(5) == 5"


def flow(session: ts.Session) -> dict[str, Any]:
    """Attention, the mean of all layers and heads, and ablation; by token and by line, with figures of trust."""
    widget = ts.Flow(fibonacci(), session=session, selected=AT)
    for source, unit in (("attention", "token"), ("attention", "line"), ("ablation", "token"), ("ablation", "line")):
        widget.source, widget.unit = source, unit
        state = state_of(widget.compute())
    # single heads would make the page ten times heavier
    state["_maps"] = [m for m in state["_maps"] if not m["key"].startswith("attention|") or "|mean|mean|" in m["key"]]
    return state


def what_if(session: ts.Session) -> dict[str, Any]:
    """Two other tokens, written on and tested, and six positions at which others were tried."""
    session.allow_running()
    lab = session.what_if(fibonacci(), tests=TESTS, selected=AT)
    lab.alternatives(at=AT, k=2)
    lab.wait()
    lab.forks(positions=6, alternatives=3)
    lab.wait()
    lab.selected = AT
    return state_of(lab)


def state_of(widget: Any) -> dict[str, Any]:
    """What a saved page of the widget holds, without a model to ask."""
    state: dict[str, Any] = {}
    with_state(page_of(widget), state.update)
    if "live" in state.get("_capabilities", {}):
        state["_capabilities"] = {**state["_capabilities"], "live": False}
    return state


def main() -> None:
    """Write both states."""
    session = ts.Session.from_pretrained()
    for make in (flow, what_if):
        text = json.dumps(make(session), separators=(",", ":"))
        (FOLDER / f"{make.__name__}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
