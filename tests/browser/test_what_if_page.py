"""The lab on a page: every width and theme, verdicts with signs and words, and nothing that jumps."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.fixtures.make_what_if import lab, verdict
from tests.pages import fibonacci, live_page
from tokenscope_widgets.export import page_of

# what sticks out of the page to the right
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# texts that are cut off inside the side panel
CUT = """() => [...document.querySelectorAll('.ts-side *')]
  .filter(e => e.getBoundingClientRect().right > document.querySelector('.ts-side').getBoundingClientRect().right + 0.5)
  .map(e => e.className || e.tagName)"""
CONTRAST = """() => {
  const light = (c) => {
    const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map(Number).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)|transparent/.test(c)) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = '.ts-wi-verdict b, .ts-wi-arms td, .ts-wi-decided .ts-hint, .ts-wi-outcome';
  return [...document.querySelectorAll(texts)]
    .map(e => [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a))
    .map(([a, b]) => (a + 0.05) / (b + 0.05));
}"""


def opened(open_page: Open, widget: Any, scheme: str = "light", width: int = 1100) -> Page:
    page = open_page(page_of(widget), scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(100)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 720, 1100, 1600])
def test_it_fits_every_width_and_is_legible_in_light_and_dark(open_page: Open, scheme: str, width: int) -> None:
    page = opened(open_page, lab(forks="tests", selected=43), scheme, width)
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(CUT) == []
    assert min(page.evaluate(CONTRAST)) >= 4.5


@pytest.mark.parametrize("width", [420, 760, 1100])
def test_nothing_of_a_card_is_cut_off(open_page: Open, width: int) -> None:
    page = opened(open_page, lab(selected=43), width=width)
    cut = """() => [...document.querySelectorAll('.ts-column, .ts-column .ts-row, .ts-wi-verdict span')]
      .filter(e => e.scrollWidth > e.clientWidth || e.matches('span') && e.scrollHeight > e.clientHeight)
      .map(e => e.textContent)"""
    assert page.evaluate(cut) == []


def test_the_rest_of_a_wrapped_line_begins_right_of_the_line(open_page: Open) -> None:
    page = opened(open_page, lab(selected=43))
    lefts = """() => [...document.querySelectorAll('[data-column="3"] .ts-row')].flatMap(row => {
      const lines = [...row.querySelectorAll('.t')].flatMap(t => [...t.getClientRects()]).filter(r => r.width > 2);
      const low = lines.filter(r => r.top > lines[0].bottom).map(r => r.left - row.getBoundingClientRect().left);
      return low.length ? [Math.min(...low)] : [];
    })"""
    found = page.evaluate(lefts)
    assert len(found) == 1
    assert found[0] > 100


def test_the_decisive_tokens_fit_the_panel(open_page: Open) -> None:
    page = opened(open_page, lab(0, forks="tests", selected=None))
    expect(page.locator(".ts-wi-decided li")).to_have_count(2)
    assert page.evaluate(CUT) == []


def test_a_bar_of_the_strip_stands_over_its_token_and_selects_it(open_page: Open) -> None:
    page = opened(open_page, lab(0, forks="tests", selected=None))
    bars = page.locator(".ts-wi-bar")
    expect(bars).to_have_count(3)
    canvas = page.locator(".ts-strip canvas").bounding_box()
    bar = page.locator('.ts-wi-bar[data-i="43"]').bounding_box()
    assert canvas is not None
    assert bar is not None
    middle = bar["x"] + bar["width"] / 2
    assert middle == pytest.approx(canvas["x"] + canvas["width"] * 43.5 / len(fibonacci()), abs=1.5)
    bars.nth(1).click()
    expect(page.locator(".ts-wi-arms tr")).to_have_count(4)
    assert page.evaluate("() => window.tokenscope.model.get('selected')") == 43


def test_verdicts_that_arrive_move_nothing(open_page: Open) -> None:
    widget = lab(selected=43, work="testing", _verdicts={})
    page = open_page(live_page(widget))
    places = (
        "() => [...document.querySelectorAll('.ts-column .ts-row, .ts-foot')].map(e => e.getBoundingClientRect().y)"
    )
    page.wait_for_timeout(100)
    before = page.evaluate(places)
    found = lab(selected=43)._verdicts
    run_ids = widget._columns
    known = dict(zip(run_ids, found.values(), strict=True))
    page.evaluate("v => { const m = window.tokenscope.model; m.set('_verdicts', v); m.set('work', '') }", known)
    expect(page.locator(".ts-wi-outcome")).to_have_text("These 3 alternatives: 2 parse; 1 passes all 2 tests.")
    assert page.evaluate(places) == before


def test_what_tests_and_models_say_is_never_markup(open_page: Open) -> None:
    hostile = "<img src=x onerror=window.ran=1>"
    widget = lab(1)
    widget.tests = hostile
    widget._verdicts = {one: verdict(status="failed", total=1, message=hostile) for one in widget._columns}
    page = opened(open_page, widget)
    expect(page.locator(".ts-wi-verdict span").first).to_have_text(hostile)
    assert page.evaluate("() => window.ran") is None
    assert page.locator(".ts-root img").count() == 0


def test_the_keyboard_leads_from_the_text_to_the_alternatives_and_back(open_page: Open) -> None:
    page = opened(open_page, lab(0, forks="tests", selected=None))
    page.locator('.ts-code [data-i="20"]').first.click()
    page.keyboard.press("]")
    expect(page.locator('.ts-code .sel[data-i="43"]').first).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.closest('.ts-alternatives') !== null")
    page.keyboard.press("Escape")
    expect(page.locator('.ts-code [data-i="43"]').first).to_be_focused()


def test_dragging_over_the_text_marks_a_stretch_of_tokens(open_page: Open) -> None:
    page = opened(open_page, lab(0))
    tokens = page.locator(".ts-code .t")
    first, last = tokens.nth(20).bounding_box(), tokens.nth(23).bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + 6, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 1, last["y"] + 8, steps=5)
    page.mouse.up()
    expect(page.locator(".ts-wi-stretch h4")).to_contain_text("4 tokens")
    assert page.locator(".t.nd").count() == 4
    page.keyboard.press("Escape")
    expect(page.locator(".ts-wi-stretch")).to_be_hidden()
