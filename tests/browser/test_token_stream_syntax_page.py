"""Syntax in the token stream, in a real browser: where things stand, what keys do, and whether it can be read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.fixtures.make_syntax import mistakes
from tests.pages import MODEL, fibonacci, fibonacci_branches, first_rows, live_page, stream
from tokenscope_widgets.export import _plain, page_of

# relative luminance contrast of text on what is painted behind it, for every class, step of heat and state
CONTRASTS = """() => {
  const root = document.querySelector('.ts-root');
  const paper = numbers(getComputedStyle(root).backgroundColor);
  const out = [];
  function numbers(text) {
    const found = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith('color(srgb') ? [...found.slice(0, 3).map(c => c * 255), found[3] ?? 1] : [...found.slice(0, 3), found[3] ?? 1];
  }
  function luminance(colour) {
    const [r, g, b] = colour.map(c => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  for (const role of ['', 'yk', 'yd', 'yt', 'ys', 'yn', 'yb', 'yc', 'yo'])
    for (const state of ['', 'p', 'sel', 'nd nd0', 'we', 'p nd'])
      for (let step = 0; step <= 15; step++) {
        const span = Object.assign(document.createElement('span'), {className: `t ${role} ${state} ${step ? `h${step}` : ''}`, textContent: 'x'});
        root.append(span);
        const style = getComputedStyle(span);
        const back = numbers(style.backgroundColor);
        const behind = paper.slice(0, 3).map((c, i) => c + (back[i] - c) * back[3]);
        const [low, high] = [luminance(numbers(style.color).slice(0, 3)), luminance(behind)].sort((a, b) => a - b);
        out.push([span.className, (high + 0.05) / (low + 0.05), style.backgroundColor]);
        span.remove();
      }
  return out;
}"""  # noqa: E501

LOOKS = """() => ['', 'yk', 'yd', 'yt', 'yb', 'yc'].map(role => {
  const span = Object.assign(document.createElement('span'), {className: `t ${role}`});
  document.querySelector('.ts-root').append(span);
  const {fontWeight, fontStyle, color} = getComputedStyle(span);
  span.remove();
  return `${fontWeight} ${fontStyle} ${role === 'yc' ? color : ''}`;
})"""


def syntax_stream(**traits: Any) -> Any:
    return stream(mistakes(), syntax=True, language="python", _model=MODEL, **traits)


def token(page: Page, i: int) -> Any:
    return page.locator(f'.ts-code [data-i="{i}"]').first


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def tops(page: Page) -> list[float]:
    """Where the text and what stands around it begin."""
    found: list[float] = page.evaluate(
        """() => ['.ts-code', '.ts-code .ln', '.ts-code [data-i="60"]', '.ts-strip']
        .map(s => document.querySelector(s).getBoundingClientRect()).flatMap(b => [b.top, b.left])"""
    )
    return found


def settle(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_syntax_can_be_read_on_every_step_of_heat(open_page: Open, scheme: str) -> None:
    page = open_page(page_of(syntax_stream()), scheme)
    found = page.evaluate(CONTRASTS)
    assert len({background for _, _, background in found}) > 15
    assert [(name, round(ratio, 2)) for name, ratio, _ in found if ratio < 4.5] == []


def test_words_are_told_apart_without_colour(open_page: Open) -> None:
    looks = open_page(page_of(syntax_stream())).evaluate(LOOKS)
    plain, keyword, definition, kind, constant, comment = looks
    assert len({plain, keyword, definition, kind, comment}) == 5
    assert constant != plain


@pytest.mark.parametrize("width", [420, 1100])
def test_nothing_moves_when_syntax_is_switched_on_or_arrives(open_page: Open, width: int) -> None:
    with_syntax = _plain(syntax_stream()._syntax)
    page = open_page(live_page(stream(mistakes(), _model=MODEL)))
    page.set_viewport_size({"width": width, "height": 900})
    # the panel is as high as what it lists: without it, only the text and what belongs to it is measured
    page.add_style_tag(content=".ts-side > * { display: none !important; } .ts-side { min-height: 0 !important; }")
    settle(page)
    before = tops(page)
    page.get_by_role("button", name="Syntax").click()
    settle(page)
    expect(page.locator(".ts-crumbs")).to_have_text("Reading the syntax …")
    assert tops(page) == before
    page.evaluate(
        """s => { const revive = v => Array.isArray(v) ? v.map(revive) : v && typeof v === 'object'
          ? typeof v.base64 === 'string' ? new DataView(Uint8Array.from(atob(v.base64), c => c.charCodeAt(0)).buffer)
          : Object.fromEntries(Object.entries(v).map(([k, x]) => [k, revive(x)])) : v;
          window.tokenscope.model.set('_syntax', revive(s)); }""",
        with_syntax,
    )
    expect(page.locator(".ts-code .we")).not_to_have_count(0)
    assert tops(page) == before
    bar = page.locator(".ts-syntax-bar").bounding_box()
    token(page, 58).click()
    expect(page.locator(".ts-crumbs button").first).to_be_visible()
    assert page.locator(".ts-syntax-bar").bounding_box() == bar


def test_a_node_is_framed_grown_and_let_go_with_the_keyboard(open_page: Open) -> None:
    page = open_page(live_page(syntax_stream()))
    token(page, 24).click()
    page.keyboard.press("Shift+ArrowUp")
    first = trait(page, "span")
    page.keyboard.press("Shift+ArrowUp")
    grown = trait(page, "span")
    assert grown[0] <= first[0] <= first[1] <= grown[1]
    assert grown != first
    settle(page)
    framed = page.locator(".ts-code .nd").evaluate_all("spans => [...new Set(spans.map(s => +s.dataset.i))]")
    assert framed == list(range(grown[0], grown[1] + 1))
    page.keyboard.press("Shift+ArrowDown")
    assert trait(page, "span") == first
    page.keyboard.press("Escape")
    assert trait(page, "span") is None
    expect(token(page, 24)).to_be_focused()
    expect(page.locator(".ts-code .nd")).to_have_count(0)


def test_the_heat_of_a_selected_node_stays_in_sight(open_page: Open) -> None:
    page = open_page(live_page(syntax_stream(span=[20, 70])))
    hot = page.locator(".ts-code .nd[class*=' h']").first
    assert hot.evaluate("e => getComputedStyle(e).backgroundImage") == "none"
    assert hot.evaluate("e => getComputedStyle(e).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_each_severity_has_its_line_and_its_words(open_page: Open) -> None:
    page = open_page(live_page(syntax_stream()))
    lines = {}
    for mark in ("we", "ww", "wn"):
        spans = page.locator(f".ts-code .{mark}")
        if spans.count():
            lines[mark] = spans.first.evaluate("e => getComputedStyle(e).textDecorationStyle")
    assert lines["we"] == "wavy"
    assert len(set(lines.values())) == len(lines) > 1
    page.locator(".ts-code .we").first.hover()
    expect(page.locator(".ts-tooltip:visible")).to_contain_text("✗ ")
    page.locator(".ts-code .we").first.click()
    expect(page.locator(".ts-side .ts-finding.error")).to_contain_text("✗ ")


def test_a_finding_in_the_list_leads_to_its_token(open_page: Open) -> None:
    page = open_page(page_of(syntax_stream()))
    item = page.locator(".ts-findings button").filter(has_text="valeus")
    item.click()
    at = trait(page, "selected")
    assert mistakes().tokens.texts[at] == " valeus"
    expect(token(page, at)).to_be_focused()
    expect(page.locator(".ts-side .ts-finding")).to_contain_text("valeus")


def test_the_path_stays_one_line_and_its_end_is_in_sight(open_page: Open) -> None:
    page = open_page(page_of(syntax_stream(selected=58)))
    page.set_viewport_size({"width": 420, "height": 900})
    settle(page)
    box, bar = page.locator(".ts-crumbs em").bounding_box(), page.locator(".ts-syntax-bar").bounding_box()
    assert box is not None
    assert bar is not None
    assert bar["height"] == 28
    page.locator(".ts-crumbs button").last.focus()
    last = page.locator(".ts-crumbs button").last.bounding_box()
    assert last is not None
    assert bar["x"] <= last["x"] + last["width"] <= bar["x"] + bar["width"]


def test_a_page_saved_without_syntax_says_why_the_button_does_nothing(open_page: Open) -> None:
    page = open_page(page_of(stream(fibonacci())))
    page.get_by_role("button", name="Syntax").click()
    expect(page.locator(".ts-crumbs")).to_have_text("No kernel is behind this page. The syntax was not read before.")


def test_a_page_saved_with_syntax_can_be_explored(open_page: Open, tmp_path: Any) -> None:
    page = open_page(syntax_stream().to_html(tmp_path / "saved.html").read_text())
    token(page, 27).click()
    page.get_by_role("button", name="function mean").click()
    assert trait(page, "span")[0] < 27 < trait(page, "span")[1]
    page.get_by_role("button", name="colour within role").click()
    expect(page.locator(".ts-legend")).to_contain_text("hottest of its role")


def test_beside_branches_the_current_run_has_its_syntax(open_page: Open) -> None:
    page = open_page(page_of(stream(fibonacci(), fibonacci_branches(), syntax=True)))
    expect(page.locator(".ts-code .yk")).not_to_have_count(0)
    expect(page.locator(".ts-branches .yk")).to_have_count(0)


def test_while_a_text_is_written_its_beginning_has_colours(open_page: Open) -> None:
    half = first_rows(fibonacci(), 40)
    widget = stream(half, syntax=True, status="generating", _model=MODEL)
    assert widget._syntax == {}
    page = open_page(live_page(widget))
    expect(page.locator(".ts-crumbs")).to_have_text("Reading the syntax …")
