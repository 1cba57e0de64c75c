"""Where a flow diagram puts its arcs, its panel and its text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.flow_pages import INK, open_live, rows, settle, token


def test_arcs_do_not_run_through_the_text(open_page: Open) -> None:
    """Left of the margin, ink lies in the gaps between lines only: never at the middle of a row."""
    page = open_live(open_page, selected=43)
    expect(rows(page)).not_to_have_count(0)
    settle(page)
    crossed = page.evaluate(
        """() => {
          const area = document.querySelector('.ts-code'), canvas = document.querySelectorAll('.ts-arcs')[1];
          const frame = area.getBoundingClientRect(), context = canvas.getContext('2d');
          let crossed = 0;
          for (const line of area.querySelectorAll('.x')) {
            const range = document.createRange();
            range.selectNodeContents(line);
            for (const box of range.getClientRects()) {
              const {data} = context.getImageData(
                0, (box.top + box.bottom) / 2 - frame.top - 3, box.right - frame.left, 6);
              for (let i = 3; i < data.length; i += 4) crossed += data[i] > 0;
            }
          }
          return crossed;
        }"""
    )
    assert crossed == 0


def test_a_narrow_page_puts_the_panel_under_the_text(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    page.set_viewport_size({"width": 440, "height": 900})
    expect(rows(page)).not_to_have_count(0)
    text, side = page.locator(".ts-text").bounding_box(), page.locator(".ts-side").bounding_box()
    assert text is not None
    assert side is not None
    assert side["y"] >= text["y"] + text["height"] - 1
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 440


def test_a_page_that_is_hidden_and_restyled_looks_the_same_afterwards(open_page: Open) -> None:
    page = open_live(open_page, unit="line", pinned=[12, 20, 30, 36])
    expect(page.locator("[data-pin]")).to_have_count(4)
    page.wait_for_function(f"() => ({INK})()[0] > 300")
    tints = "() => document.querySelectorAll('.ts-code .t.src').length"
    before = page.evaluate(INK), page.evaluate(tints)
    assert before[1] > 0
    page.evaluate(
        """async () => {
          const frame = () => new Promise(done => requestAnimationFrame(done));
          // of a fixed size, as far as the notebook is concerned
          document.querySelector('.ts-root').parentElement.style.height = '800px';
          await frame(), await frame();
          const main = document.querySelector('.ts-main');
          main.style.display = 'none';
          document.body.dataset.jpThemeLight = 'false';
          // whatever asks for a picture while nothing can be measured
          window.tokenscope.model.set('threshold', 0.06);
          for (let i = 0; i < 5; i++) await frame();
          window.tokenscope.model.set('threshold', 0.05);
          for (let i = 0; i < 5; i++) await frame();
          main.style.display = '';
        }"""
    )
    page.wait_for_function(f"before => Math.abs(({INK})()[0] - before) < 0.1 * before", arg=before[0][0])
    assert page.evaluate(tints) == before[1]


def test_text_that_moves_late_after_a_change_of_theme_is_measured_again(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    expect(rows(page)).not_to_have_count(0)
    settle(page)
    highest = """() => {
      const canvas = document.querySelectorAll('.ts-arcs')[1];
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Math.floor(data.findIndex((value, i) => i % 4 === 3 && value > 60) / 4 / canvas.width);
    }"""
    before = page.evaluate(highest)
    page.evaluate("() => document.body.dataset.jpThemeLight = 'false'")
    settle(page)
    # a style sheet that comes late: every row moves, no size changes
    page.add_style_tag(content=".ts-root .ts-block { transform: translateY(30px); }")
    page.wait_for_function(f"before => Math.abs(({highest})() - before - 30) <= 1", arg=before)


def test_in_lines_nothing_at_or_after_the_token_is_a_source(open_page: Open) -> None:
    page = open_live(open_page, selected=45, unit="line", threshold=0)
    expect(page.locator(".ts-statement")).to_contain_text("source line")
    expect(rows(page).filter(has_text="(its own line)")).to_have_count(1)
    tinted = page.locator(".ts-code .t:is(.src, .neg)").evaluate_all("spans => spans.map(s => +s.dataset.i)")
    assert max(tinted) == 44
    token(page, 12).hover()
    expect(page.locator(".ts-tooltip")).to_have_text(re.compile(r"^line \d+: 0\.\d+ · .* of the mass$"))
    token(page, 12).click()
    expect(page.locator(".ts-tooltip")).to_be_hidden()


def test_long_texts_do_not_push_the_view(open_page: Open) -> None:
    page = open_live(open_page, selected=43, source="ablation")
    before = page.locator(".ts-root").bounding_box()
    page.evaluate(
        """() => {
          const {model} = window.tokenscope, text = 'word '.repeat(600);
          model.set('contrast', {text});
          const {buffers, ...map} = window.kernel.maps.find(m => m.key === 'ablation|43||token|nosink');
          map.map.title = 'ablation against ' + text;
          model.receive({...map, key: `ablation|43|text:${text}|token|nosink`}, buffers);
        }"""
    )
    expect(page.locator(".ts-statement")).to_contain_text("wo… · 11 of 43 sources")
    assert len(page.locator(".ts-statement").get_attribute("title") or "") > 3000
    expect(page.locator(".ts-contrast .ts-hint")).to_contain_text("…")
    after = page.locator(".ts-root").bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] < before["height"] + 80


@pytest.mark.parametrize("width", [130, 200])
def test_nothing_is_clipped_in_a_very_narrow_cell(open_page: Open, width: int) -> None:
    page = open_live(open_page, selected=43, source="ablation")
    page.locator("#view").evaluate("(view, width) => view.style.width = width + 'px'", width)
    expect(page.locator(".ts-verdict")).not_to_be_empty()
    for source in ("ablation", "attention"):
        page.get_by_label("Source of the arcs").select_option(source)
        settle(page)
        outside = page.evaluate(
            """() => {
              const {right} = document.querySelector('.ts-root').getBoundingClientRect();
              return [...document.querySelectorAll('.ts-root :is(button, select, input, label, p, h4, .num)')]
                .filter(e => e.getBoundingClientRect().right > right
                  || e.matches('td') && e.scrollWidth > e.clientWidth)
                .filter(e => e.offsetWidth && !e.closest('.ts-grid-scroll') && !e.matches('.num.dim'))
                .map(e => e.outerHTML.slice(0, 90));
            }"""
        )
        assert outside == []
