"""A lens map can be explored: on a saved page, and on one whose kernel is played from the fixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import tokenscope_widgets as ts
from tests.browser.conftest import Open
from tests.fixtures.make_lens import KERNEL, lens_page, load
from tests.pages import run_of
from tokenscope_widgets.analysis.lens import Lens
from tokenscope_widgets.export import page_of

# how many different colours the map shows
COLOURS = """() => {
  const canvas = document.querySelector('.ts-lens-canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 20) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return seen.size;
}"""
GUTTER, ROW = 60, 16


def open_saved(open_page: Open, scheme: str = "light", **traits: Any) -> Page:
    return open_page(lens_page(load(), **traits), scheme)


def open_live(open_page: Open, offer: bool = False, **traits: Any) -> Page:
    stored = load()
    page = open_page(lens_page(stored, live=True, **traits))
    page.evaluate("offer => { window.kernel = {offer}; }", offer)
    page.evaluate(KERNEL, stored["windows"])
    return page


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def cell(page: Page, column: int, row: int) -> tuple[float, float]:
    """The middle of a cell in the window, of the columns in sight."""
    box = page.locator(".ts-lens-area").bounding_box()
    assert box is not None
    width, left = page.evaluate(
        "columns => [(document.querySelector('.ts-lens-sheet').offsetWidth - 60) / columns,"
        " document.querySelector('.ts-lens-area').scrollLeft]",
        75,
    )
    return box["x"] + GUTTER + (column + 0.5) * width - left, box["y"] + (row + 0.5) * ROW


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("cells", ["words", "compact"])
def test_a_saved_page_draws_its_map(open_page: Open, scheme: str, cells: str) -> None:
    page = open_saved(open_page, scheme, cells=cells)
    expect(page.locator(".ts-statement")).to_contain_text("74 tokens read")
    assert page.evaluate(COLOURS) > 20
    expect(page.get_by_role("status").first).to_contain_text("there is no kernel behind it")
    assert page.evaluate("() => window.tokenscope.model.sent") == []


def test_a_click_selects_token_and_layer_and_the_panel_follows(open_page: Open) -> None:
    page = open_saved(open_page, selected=43)
    page.mouse.click(*cell(page, 42, 23))
    assert (trait(page, "selected"), trait(page, "layer")) == (42, 23)
    expect(page.locator(".ts-chip")).to_have_text("⏎␣×7")
    expect(page.locator(".ts-lens-cell h4")).to_have_text("layer 23 would say")
    expect(page.locator(".ts-lens-bar.written")).to_have_count(1)


def test_a_click_on_a_label_selects_only_the_token_or_the_layer(open_page: Open) -> None:
    page = open_saved(open_page, selected=3, layer=5)
    box = page.locator(".ts-lens-area").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 12 * ROW + 8)
    assert (trait(page, "selected"), trait(page, "layer")) == (3, 12)
    page.mouse.click(cell(page, 6, 0)[0], box["y"] + 30 * ROW + 12)
    assert (trait(page, "selected"), trait(page, "layer")) == (6, 12)


def test_the_pointer_shows_what_a_layer_would_say(open_page: Open) -> None:
    page = open_saved(open_page, selected=43, layer=29)
    page.mouse.move(*cell(page, 43, 23))
    tip = page.locator(".ts-tooltip")
    expect(tip).to_contain_text("layer 23 would say")
    expect(tip).to_contain_text("written at position 43: ␣a")
    expect(tip).to_contain_text("its rank 2")
    assert tip.locator(".ts-tip-rows code").count() == 5
    page.locator(".ts-foot").hover()
    expect(tip).to_be_hidden()
    # pointing selects nothing
    assert (trait(page, "selected"), trait(page, "layer")) == (43, 29)


def test_the_keyboard_alone_reaches_every_cell(open_page: Open) -> None:
    page = open_saved(open_page)
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowRight")
    assert (trait(page, "selected"), trait(page, "layer")) == (1, 29)
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    assert (trait(page, "selected"), trait(page, "layer")) == (74, 28)
    assert page.evaluate("() => document.querySelector('.ts-lens-area').scrollLeft") > 1000
    expect(page.get_by_role("gridcell")).to_contain_text("layer 28, token 74")
    page.keyboard.press("Home")
    expect(page.locator(".ts-statement")).to_have_text("Nothing is predicted before the first token.")
    page.keyboard.press("Escape")
    assert (trait(page, "selected"), trait(page, "layer")) == (None, None)


def test_the_selected_cell_stays_in_sight_and_scrolling_away_is_allowed(open_page: Open) -> None:
    page = open_saved(open_page, selected=60)
    left = "() => document.querySelector('.ts-lens-area').scrollLeft"
    assert page.evaluate(left) > 1000
    page.evaluate("() => document.querySelector('.ts-lens-area').scrollLeft = 0")
    page.mouse.move(*cell(page, 3, 3))
    expect(page.locator(".ts-tooltip")).to_be_visible()
    assert page.evaluate(left) == 0


def test_columns_are_asked_for_as_they_come_into_sight(open_page: Open) -> None:
    page = open_live(open_page)
    expect(page.locator(".ts-statement")).to_contain_text("31 tokens read")
    page.evaluate("() => document.querySelector('.ts-lens-area').scrollLeft = 1800")
    expect(page.locator(".ts-statement")).to_contain_text("tokens read")
    page.wait_for_function("() => window.kernel.asked.filter(sent => sent.action === 'lens').length >= 2")
    expect(page.locator(".ts-statement")).not_to_contain_text("31 tokens read")


def test_what_would_take_long_is_offered_and_can_be_started(open_page: Open) -> None:
    page = open_live(open_page, offer=True, selected=3)
    expect(page.locator(".ts-job")).to_contain_text("About 34 s")
    expect(page.locator(".ts-statement")).to_contain_text("Press Start above")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".ts-statement")).not_to_contain_text("Press Start above")
    assert page.evaluate(COLOURS) > 20


def test_work_in_progress_can_be_cancelled(open_page: Open) -> None:
    page = open_live(open_page)
    page.evaluate("() => { const m = window.tokenscope.model; m.set('progress', 0.5); m.set('status', 'computing'); }")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_function("() => window.kernel.asked.some(sent => sent.action === 'cancel')")


def test_the_column_can_be_read_as_a_table(open_page: Open) -> None:
    page = open_saved(open_page, selected=43)
    page.get_by_role("button", name="all 30 layers as a table").click()
    rows = page.locator(".ts-lens-table tbody tr")
    expect(rows).to_have_count(30)
    rows.nth(24).click()
    assert trait(page, "layer") == 24
    page.keyboard.press("Tab")
    expect(rows.nth(24)).to_have_class("first on")


def test_the_curve_and_the_profile_select_too(open_page: Open) -> None:
    page = open_saved(open_page, selected=43)
    chart = page.locator(".ts-lens-chart")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 9, "y": 40})
    assert trait(page, "layer") == 29
    chart.click(position={"x": 39, "y": 40})
    assert trait(page, "layer") == 0
    profile = page.locator(".ts-lens-profile canvas")
    wide = profile.bounding_box()
    assert wide is not None
    profile.click(position={"x": wide["width"] - 3, "y": 20})
    assert trait(page, "selected") == 74


def test_choosing_a_shade_or_cells_moves_nothing_else(open_page: Open) -> None:
    page = open_saved(open_page, selected=43, layer=23)
    places = "() => ['.ts-side', '.ts-foot', '.ts-lens-area'].map(s => document.querySelector(s).offsetTop)"
    before = page.evaluate(places)
    for name in ("KL to the end", "probability", "compact"):
        page.get_by_role("radio", name=name).click()
        assert page.evaluate(places) == before
    assert trait(page, "cells") == "compact"


def test_a_narrow_page_puts_the_panel_under_the_map(open_page: Open) -> None:
    page = open_saved(open_page, selected=43)
    page.set_viewport_size({"width": 440, "height": 900})
    expect(page.get_by_role("radio", name="compact")).to_have_attribute("aria-checked", "true")
    text, side = page.locator(".ts-text").bounding_box(), page.locator(".ts-side").bounding_box()
    assert text is not None
    assert side is not None
    assert side["y"] >= text["y"] + text["height"] - 1
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 440
    page.get_by_role("radio", name="words").click()
    assert page.evaluate(COLOURS) > 20


def test_what_a_model_wrote_is_never_markup(open_page: Open) -> None:
    pieces = [b"a", b"<img src=x onerror=alert(1)>", b"</script><b>", b"\xe2\x80\xae", b"\xff", b""]
    run = run_of(pieces, k=1)
    shape = (2, len(run))
    numbers = np.full(shape, -1.0, np.float32)
    ids = np.tile(np.arange(len(run)), (2, 1))
    found = Lens(
        ids[..., None],
        numbers[..., None],
        numbers,
        1 - numbers,
        1 - numbers,
        np.arange(2),
        np.arange(len(run)),
        run,
        dict(enumerate(pieces)),
    )
    page = open_page(page_of(ts.LensMap(found, selected=2, layer=0)))
    expect(page.locator(".ts-chip")).to_have_text("</script><b>")
    page.get_by_role("button", name="all 2 layers as a table").click()
    box = page.locator(".ts-lens-area").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + GUTTER + 2.5 * 72, box["y"] + 8)
    expect(page.locator(".ts-tooltip")).to_contain_text("<img␣src=x␣onerror=alert(1)>")
    assert page.locator(".ts-lens img, .ts-lens b b").count() == 0
