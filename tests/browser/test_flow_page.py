"""A flow can be explored: on a saved page, and on one whose kernel is played from the fixtures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.fixtures.make_flow import KERNEL, flow_page, load
from tests.gallery import attention_flow
from tests.pages import fibonacci
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.export import page_of

# how many pixels of each canvas carry ink: [overview and pins, selection and hover]
INK = """() => [...document.querySelectorAll('.ts-arcs')].map(canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 60;
  return ink;
})"""


def open_live(open_page: Open, name: str = "75", **traits: Any) -> Page:
    stored = load(name)
    page = open_page(flow_page(stored, live=True, **traits))
    page.evaluate(KERNEL, stored["maps"])
    return page


def token(page: Page, i: int) -> Locator:
    return page.locator(f'.ts-code [data-i="{i}"]').last


def rows(page: Page) -> Locator:
    return page.locator(".ts-sources tbody tr")


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def settle(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize(("name", "at"), [("20", 17), ("100", 83), ("500", 371)])
def test_a_clicked_token_gets_arcs_tints_and_a_table_that_agrees(open_page: Open, name: str, at: int) -> None:
    page = open_live(open_page, name)
    token(page, at).click()
    expect(page.locator(".ts-statement")).to_contain_text("of the mass")
    settle(page)
    assert page.evaluate(INK)[1] > 300
    shown = rows(page).count()
    expect(page.locator(".ts-statement")).to_contain_text(f"· {shown} of ")
    tinted = page.locator(".ts-code .t.src").evaluate_all("spans => [...new Set(spans.map(s => s.dataset.i))].length")
    assert tinted == shown
    assert trait(page, "selected") == at


def test_nothing_selected_shows_flows_between_lines_and_a_hint(open_page: Open) -> None:
    page = open_live(open_page, "500")
    expect(page.locator(".ts-job")).to_contain_text("Select a token")
    expect(rows(page)).not_to_have_count(0)
    page.wait_for_function(f"() => ({INK})()[0] > 300")
    token(page, 60).hover()
    page.wait_for_function(f"() => ({INK})()[1] > 100")
    expect(page.locator(".ts-chip")).not_to_be_empty()
    page.locator(".ts-foot").hover()
    page.wait_for_function(f"() => ({INK})()[1] === 0")


def test_a_source_under_the_pointer_is_singled_out_in_text_and_table(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    expect(rows(page)).not_to_have_count(0)
    token(page, 29).hover()
    expect(page.locator(".ts-sources tr.on")).to_contain_text("elif")
    expect(page.locator(".ts-tooltip")).to_contain_text("of the mass")
    expect(page.locator(".ts-code.one")).to_have_count(1)
    page.locator(".ts-foot").hover()
    expect(page.locator(".ts-code.one")).to_have_count(0)
    rows(page).filter(has_text="elif").hover()
    expect(page.locator('.ts-code [data-i="29"].on')).to_have_count(1)


def test_the_keyboard_alone_moves_selects_pins_and_clears(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    expect(rows(page)).not_to_have_count(0)
    token(page, 43).focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "selected") == 44
    page.keyboard.press("p")
    assert trait(page, "pinned") == [44]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(1)).to_be_focused()
    label = rows(page).nth(2).locator("code").inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".ts-chip")).to_have_text(label)
    assert trait(page, "selected") not in (43, 44)
    page.keyboard.press("Escape")
    assert trait(page, "selected") is None


def test_pinned_tokens_keep_their_arcs_with_a_number(open_page: Open) -> None:
    page = open_live(open_page, selected=63)
    expect(rows(page)).not_to_have_count(0)
    page.get_by_role("button", name="pin", exact=True).click()
    token(page, 28).click()
    page.get_by_role("button", name="pin", exact=True).click()
    assert trait(page, "pinned") == [63, 28]
    expect(page.locator('[data-pin="1"]')).to_have_attribute("data-i", "63")
    settle(page)
    assert page.evaluate(INK)[0] > 0
    page.get_by_role("button", name="pinned 2").click()
    settle(page)
    assert trait(page, "pinned") == [63]
    assert page.evaluate(INK)[0] > 0


def test_the_threshold_changes_the_stated_share(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    expect(rows(page)).not_to_have_count(0)
    before, count = page.locator(".ts-statement").inner_text(), rows(page).count()
    page.locator(".ts-least input").fill("0.4")
    expect(page.locator(".ts-statement")).not_to_have_text(before)
    assert rows(page).count() < count
    assert trait(page, "threshold") == 0.4


def test_layer_head_direction_and_unit_each_ask_for_their_map(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    page.get_by_label("layer", exact=True).select_option("12")
    page.get_by_label("head", exact=True).select_option("4")
    expect(page.locator(".ts-statement")).to_contain_text("attention, layer 12, head 4")
    page.get_by_label("layer", exact=True).select_option("")
    page.get_by_label("head", exact=True).select_option("")
    page.get_by_role("radio", name="who reads it").click()
    expect(page.locator(".ts-statement")).to_contain_text("reader")
    page.get_by_role("radio", name="what it read").click()
    page.get_by_role("radio", name="lines").click()
    expect(page.locator(".ts-statement")).to_contain_text("source lines")


def test_a_head_can_be_chosen_among_small_maps(open_page: Open) -> None:
    page = open_live(open_page, selected=43)
    page.get_by_role("button", name="all layers and heads").click()
    page.get_by_role("button", name="layer 12, head 4").focus()
    page.keyboard.press("Enter")
    assert (trait(page, "layer"), trait(page, "head")) == (12, 4)
    expect(page.get_by_role("button", name="layer 12, head 4")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="mean of all").click()
    assert (trait(page, "layer"), trait(page, "head")) == (None, None)


def test_signs_are_told_apart_without_colour(open_page: Open) -> None:
    page = open_live(open_page, selected=43, source="ablation")
    expect(rows(page).filter(has_text="−")).not_to_have_count(0)
    expect(page.locator(".ts-legend")).to_contain_text("− against it")
    assert page.locator(".ts-code .t.neg").count() > 0


def test_what_would_take_long_is_offered_and_can_be_started(open_page: Open) -> None:
    page = open_live(open_page, selected=30, source="ablation")
    expect(page.locator(".ts-job")).to_contain_text("About 34 s: 19 tokens, 20 forward passes")
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.kernel.asked.some(sent => sent.action === 'attribute')")
    page.evaluate(
        "() => { const m = window.tokenscope.model; m.set('_job', 'ablation'); m.set('status', 'computing'); }"
    )
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_function("() => window.kernel.asked.some(sent => sent.action === 'cancel')")


def test_sources_out_of_sight_are_counted_at_the_edge(open_page: Open) -> None:
    page = open_live(open_page, "500", selected=371)
    expect(rows(page)).not_to_have_count(0)
    page.locator(".ts-code").evaluate("area => area.scrollTop = area.scrollHeight")
    expect(page.locator(".ts-edge.up")).to_contain_text("above")
    page.locator(".ts-code").evaluate("area => area.scrollTop = 0")
    expect(page.locator(".ts-edge.down")).to_contain_text("the token, ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_page_shows_what_it_holds_and_says_what_it_does_not(open_page: Open, scheme: str) -> None:
    page = open_page(flow_page(load("75"), selected=43), scheme)
    expect(page.locator(".ts-verdict")).to_contain_text("random ones")
    page.get_by_label("Source of the arcs").select_option("saliency")
    expect(page.locator(".ts-statement")).to_contain_text("Not in this saved page: it holds attention")
    expect(page.get_by_role("status").first).to_contain_text("there is no kernel behind it")
    assert page.evaluate("() => window.tokenscope.model.sent") == []


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


@pytest.mark.parametrize("width", [420, 1100])
def test_by_statement_the_tinted_tokens_are_those_of_the_statements_in_the_table(open_page: Open, width: int) -> None:
    page = open_page(page_of(attention_flow(unit="statement", selected=43)))
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.locator(".ts-statement")).to_contain_text("source statements")
    run = fibonacci()
    pieces = sources_of(run, "statement", 43)
    labels = rows(page).locator("code").all_inner_texts()
    firsts = [text.strip().split("\n")[0] for text in pieces.texts(run)]
    assert len(labels) > 2
    assert set(labels) <= set(firsts)
    listed = [range(a, b) for a, b, first in zip(pieces.starts, pieces.stops, firsts, strict=True) if first in labels]
    tinted = page.locator(".ts-code .t.src").evaluate_all("spans => [...new Set(spans.map(s => +s.dataset.i))]")
    assert {k for i in tinted for k, tokens in enumerate(listed) if i in tokens} == set(range(len(listed)))
    assert all(any(i in tokens for tokens in listed) for i in tinted)


def test_a_source_that_is_a_statement_leads_to_its_first_token(open_page: Open) -> None:
    page = open_page(page_of(attention_flow(unit="statement", selected=43)))
    source = rows(page).nth(1)
    label = source.locator("code").inner_text()
    source.hover()
    settle(page)
    assert page.evaluate(INK)[1] > 100
    source.click()
    assert label.startswith(fibonacci().tokens.texts[trait(page, "selected")].strip())


def test_a_saved_page_without_a_unit_names_those_that_it_has(open_page: Open) -> None:
    page = open_page(page_of(attention_flow(unit="statement", selected=43)))
    page.get_by_role("radio", name="functions").click()
    expect(page.locator(".ts-statement")).to_contain_text("Not in this saved page: it holds attention")
    expect(page.locator(".ts-statement")).to_contain_text("by token, line, statement.")
    page.get_by_role("radio", name="statements").click()
    expect(rows(page)).not_to_have_count(0)
