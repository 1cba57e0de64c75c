"""A program's outline can be explored on a saved page, and selects tokens and nodes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.fixtures.make_syntax import load, long_run, made_up, state_of, syntax_page
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets.code_view import CodeView

# what sticks out of the page to the right
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

PLACES = """() => ['.ts-side', '.ts-foot', '.ts-cv-outline', '.ts-cv-row code'].map(name => {
  const {x, y} = document.querySelector(name).getBoundingClientRect();
  return [x, y];
})"""


def opened(open_page: Open, name: str = "mistakes", scheme: str = "light", width: int = 1100, **traits: Any) -> Page:
    page = open_page(syntax_page(load(name), **traits), scheme)
    page.set_viewport_size({"width": width, "height": 900})
    return page


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def row(page: Page, code: str) -> Any:
    return page.get_by_role("treeitem").filter(has=page.locator("code", has_text=code)).first


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 720, 1100, 1600])
def test_the_outline_fits_every_width_in_light_and_dark(open_page: Open, scheme: str, width: int) -> None:
    page = opened(open_page, scheme=scheme, width=width)
    expect(page.get_by_role("treeitem")).to_have_count(11)
    expect(row(page, "def mean")).to_be_visible()
    assert page.evaluate(OVERFLOW) == 0
    assert page.locator(".ts-root").get_attribute("data-theme") == scheme


def test_a_click_on_a_row_selects_its_node_and_its_first_token(open_page: Open) -> None:
    page = opened(open_page)
    row(page, "for value in").click()
    assert (trait(page, "selected"), trait(page, "span")) == (24, [24, 32])
    expect(row(page, "for value in")).to_have_attribute("aria-selected", "true")
    expect(row(page, "for value in")).to_be_focused()


def test_the_triangle_opens_and_selects_nothing(open_page: Open) -> None:
    page = opened(open_page)
    row(page, "for value in").locator(".tri").click()
    expect(row(page, "total += value")).to_be_visible()
    assert trait(page, "span") is None


def test_the_keyboard_alone_walks_and_selects(open_page: Open) -> None:
    page = opened(open_page, "fibonacci")
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert trait(page, "span") == [25, 27]
    expect(row(page, "return 0")).to_be_focused()
    page.keyboard.press("Escape")
    assert (trait(page, "selected"), trait(page, "span")) == (None, None)


def test_the_bars_grow_with_what_they_show(open_page: Open) -> None:
    page = opened(open_page, statistic="sum")
    widths = [row(page, code).locator(".track i").bounding_box()["width"] for code in ("module", "def mean", "class")]
    # the module's is the whole bar: it has the whole sum
    assert widths[0] == pytest.approx(row(page, "module").locator(".track").bounding_box()["width"], abs=1)
    assert widths[0] > widths[2] > widths[1] > 10


def test_a_selection_far_down_is_scrolled_to_inside_the_list_only(open_page: Open) -> None:
    widget = CodeView(long_run(60), language="python")
    span = list(widget.code.tokens_of(int(widget.code.nodes_of_kind("return_statement")[-1])))
    page = open_page(syntax_page(state_of(widget)))
    page.set_viewport_size({"width": 1100, "height": 400})
    before = page.evaluate("() => window.scrollY")
    page.evaluate("span => window.tokenscope.model.set('span', span)", span)
    marked = page.locator("[aria-selected=true]")
    expect(marked).to_have_count(1)
    box, frame = marked.bounding_box(), page.locator(".ts-cv-outline").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["y"] + 26 <= box["y"] + 1
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    assert page.evaluate("() => window.scrollY") == before


def test_thousands_of_nodes_answer_at_once(open_page: Open) -> None:
    page = open_page(syntax_page(state_of(CodeView(long_run(180), language="python"))))
    took = page.evaluate(
        """async () => {
          const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          const {model} = window.tokenscope;
          await frame();
          const began = performance.now();
          for (const at of [500, 1500, 2500, 3500, 4500]) { model.set('span', [at, at]); await frame(); }
          return (performance.now() - began) / 5;
        }"""
    )
    assert page.get_by_role("treeitem").count() > 700
    # two frames are 33 ms; the rest is slack for a busy machine
    assert took < 250


def test_a_finding_selects_its_tokens_and_shows_its_row(open_page: Open) -> None:
    page = opened(open_page)
    page.get_by_role("button", name="Nothing defines “valeus”.").click()
    assert (trait(page, "selected"), trait(page, "span")) == (27, [27, 27])
    expect(page.locator("[aria-selected=true] code")).to_have_text("valeus")


def test_choosing_what_the_bars_show_moves_nothing_else(open_page: Open) -> None:
    page = opened(open_page, selected=27, span=[27, 27])
    before = page.evaluate(PLACES)
    for name in ("probability", "rank", "min", "max", "surprisal", "sum"):
        choice = page.get_by_role("radio", name=name, exact=True)
        if choice.count():
            choice.click()
            page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(PLACES) == before


def test_a_narrow_page_puts_the_findings_under_the_outline(open_page: Open) -> None:
    page = opened(open_page, width=420)
    text, side = page.locator(".ts-text").bounding_box(), page.locator(".ts-side").bounding_box()
    assert text is not None
    assert side is not None
    assert side["y"] >= text["y"] + text["height"] - 1


def test_what_a_model_wrote_is_never_markup(open_page: Open) -> None:
    hostile = "<img src=x onerror=window.ran=1>"
    text = f'def f(a):\n    b = "{hostile}"\n    return "</script><b>" + c\n'
    page = open_page(page_of(CodeView(made_up(text, "def", "hostile"), language="python")))
    expect(row(page, hostile)).to_be_visible()
    row(page, "</script><b>").click()
    assert page.evaluate("() => window.ran") is None
    assert page.locator(".ts-root :is(img, script)").count() == 0


def test_messages_of_linters_and_notes_are_never_markup(open_page: Open) -> None:
    hostile = "<img src=x onerror=window.ran=1>"
    state = load("mistakes")
    syntax = state["_syntax"]
    finding = {**syntax["findings"][0], "message": hostile, "tool": hostile, "alternatives": [[hostile, 0.5]]}
    page = open_page(syntax_page(state, _syntax={**syntax, "findings": [finding], "notes": [hostile]}, error=hostile))
    expect(page.get_by_role("alert")).to_contain_text(hostile)
    expect(page.locator(".ts-cv-side .message").first).to_contain_text(hostile)
    expect(page.locator(".ts-note", has_text=hostile)).to_be_visible()
    assert page.evaluate("() => window.ran") is None
    assert page.locator(".ts-root img").count() == 0
