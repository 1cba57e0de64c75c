"""Pictures of every state of the views, to look through: `make gallery`, then see build/gallery."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import tokenscope_widgets as ts
import tokenscope_widgets.code
from tests.explorer_pages import explorer_states
from tests.fixtures import make_branch_tree, make_lens, make_syntax, make_what_if
from tests.fixtures.make_flow import KERNEL, attention_like, flow_page, load
from tests.pages import (
    ARGUMENTS,
    CHROMIUM,
    MODEL,
    chart_page,
    fibonacci,
    fibonacci_branches,
    first_rows,
    live_page,
    stream,
    tiled,
)
from tokenscope_widgets import charts
from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.export import page_of

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "build" / "gallery"
WIDTHS = (420, 1100)
SCHEMES = ("light", "dark")

# until nothing more is asked of the kernel that is played
QUIET = """async () => {
  const {asked} = window.kernel;
  for (let n = -1; n !== asked.length; await new Promise(done => setTimeout(done, 200))) n = asked.length;
}"""

# what a visitor does before the picture is taken
Act = Callable[[Page], None]


def states() -> dict[str, tuple[str, Act | None]]:
    """Pages by name, and what is done on them."""
    run, branches = fibonacci(), fibonacci_branches()
    at = branches[0].lineage.at
    prompt = run.text[: run.text.index("    if")]
    half = first_rows(run, len(run) // 2)
    error = "prompt: 9,000 tokens do not fit the model's context of 8,192. Shorten the prompt."
    widgets: dict[str, tuple[Any, Act | None]] = {
        "token_stream-empty": (stream(), None),
        "token_stream-loading": (stream(prompt=prompt, status="queued"), None),
        "token_stream-streaming": (stream(half, status="generating"), None),
        "token_stream-done": (stream(run), None),
        "token_stream-selected": (stream(run, selected=at), None),
        "token_stream-branches": (stream(run, branches, selected=at), None),
        "token_stream-settings": (stream(run), open_settings),
        "token_stream-error": (stream(run, status="error", error=error), None),
        "token_stream-3000": (stream(tiled(run, 3000)), None),
        **syntax_streams(),
        **what_if_states(),
        "compare-compare": (ts.Compare([run, *branches[:2]], selected=None), None),
    }
    for name, (widget, _) in widgets.items():
        if name.startswith("token_stream"):
            widget._model = MODEL
    pages = {name: (live_page(widget), act) for name, (widget, act) in widgets.items()}
    return {**pages, **flow_states(), **lens_states(), **code_states(), **explorer_states(), **chart_states()}


def what_if_states() -> dict[str, tuple[Any, Act | None]]:
    """The lab: new, with its tests open, at work, with verdicts, decided; and branches as a tree."""
    lab = make_what_if.lab
    story = make_branch_tree.story_tree(
        selected="max", marked=["greedy", "return"], pinned=["greedy"], labels={"greedy": "greedy"}
    )
    return {
        "what_if-new": (lab(0, tests="", _verdicts={}, selected=None), None),
        "what_if-tests": (lab(0, selected=43), lambda page: page.get_by_role("button", name="Tests (2)").click()),
        "what_if-writing": (lab(0, selected=43, work="writing", progress=0.4), None),
        "what_if-testing": (lab(selected=43, work="testing", progress=0.3, _verdicts={}), None),
        "what_if-stretch": (lab(0, selected=46, span=[43, 46], _model={**MODEL, "fills": True}), None),
        "what_if-verdicts": (lab(selected=43, _allowed=True), None),
        "what_if-decided": (lab(0, forks="tests", selected=None, _allowed=True), None),
        "what_if-point": (lab(1, forks="tests", selected=43, _allowed=True), None),
        "what_if-tree": (lab(0, forks="tree", selected=43, _allowed=True), None),
        "what_if-error": (lab(0, error="tests: line 2: '(' was never closed. Correct the tests, then run them."), None),
        "sampler-warm": (sampler(temperature=1.4), None),
        "sampler-exact": (sampler(temperature=0.7, top_k=5, top_p=0.9), None),
        "sampler-first": (sampler(selected=0), None),
        "branch_tree-story": (story, None),
        "branch_tree-many": (make_branch_tree.many_tree(), None),
        "branch_tree-empty": (ts.BranchTree(), None),
    }


def sampler(**traits: Any) -> ts.Sampler:
    """A sampler beside a model that is there."""
    widget = ts.Sampler(fibonacci(), **{"selected": 43, **traits})
    widget._model = {"name": "smollm2-135m", "available": True, "vocabulary": 49152}
    return widget


def syntax_streams() -> dict[str, tuple[Any, Act | None]]:
    """The token stream with syntax: findings listed, one of them, a node, colour within the role, prose, branches."""
    mistaken, branches = make_syntax.mistakes(), fibonacci_branches()
    prose = make_syntax.made_up("Nothing here is a program, and nobody says so.\n", "Nothing", "prose")

    def shown(run: Any, **traits: Any) -> Any:
        return stream(run, syntax=True, language=None if run is prose else "python", **traits)

    return {
        "token_stream-syntax": (shown(mistaken), None),
        "token_stream-syntax-finding": (shown(mistaken, selected=27), None),
        "token_stream-syntax-node": (shown(mistaken, selected=58, span=[53, 92]), None),
        "token_stream-syntax-role": (shown(mistaken, scale="role", color_prompt=True), None),
        "token_stream-syntax-prose": (shown(prose), None),
        "token_stream-syntax-waiting": (stream(mistaken, syntax=True, _syntax={}), None),
        "token_stream-syntax-branches": (
            stream(fibonacci(), branches, selected=branches[0].lineage.at, syntax=True),
            None,
        ),
    }


def flow_states() -> dict[str, tuple[str, Act | None]]:
    """The flow diagram at several lengths, by attention and by ablation, and while it waits."""
    found: dict[str, tuple[str, Act | None]] = {}
    for name in ("20", "75", "100", "500"):
        stored = load(name)
        at, act = stored["at"], answered(stored["maps"])
        wanted = {
            "overview": {},
            "attention": {"selected": at},
            "ablation": {"selected": at, "source": "ablation"},
            "lines": {"selected": at, "source": "ablation", "unit": "line"},
            "readers": {"selected": 5, "direction": "readers"},
            "offered": {"selected": at, "source": "surrogate"},
            "pinned": {"selected": at, "pinned": [at // 2, at - 3]},
        }
        for state, traits in wanted.items():
            found[f"flow-{name}-{state}"] = flow_page(stored, live=True, **traits), act
    for unit in ("statement", "function"):
        for state, traits in {
            "": {"selected": 43},
            "-overview": {},
            "-readers": {"selected": 5, "direction": "readers"},
        }.items():
            found[f"flow-75-{unit}{state}"] = page_of(attention_flow(unit=unit, **traits)), None
    stored = load("75")
    found["flow-75-saved"] = flow_page(stored, selected=stored["at"]), None
    found["flow-75-grid"] = flow_page(stored, live=True, selected=stored["at"]), answered(stored["maps"], open_grid)
    return found


def attention_flow(run: Generation | None = None, **traits: Any) -> ts.Flow:
    """The flow of made-up attention, of one head and without a model."""
    run = run or fibonacci()
    weights = attention_like(run, 1, 40, True)
    # the row before a token is what the token read
    rows = np.roll(weights, -1, axis=0)
    kept = Attention(rows[None, None], np.array([0]), np.array([0]), np.arange(len(run)), 1, 1, run)
    return ts.Flow(kept, session=None, layer=0, head=0, sink=True, **traits)


def lens_states() -> dict[str, tuple[str, Act | None]]:
    """The lens map: nothing selected, a cell, and all of it in small cells."""
    stored = make_lens.load()
    wanted: dict[str, dict[str, Any]] = {
        "overview": {"selected": None},
        "cell": {"selected": 43, "layer": stored["state"]["_capabilities"]["layers"][20]},
        "compact": {"selected": 43, "cells": "compact", "shade": "kl"},
    }
    return {f"lens_map-{name}": (make_lens.lens_page(stored, **traits), None) for name, traits in wanted.items()}


def code_states() -> dict[str, tuple[str, Act | None]]:
    """The outline of several programs: with nothing selected, selected, sorted, while it grows, and without code."""
    wanted: dict[str, tuple[str, dict[str, Any]]] = {
        "overview": ("mistakes", {}),
        "finding": ("mistakes", {"selected": 27, "span": [27, 27]}),
        "hottest": ("mistakes", {"order": "metric", "statistic": "sum"}),
        "node": ("fibonacci", {"selected": 53, "span": [53, 69], "metric": "entropy", "statistic": "max"}),
        "token": ("fibonacci", {"selected": 58}),
        "writing": ("writing", {}),
        "prose": ("prose", {}),
        "error": ("mistakes", {"error": "span=[9]: is no range of tokens. Use [first, last], or None."}),
    }
    page = make_syntax.syntax_page
    found: dict[str, tuple[str, Act | None]] = {
        f"code_view-{state}": (page(make_syntax.load(name), live=True, **traits), None)
        for state, (name, traits) in wanted.items()
    }
    found["code_view-saved"] = page(make_syntax.load("mistakes"), selected=68, span=[68, 68]), None
    return found


def chart_states() -> dict[str, tuple[str, Act | None]]:
    """Figures of groups of tokens, each in the colours of the page."""
    run = make_syntax.mistakes()
    parsed, read = ts.code.parse(run, "python"), attention_like(run, 1, 30, True)
    wanted: dict[str, Callable[[bool], Any]] = {
        "role-bars": lambda dark: charts.role_bars(parsed, dark=dark),
        "statement-bars": lambda dark: charts.role_bars(parsed, by="statement", statistic="sum", dark=dark),
        "role-boxes": lambda dark: charts.role_boxes(parsed, "entropy", dark=dark),
        "pairs": lambda dark: charts.pairs_heatmap(parsed, read, dark=dark),
        "pairs-statements": lambda dark: charts.pairs_heatmap(parsed, read, "statement", "role", dark=dark),
        "line-strip": lambda dark: charts.line_strip(parsed, dark=dark),
    }
    return {f"chart-{name}": (chart_page(name, draw), None) for name, draw in wanted.items()}


def answered(maps: list[Any], then: Act | None = None) -> Act:
    """A page whose kernel is played; taken once everything has been answered."""

    def act(page: Page) -> None:
        page.evaluate(KERNEL, maps)
        page.evaluate(QUIET)
        if then is not None:
            then(page)

    return act


def open_grid(page: Page) -> None:
    page.get_by_role("button", name="all layers and heads").click()
    page.wait_for_timeout(300)


def open_settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()


def shoot(
    browser: Browser,
    page_file: Path,
    act: Act | None,
    target: Path,
    scheme: str,
    width: int,
    scale: float,
    least: int = 0,
) -> None:
    """One picture of one page, ``least`` pixels high or more."""
    height = least or (900 if width > 600 else 800)
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=scale
    )
    try:
        page = context.new_page()
        page.goto(page_file.as_uri())
        page.wait_for_selector(".ts-root")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if act is not None:
            act(page)
        page.screenshot(path=target, full_page=True, animations="disabled")
    finally:
        context.close()


IN_DOCS = {
    "token_stream-branches": "token_stream",
    "flow-75-ablation": "flow",
    "code_view-node": "code_view",
    "what_if-point": "what_if",
}


def main() -> None:
    """Take all pictures, and the one in the README."""
    began, taken = time.perf_counter(), 0
    GALLERY.mkdir(parents=True, exist_ok=True)
    for old in GALLERY.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (text, act) in states().items():
            file = Path(scratch) / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            for scheme in SCHEMES:
                for width in WIDTHS:
                    shoot(browser, file, act, GALLERY / f"{name}-{scheme}-{width}.png", scheme, width, 1)
                    taken += 1
            shown = IN_DOCS.get(name)
            if shown is not None:
                shoot(browser, file, act, ROOT / "docs" / f"{shown}.png", "light", 1100, 1.5, 640)
        browser.close()
    print(f"{taken} pictures in {GALLERY} ({time.perf_counter() - began:.0f} s)")


if __name__ == "__main__":
    main()
