"""Widgets made from stored runs, and their pages: for the gallery and for the browser tests."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import tokenscope_widgets as ts
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.export import page_of

RUNS = Path(__file__).parent / "fixtures" / "runs"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--js-flags=--expose-gc",
    "--enable-precise-memory-info",
]
MODEL = {"name": "smollm2-135m", "available": True, "context_length": 8192}

_STATE = re.compile(r'(<script type="application/json" id="state">)(.*?)(</script>)', re.DOTALL)


def fibonacci() -> Generation:
    """A run of the default model."""
    return ts.load(RUNS / "fibonacci.tsw")


def fibonacci_branches() -> list[Generation]:
    """What it would have written after three other tokens."""
    return [ts.load(path) for path in sorted(RUNS.glob("fibonacci-branch-*.tsw"))]


def first_rows(run: Generation, rows: int) -> Generation:
    """The run while it was at its first rows."""
    return replace(run, tokens=run.tokens[:rows], finish="running")


def tiled(run: Generation, rows: int) -> Generation:
    """A long run: the tokens of a short one again and again."""
    times = -(-rows // len(run))
    return replace(run, tokens=TokenTable.concat([run.tokens] * times)[:rows], run_id="long")


def stream(run: Generation | None = None, branches: Sequence[Generation] = (), **traits: Any) -> ts.TokenStream:
    """A token stream without a session; ``traits`` may be read-only or private."""
    widget = ts.TokenStream(run)
    if run is not None and branches:
        for branch in branches:
            widget._feed.put(branch)
        widget._arrange([run.run_id, *(branch.run_id for branch in branches)])
    for name, value in {"status": "done" if run is not None else "empty", **traits}.items():
        widget.set_trait(name, value)
    return widget


def with_state(page: str, change: Callable[[dict[str, Any]], None]) -> str:
    """A page whose saved state was changed."""
    match = _STATE.search(page)
    assert match is not None
    saved = json.loads(match[2])
    change(saved["state"])
    text = json.dumps(saved).replace("<", "\\u003c")
    return page[: match.start(2)] + text + page[match.end(2) :]


def live_page(widget: Any) -> str:
    """A page that believes that a kernel is there: the test plays it through ``window.tokenscope.model``."""
    return with_state(page_of(widget), lambda state: state.update(_static=False))


def chart_page(name: str, draw: Callable[[bool], Any]) -> str:
    """A page with a figure in light and in dark, of which the visitor's scheme shows one."""
    light, dark = (draw(dark).to_html(full_html=False, include_plotlyjs=not dark) for dark in (False, True))
    title = f"{name.replace('-', ' ').capitalize()} – TokenScope Widgets"
    style = "body, figure { margin: 0 } .dark { display: none } @media (prefers-color-scheme: dark) "
    style += "{ body { background: #14171c } .light { display: none } .dark { display: block } }"
    style += " h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }"
    label = f"aria-label='{title}'"
    figures = f"<figure class=light {label}>{light}</figure><figure class=dark {label}>{dark}</figure>"
    body = f"<main class=ts-root><h1>{title}</h1>{figures}</main>"
    head = f"<meta charset=utf-8><title>{title}</title><style>{style}</style>"
    return f"<!doctype html><html lang=en>{head}{body}</html>"


def run_of(pieces: Sequence[bytes], prompt_length: int = 1, k: int = 3) -> Generation:
    """A run made of given token bytes; every token is known with fixed numbers but for the first."""
    builder = GenerationBuilder(
        bytes_of=lambda i: pieces[i],
        special_ids=frozenset(),
        prompt_length=prompt_length,
        settings=DecodingSettings(),
        provenance=Provenance("hand-made", None, "float32", 64, {}),
    )
    builder.extend([0], Role.PROMPT, TokenDistribution.unknown(1, k))
    for i in range(1, len(pieces)):
        role = Role.PROMPT if i < prompt_length else Role.GENERATED
        builder.extend([i], role, fixed_distribution([[i, (i + 1) % len(pieces), -1][:k]]), time_ms=1.0)
    return builder.build("length")


def fixed_distribution(top_ids: Sequence[Sequence[int]]) -> TokenDistribution:
    """The first of each row has probability ½, the others ¼."""
    rows, k = len(top_ids), len(top_ids[0])

    def column(value: float) -> Any:
        return np.full(rows, value, np.float32)

    return TokenDistribution(
        logprob_nats=column(np.log(0.5)),
        rank=column(1),
        entropy_nats=column(1.5),
        margin=column(0.25),
        nucleus_size=column(3),
        tail_mass=column(0.25),
        top_ids=np.asarray(top_ids, np.int32),
        top_logprobs_nats=np.tile(np.log(np.float32([0.5] + [0.25] * (k - 1))), (rows, 1)),
    )
