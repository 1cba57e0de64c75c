"""The workbench on stored runs, with no model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tokenscope_widgets as ts
from tests.fixtures.make_what_if import FAILED, PASSED
from tests.pages import fibonacci, fibonacci_branches
from tokenscope_widgets.export import page_of


def workbench(panels: Sequence[str]) -> ts.Explorer:
    """A run and three alternatives of a token, tested."""
    run, branches = fibonacci(), fibonacci_branches()
    widget = ts.Explorer(run, until="run", selected=branches[0].lineage.at)
    widget.wait()
    for branch in branches:
        widget._feed.put(branch)
    widget._arrange([run.run_id, *(branch.run_id for branch in branches)])
    widget.panels = list(panels)
    widget._verdicts = {run.run_id: PASSED, **{branch.run_id: FAILED for branch in branches}}
    return widget


def explorer_states() -> dict[str, tuple[str, Any]]:
    """Pages for the gallery."""
    shown = {"plain": (), "structure": ("structure",), "all": ("cause", "structure", "tree", "sampler")}
    return {f"explorer-{name}": (page_of(workbench(panels)), None) for name, panels in shown.items()}
