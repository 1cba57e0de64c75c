"""A live page of each widget, made of stored runs without a model: `.venv/bin/python -m docs.build_examples folder`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tokenscope_widgets as ts
from tests.fixtures import make_lens
from tests.fixtures.make_branch_tree import story
from tests.pages import fibonacci, fibonacci_branches, stream, with_state
from tokenscope_widgets.export import page_of

STORED = Path(__file__).parent / "examples"
# where the run parts from its branches
AT = 43


def examples() -> dict[str, Callable[[], str]]:
    """How the page of each widget is made, by the widget's stem."""
    return {
        "token_stream": lambda: page_of(stream(fibonacci(), fibonacci_branches(), selected=AT)),
        "explorer": lambda: page_of(ts.Explorer(fibonacci(), panels=["structure"], selected=AT)),
        "flow": lambda: asked(ts.Flow(fibonacci()), "flow"),
        "what_if": lambda: asked(ts.WhatIf(fibonacci()), "what_if"),
        "compare": lambda: page_of(ts.Compare([fibonacci(), *fibonacci_branches()[:2]])),
        "branch_tree": lambda: page_of(real_tree()),
        "sampler": lambda: page_of(ts.Sampler(fibonacci(), selected=AT, temperature=0.7)),
        "code_view": lambda: page_of(ts.CodeView(fibonacci(), selected=AT)),
        "lens_map": lambda: make_lens.lens_page(make_lens.load(), selected=AT),
    }


def asked(widget: Any, name: str) -> str:
    """A widget with what its model said: see `examples/make_stored.py`."""
    state = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    return with_state(page_of(widget), lambda saved: saved.update(state))


def real_tree() -> ts.BranchTree:
    """The runs of the stored story that a model wrote, without those made up for tests."""
    runs, verdicts = story()
    written = runs[: 1 + len(fibonacci_branches())]
    known = {run.run_id: verdicts[run.run_id] for run in written}
    return ts.BranchTree(written, verdicts=known, labels={"greedy": "greedy"}, selected="greedy")


def main() -> None:
    """Write all pages into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for stem, make in examples().items():
        (folder / f"{stem}.html").write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
