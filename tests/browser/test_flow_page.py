"""A flow can be explored: on a saved page, and on one whose kernel is played from the fixtures."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.flow_pages import INK, open_live, rows, settle, token, trait
from tests.fixtures.make_flow import flow_page, load
from tests.gallery import attention_flow
from tests.pages import fibonacci
from tokenscope_widgets.code.sources import sources_of
from tokenscope_widgets.export import page_of


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
