"""A saved comparison can be explored."""

from __future__ import annotations

from playwright.sync_api import expect

import tokenscope_widgets as ts
from tests.browser.conftest import Open
from tests.pages import fibonacci, fibonacci_branches
from tokenscope_widgets.export import page_of


def test_a_clicked_token_shows_its_numbers_beside_those_of_the_other_runs(open_page: Open) -> None:
    page = open_page(page_of(ts.Compare([fibonacci(), *fibonacci_branches()])))
    expect(page.locator("[data-column]")).to_have_count(4)
    page.locator('[data-column="0"] [data-i="43"]').first.click()
    expect(page.locator(".ts-table .ts-differences tbody tr")).to_have_count(4)


def test_keeping_a_run_sets_the_trait(open_page: Open) -> None:
    page = open_page(page_of(ts.Compare([fibonacci(), *fibonacci_branches()])))
    page.locator('[data-column="2"] .ts-keep').click()
    expect(page.locator('[data-column="2"] .ts-keep')).to_have_text("✓ kept")
    assert page.evaluate("() => window.tokenscope.model.get('kept')") == 2


def test_titles_head_the_columns(open_page: Open) -> None:
    run, other, *_ = [fibonacci(), *fibonacci_branches()]
    page = open_page(page_of(ts.Compare([run, other], titles=["as it was", "without line 2 ✗ 2 of 5 passed"])))
    titles = page.locator(".ts-title")
    expect(titles).to_have_text(["as it was", "without line 2 ✗ 2 of 5 passed"])
    page.evaluate("() => window.tokenscope.model.set('titles', ['<b>bold', null])")
    expect(titles).to_have_text(["<b>bold"])
