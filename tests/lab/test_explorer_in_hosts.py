"""The workbench in Voila, marimo and Notebook 7: it opens, generates, answers, and shows a panel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.lab.hostkit import EXPLORE, OPEN, marimo, voila
from tests.lab.labkit import notebook_json, serve

LONG = 90_000
# what the hosts themselves fetch, whatever they show: icon fonts of Voila's page
OF_THE_HOST = ("https://cdn.jsdelivr.net/npm/@fortawesome/",)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1300, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(LONG)
    outside: list[str] = []
    own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", *OF_THE_HOST)
    page.on("request", lambda request: request.url.startswith(own) or outside.append(request.url))
    yield page
    context.close()
    assert outside == []


def the_workbench_works(page: Page) -> None:
    """From the tokens that stream in, over a click, to alternatives and a panel."""
    go = page.locator(".ts-explorer .ts-go").first
    expect(go).to_have_text("Generate", timeout=LONG)
    tokens = page.locator(".ts-explorer .ts-text > .ts-code [data-i]")
    expect(tokens).not_to_have_count(0)
    tokens.nth(8).click()
    expect(page.locator(".ts-explorer .ts-side .ts-chip").first).to_be_visible()
    page.get_by_role("button", name="Regenerate the 3 likeliest others").first.click()
    expect(page.locator(".ts-explorer .ts-columns .ts-column")).to_have_count(4, timeout=LONG)
    expect(page.locator(".ts-wi-doing").first).to_have_text("", timeout=LONG)
    page.get_by_role("button", name="Structure", exact=True).first.click()
    expect(page.locator('[data-panel="structure"] [data-node]').first).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("host", [voila, marimo])
def test_the_workbench_works_in(host: Any, page: Page, tmp_path: Path) -> None:
    running: AbstractContextManager[str] = host(tmp_path)
    with running as address:
        page.goto(address, timeout=LONG)
        the_workbench_works(page)


def test_the_workbench_works_in_notebook_7(page: Page, tmp_path: Path) -> None:
    root, server = tmp_path / "root", tmp_path / "server"
    root.mkdir()
    server.mkdir()
    (root / "w.ipynb").write_text(notebook_json(OPEN, f"{EXPLORE}\nexplorer"), encoding="utf-8")
    with serve(root, server, "notebook") as base:
        page.goto(f"{base}/notebooks/w.ipynb")
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady", timeout=LONG)
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        the_workbench_works(page)
