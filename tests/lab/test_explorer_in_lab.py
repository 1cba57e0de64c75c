"""The workbench in a real JupyterLab: panels on demand, one selection, the chain in three clicks, undo, reload."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.lab.labkit import Notebook
from tests.lab.test_what_if_in_lab import LONG, OPEN, PROMPT, TESTS

EXPLORE = f"e = session.explore({PROMPT!r}, tests={TESTS!r}, max_new_tokens=64)\ne"


def token(page: Page, i: int) -> None:
    page.locator(f'.ts-main > .ts-text > .ts-code [data-i="{i}"]').first.click()


def ready(page: Page) -> None:
    expect(page.locator(".ts-explorer .ts-go").first).to_have_text("Generate", timeout=LONG)
    expect(page.locator(".ts-wi-doing")).to_have_text("", timeout=LONG)


def test_cause_alternatives_and_consequence_take_three_clicks(
    open_notebook: Callable[..., Notebook], page: Page
) -> None:
    notebook = open_notebook(OPEN, f"session.allow_running()\n{EXPLORE}")
    ready(page)
    token(page, 43)
    page.get_by_role("button", name="Cause", exact=True).click()
    expect(page.locator('[data-panel="cause"] .ts-trust')).to_contain_text("worth", timeout=LONG)
    expect(page.locator('[data-panel="cause"] .ts-sources tbody tr').first).to_contain_text("else:")
    page.get_by_role("button", name="Regenerate the 3 likeliest others").click()
    expect(page.locator(".ts-wi-outcome")).to_have_text(
        "These 3 alternatives: 3 parse; none pass all 5 tests.", timeout=LONG
    )
    assert notebook.python("list(e.parts)") == ["cause"]
    assert notebook.python("e.parts['cause'].attribution is not None") is True


def test_all_panels_share_one_selection_and_undo_goes_back(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, EXPLORE)
    ready(page)
    for name in ("Structure", "Branches"):
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator('[data-panel="structure"] [data-node]').first).to_be_visible(timeout=LONG)
    token(page, 43)
    expect(page.locator('[data-panel="structure"] button[aria-current="true"]')).to_contain_text("28.2 %")
    page.locator('[data-panel="structure"] .ts-cv-list button').nth(1).click()
    assert notebook.python("e.selected == e.parts['structure'].selected") is True
    token(page, 43)
    page.get_by_role("button", name="Regenerate the 3 likeliest others").click()
    expect(page.locator('[data-panel="tree"] [data-run]')).to_have_count(4, timeout=LONG)
    ready(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".ts-explorer .ts-branches").first).to_be_hidden()
    assert notebook.python("len(e.branches)") == 0


def test_a_reloaded_page_shows_the_panels_again(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, EXPLORE)
    ready(page)
    page.get_by_role("button", name="Branches", exact=True).click()
    expect(page.locator('[data-panel="tree"] [data-run]')).to_have_count(1, timeout=LONG)
    path = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    notebook.reload(path)
    expect(page.locator('[data-panel="tree"] [data-run]')).to_have_count(1, timeout=LONG)
    expect(page.get_by_role("button", name="Branches", exact=True)).to_have_attribute("aria-pressed", "true")
    assert notebook.python("list(e.parts)") == ["tree"]


def test_a_panel_opened_from_python_appears(open_notebook: Callable[..., Notebook], page: Page) -> None:
    notebook = open_notebook(OPEN, EXPLORE)
    ready(page)
    notebook.python("setattr(e, 'panels', ['sampler'])")
    expect(page.locator('[data-panel="sampler"] .ts-sm-slider').first).to_be_visible(timeout=LONG)
    assert notebook.python("list(e.parts)") == ["sampler"]
