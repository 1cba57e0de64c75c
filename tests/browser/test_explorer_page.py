"""The workbench as one offline page, at every width and in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.explorer_pages import workbench
from tokenscope_widgets.export import page_of

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(open_page: Open, width: int = 1100, scheme: str = "light", panels: tuple[str, ...] = ()) -> Page:
    page = open_page(page_of(workbench(panels)), scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(100)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 720, 1100, 1600])
def test_it_fits_every_width(open_page: Open, width: int, scheme: str) -> None:
    page = opened(open_page, width, scheme, panels=("structure", "tree", "sampler"))
    expect(page.locator(".ts-ex-part > .ts-empty")).to_have_count(0)
    assert page.evaluate(OVERFLOW) <= 0


def test_wide_pages_hold_two_panels_side_by_side(open_page: Open) -> None:
    page = opened(open_page, 1600, panels=("structure", "tree"))
    first, second = (page.locator(f'[data-panel="{name}"]').bounding_box() for name in ("structure", "tree"))
    assert first is not None
    assert second is not None
    assert (first["y"], second["x"] > first["x"]) == (second["y"], True)


def test_a_click_in_the_outline_selects_in_the_text(open_page: Open) -> None:
    page = opened(open_page, panels=("structure",))
    page.locator('[data-panel="structure"] [data-node]').nth(3).click()
    selected = page.evaluate("() => tokenscope.model.get('selected')")
    expect(page.locator(f'.ts-main > .ts-text > .ts-code [data-i="{selected}"]').first).to_have_attribute(
        "aria-selected", "true"
    )


def test_a_panel_that_was_not_open_says_so_and_changes_nothing_else(open_page: Open) -> None:
    page = opened(open_page, panels=("tree",))
    page.get_by_role("button", name="Layers", exact=True).click()
    expect(page.locator('[data-panel="lens"]')).to_contain_text("was not open when the page was saved")
    expect(page.locator('[data-panel="tree"] [data-run]')).to_have_count(4)


def test_the_metric_of_one_is_the_metric_of_all(open_page: Open) -> None:
    page = opened(open_page, panels=("structure",))
    page.locator(".ts-metrics").first.get_by_text("entropy", exact=True).click()
    assert page.evaluate("() => tokenscope.model.get('metric')") == "entropy"
    expect(page.locator('[data-panel="structure"]').get_by_text("entropy", exact=True).first).to_have_attribute(
        "aria-checked", "true"
    )


def test_every_panel_is_reached_by_the_keyboard(open_page: Open) -> None:
    page = opened(open_page)
    page.locator(".ts-code .sel").first.focus()
    page.keyboard.press("3")
    expect(page.get_by_role("button", name="Branches", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("3")
    expect(page.locator(".ts-ex-panel")).to_have_count(0)
