"""One JupyterLab server and one browser for all tests here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.lab.labkit import Notebook, Watch, notebook_json, serve


@pytest.fixture(scope="session")
def lab_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def lab(lab_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(lab_root, tmp_path_factory.mktemp("server")) as base:
        yield base


@pytest.fixture
def page(chromium: Browser, lab: str) -> Iterator[Page]:
    """A page; the test fails if it logged an error or asked for anything outside."""
    context = chromium.new_context(viewport={"width": 1300, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    watch = Watch(page, lab)
    yield page
    page.close()
    context.close()
    assert watch.errors == []
    assert watch.outside == []


@pytest.fixture
def open_notebook(page: Page, lab: str, lab_root: Path) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of the given cells and runs it."""
    opened: list[Notebook] = []

    def make(*cells: str, file: Path | None = None) -> Notebook:
        path = f"t{uuid.uuid4().hex[:8]}.ipynb"
        text = file.read_text() if file else notebook_json(*cells)
        (lab_root / path).write_text(text)
        notebook = Notebook(page, lab, path)
        opened.append(notebook)
        notebook.run_all()
        return notebook

    yield make
    for notebook in opened:
        notebook.shut_down()


def settled(page: Page) -> Any:
    """Wait until nothing is being generated."""
    return page.wait_for_selector(".ts-go:not(.stop)")
