"""A long run on a bare Chromium page, for the benchmarks that draw."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.export import page_of
from tokenscope_widgets.storage import load
from tokenscope_widgets.widgets._feed import RunFeed
from tokenscope_widgets.widgets.token_stream import TokenStream

FIXTURE = Path(__file__).parents[1] / "tests" / "fixtures" / "runs" / "fibonacci.tsw"


def long_run(tokens: int, finish: str = "length") -> Generation:
    """The fixture's tokens over and over, each time from a new line."""
    run = load(FIXTURE)
    copies = -(-tokens // len(run))
    return replace(run, tokens=TokenTable.concat([run.tokens] * copies)[:tokens], finish=finish)


def rows_of(run: Generation, start: int) -> list[dict[str, Any]]:
    """One message per token from ``start`` on, as the kernel would send them; buffers in base64."""
    sent: list[dict[str, Any]] = []

    def collect(message: dict[str, Any], buffers: list[bytes]) -> None:
        sent.append({"message": message, "buffers": [{"base64": base64.b64encode(b).decode()} for b in buffers]})

    for stop in range(start + 1, len(run) + 1):
        feed = RunFeed(lambda message, buffers: None)
        feed.put(replace(run, tokens=run.tokens[:stop], finish="running"))
        feed._send = collect
        feed.send_from(run.run_id, stop - 1)
    return sent


@contextmanager
def page_with(run: Generation, live: bool = False) -> Iterator[Any]:
    """A page that shows a run; ``live`` lets the benchmark play the kernel."""
    from playwright.sync_api import sync_playwright

    stream = TokenStream(run)
    if live:
        stream.set_trait("status", "generating")
    html = page_of(stream)
    if live:
        html = html.replace('{"state": {', '{"state": {"_static": false, ', 1)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(html)
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
        page.goto(path.as_uri())
        page.wait_for_selector(".ts-code .t", state="attached")
        yield page
        browser.close()
