"""The sampler on a page: sliders by mouse and keyboard, every width, both schemes, nothing jumps, saved pages work."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.pages import fibonacci, live_page, run_of, tiled
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets.sampler import Sampler

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE = "() => document.getElementById('view').style.maxWidth = 'none'"
PLACES = """() => ['.ts-sm-controls', '.ts-metrics', '.ts-code', '.ts-sm-strip', '.ts-side', '.ts-sm-exact']
  .map(name => { const {x, y, width, height} = document.querySelector(name).getBoundingClientRect();
    return [name, x, y, width, height]; })"""
# the time of one drawing, from the change of a trait to the end of its frame
FRAMES = """async times => {
  const {model} = window.tokenscope;
  const found = [];
  for (let n = 0; n < times; n++) {
    await new Promise(done => requestAnimationFrame(done));
    const begun = performance.now();
    model.set('temperature', 0.5 + (n % 10) / 10);
    await new Promise(done => requestAnimationFrame(() => { document.body.offsetHeight; done(); }));
    found.push(performance.now() - begun);
  }
  return found.sort((a, b) => a - b)[Math.floor(times / 2)];
}"""


def sampler(run: Generation | None = None, **traits: Any) -> Sampler:
    """On a stored run, with the size of its model's vocabulary."""
    widget = Sampler(run or fibonacci(), **traits)
    widget._model = {"name": "smollm2-135m", "available": True, "vocabulary": 49_152}
    return widget


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def settled(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def sized(page: Page, width: int) -> Page:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(WIDE)
    settled(page)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 720, 1100, 1600])
def test_it_fits_every_width_in_light_and_dark(open_page: Open, scheme: str, width: int) -> None:
    page = sized(open_page(page_of(sampler(selected=43, temperature=1.4, top_p=0.95)), scheme), width)
    assert page.evaluate(OVERFLOW) == 0
    assert page.locator(".ts-root").get_attribute("data-theme") == scheme
    for part in (".ts-sm-controls", ".ts-side", ".ts-metrics", ".ts-sm-bars"):
        inside = page.locator(part).evaluate("one => one.scrollWidth <= one.clientWidth + 1")
        assert inside, f"{part} overflows"


def test_on_a_narrow_page_the_sum_and_a_short_program_are_seen_whole(open_page: Open) -> None:
    page = sized(open_page(page_of(sampler(temperature=0.7, top_p=0.9))), 420)
    whole = page.locator(".ts-sm-whole")
    expect(whole).to_contain_text("at temperature 1: −8.17 nats")
    assert whole.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
    assert page.locator(".ts-code").evaluate("one => one.scrollHeight <= one.clientHeight")


@pytest.mark.parametrize("width", [420, 1100])
def test_nothing_moves_while_a_slider_does(open_page: Open, width: int) -> None:
    page = sized(open_page(live_page(sampler(selected=43, temperature=1.0))), width)
    before = page.evaluate(PLACES)
    for name, value in (("temperature", 2), ("temperature", 0), ("temperature", 0.7), ("top_k", 3), ("top_p", 0.31)):
        page.evaluate("([name, value]) => window.tokenscope.model.set(name, value)", [name, value])
        settled(page)
        assert page.evaluate(PLACES) == before


def test_the_text_stays_where_it_was_scrolled_to_while_a_slider_moves(open_page: Open) -> None:
    page = open_page(live_page(sampler(tiled(fibonacci(), 500), selected=43, temperature=1.0)))
    page.locator(".ts-code").evaluate("one => one.scrollTop = 600")
    page.evaluate("() => window.tokenscope.model.set('temperature', 0.3)")
    settled(page)
    assert page.locator(".ts-code").evaluate("one => one.scrollTop") == 600


def test_a_saved_page_weighs_by_keyboard_alone(open_page: Open) -> None:
    page = open_page(page_of(sampler(selected=43, temperature=1.0)))
    slider = page.get_by_role("slider", name="temperature: 1")
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("slider", name="temperature: 0.7")).to_be_focused()
    assert trait(page, "temperature") == pytest.approx(0.7)
    page.keyboard.press("Home")
    expect(page.get_by_role("slider", name="temperature: 0, greedy")).to_be_focused()
    first = page.get_by_role("listitem").first
    expect(first).to_have_attribute(
        "aria-label", "␣a, which was written: 28.2 % at temperature 1, 100 % under these settings"
    )
    expect(page.get_by_role("button", name="Sample again from here")).to_be_disabled()
    expect(page.get_by_text("No kernel is behind this page.")).to_be_visible()


def test_dragging_a_slider_changes_the_bars_at_once(open_page: Open) -> None:
    page = open_page(live_page(sampler(selected=43, temperature=1.0)))
    box = page.get_by_role("slider", name="top-k: off").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2, steps=5)
    settled(page)
    kept = trait(page, "top_k")
    assert 1 <= kept <= 4
    expect(page.locator(".ts-sm-bar.out")).to_have_count(10 - kept + 1)
    expect(page.locator(".ts-sm-bar.out .ts-share").first).to_have_text("out: top-k")
    expect(page.locator(".ts-sm-exact b")).to_have_text("exact")
    page.mouse.up()


def test_bars_are_as_long_as_they_say(open_page: Open) -> None:
    page = open_page(page_of(sampler(selected=43, temperature=1.4)))
    track, tail = (
        page.locator(f".ts-sm-bar.tail {part}").evaluate("one => one.getBoundingClientRect().width")
        for part in (".track", ".low")
    )
    gap = page.locator(".ts-sm-bar.tail .gap").evaluate("one => one.getBoundingClientRect().width")
    expect(page.locator(".ts-sm-bar.tail .ts-share")).to_have_text("35–83 %")
    assert tail / track == pytest.approx(0.35, abs=0.006)
    assert (tail + gap) / track == pytest.approx(0.83, abs=0.006)


def test_the_keyboard_walks_the_text_and_samples_again(open_page: Open) -> None:
    page = open_page(live_page(sampler(temperature=0.8)))
    page.locator(".ts-code [data-i='43']").click()
    page.keyboard.press("ArrowRight")
    assert trait(page, "selected") == 44
    page.keyboard.press("s")
    sent = page.evaluate("() => window.tokenscope.model.sent.at(-1)")
    assert (sent["action"], sent["arguments"]) == ("sample_again", {"at": 44})


def test_a_click_on_the_strip_selects(open_page: Open) -> None:
    page = open_page(page_of(sampler(temperature=1.4)))
    box = page.locator(".ts-sm-strip canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (43.5 / 75), box["y"] + 20)
    assert trait(page, "selected") == 43


@pytest.mark.parametrize("selected", [0, None])
def test_what_is_not_known_is_said(open_page: Open, selected: int | None) -> None:
    page = open_page(page_of(sampler(selected=selected, temperature=1.0)))
    said = "Nothing comes before this token" if selected == 0 else "These settings change nothing"
    expect(page.get_by_text(said)).to_be_visible()


def test_text_of_a_model_is_never_markup(open_page: Open) -> None:
    run = run_of([b"a", b"<img src=x onerror=alert(1)>", b"</script><script>alert(2)</script>"])
    page = open_page(page_of(sampler(run, selected=1, temperature=1.0)))
    expect(page.locator(".ts-sm-bar code").first).to_have_text("<img␣src=x␣onerror=alert(1)>")
    assert page.locator(".ts-root img, .ts-root script").count() == 0


def test_a_run_of_500_tokens_is_drawn_within_a_few_frames(open_page: Open) -> None:
    page = open_page(live_page(sampler(tiled(fibonacci(), 500), selected=43, temperature=1.0)))
    median = page.evaluate(FRAMES, 21)
    # a frame is 17 ms; a busy machine gets three
    assert median < 50
