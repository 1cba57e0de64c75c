"""The views for those who use the keyboard, a screen reader, other colours, larger type or another script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import tokenscope_widgets as ts
from tests.browser.test_axe import DRAWN, pages
from tests.gallery import SCHEMES
from tests.pages import fibonacci, first_rows, live_page, run_of, stream

Show = Callable[..., Page]

# one page of each view, with as much in sight as it can hold
VIEWS = (
    "token_stream-syntax-branches",
    "what_if-point",
    "compare-compare",
    "flow-75-ablation",
    "lens_map-cell",
    "sampler-exact",
    "branch_tree-story",
    "code_view-finding",
)


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens a page of the gallery, or a text, in a context of its own."""
    contexts = []

    def show_(name: str, text: str | None = None, **context: Any) -> Page:
        act = None
        if text is None:
            text, act = pages()[name]
        file = tmp_path / f"{name}.html"
        file.write_text(text, encoding="utf-8")
        contexts.append(chromium.new_context(**{"viewport": {"width": 1100, "height": 900}, **context}))
        page = contexts[-1].new_page()
        page.goto(file.as_uri())
        page.wait_for_selector(".ts-root")
        page.evaluate(DRAWN)
        if act is not None:
            act(page)
        return page

    yield show_
    for context in contexts:
        context.close()


# where the same is said in words that a picture without a name shows
IN_WORDS = {
    "ts-arcs": ".ts-sources tbody tr[aria-label]",
    "ts-lens-canvas": "[role=grid] [role=gridcell]:not(:empty)",
    "ts-sheet": ".ts-sheet button[aria-label^=layer]",
    "ts-bt-graph": "[role=treeitem][aria-description]",
}
UNTOLD = """inWords => [...document.querySelectorAll('canvas, svg')].filter(picture => {
  if (!picture.getBoundingClientRect().width) return false;
  if (picture.getAttribute('role') === 'img') return !picture.getAttribute('aria-label');
  if (picture.querySelector('title')) return false;
  const name = [picture, picture.parentElement].map(one => one.getAttribute('class')).find(one => one in inWords);
  return !name || !document.querySelector(inWords[name]);
}).map(picture => picture.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", [*VIEWS, "flow-75-grid", "lens_map-overview", "what_if-decided"])
def test_what_a_picture_shows_is_also_said(show: Show, name: str) -> None:
    assert show(name).evaluate(UNTOLD, IN_WORDS) == []


# what has the keyboard, and whether that can be seen; null: nothing in the page has it
HELD = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const {outlineStyle, outlineWidth} = getComputedStyle(element);
  const {width, height, top, bottom} = element.getBoundingClientRect();
  const inSight = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
  return [element.outerHTML.slice(0, 120), inSight && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1.5];
}"""


@pytest.mark.parametrize("name", VIEWS)
def test_tab_reaches_every_part_and_shows_where_it_is(show: Show, name: str) -> None:
    page = show(name)
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        held = page.evaluate(HELD)
        if held is None:
            break
        stops.append(held)
    assert [element for element, seen in stops if not seen] == []
    assert 3 < len(stops) < 80


def test_a_token_that_shows_nothing_has_a_name(show: Show) -> None:
    run = run_of([b"if", b" ", b"x", b":", b"\n", b"    ", b"\xd7", b"\xa9"])
    page = show("blank", live_page(stream(run)))
    names = page.eval_on_selector_all(".ts-code [data-i]", "all => all.map(one => one.getAttribute('aria-label'))")
    assert [name for name in names if name] == ["space", "line break", "4 blanks", "part of a character"]


MOVING = """() => [...document.querySelectorAll('.ts-root, .ts-root *')].flatMap(element =>
  [undefined, '::before', '::after'].map(part => [element.getAttribute('class'), getComputedStyle(element, part)]))
  .filter(([, style]) => style.transitionDuration !== '0s' || style.animationName !== 'none'
    || style.scrollBehavior !== 'auto').map(([name]) => name)"""


@pytest.mark.parametrize(("name", "moving"), [("flow-75-ablation", "ts-arcs"), ("compare-writing", "ts-writing")])
def test_nothing_moves_for_those_who_asked_for_that(show: Show, name: str, moving: str) -> None:
    run = fibonacci()
    writing = live_page(ts.Compare([run, replace(first_rows(run, 50), run_id="half")], selected=None))
    page = show(name, writing if name == "compare-writing" else None, reduced_motion="no-preference")
    assert moving in page.evaluate(MOVING)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == []


# what sticks out of the window and is in no part that scrolls or cuts
OUTSIDE = """() => [...document.querySelectorAll('.ts-root, .ts-root *')].filter(element => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let up = element.parentElement; up !== document.body; up = up.parentElement)
    if (getComputedStyle(up).overflowX !== 'visible') return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", [*VIEWS, "token_stream-settings", "flow-75-grid", "what_if-tests"])
def test_at_twice_the_size_nothing_sticks_out(show: Show, name: str) -> None:
    page = show(name, viewport={"width": 550, "height": 450}, device_scale_factor=2)
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")


# marks that are seen by their colour only, and have that of the page
LOST = """selector => {
  const paper = getComputedStyle(document.querySelector('.ts-root')).backgroundColor;
  const all = [...document.querySelectorAll(selector)].filter(one => one.getBoundingClientRect().width > 0);
  const lost = all.map(one => getComputedStyle(one)).filter(({backgroundColor, backgroundImage}) =>
    backgroundImage === 'none' && [paper, 'rgba(0, 0, 0, 0)'].includes(backgroundColor));
  return [all.length, lost.length];
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("token_stream-branches", ".t:is(.h2, .h5, .h6):not(.sel), .ts-track i, .ts-code .m i"),
        ("sampler-exact", ".ts-sm-bars .cur .low"),
        ("lens_map-cell", ".ts-lens-bar .track i"),
        ("code_view-node", ".ts-cv-row .track i"),
        ("flow-75-ablation", ".ts-sources .bar i, .t.src:not(.b, .sel)"),
    ],
)
def test_marks_survive_the_colours_of_the_system(show: Show, name: str, marks: str, scheme: str) -> None:
    there, lost = show(name, forced_colors="active", color_scheme=scheme).evaluate(LOST, marks)
    assert there > 0
    assert lost == 0


# texts whose contrast to what they stand on is below a bound: inks on papers, and tokens on every step of heat
PALE = """bound => {
  const root = document.querySelector('.ts-root');
  const probe = document.createElement('span');
  root.querySelector('.ts-code').append(probe);
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  const seen = (...layers) => {
    for (const layer of layers) { pen.fillStyle = layer; pen.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const out = [];
  const check = (name, text, ...paper) => {
    const pair = [seen(...paper), seen(...paper, text)].sort((a, b) => b - a);
    if (pair[0] / pair[1] < bound) out.push(`${name}: ${(pair[0] / pair[1]).toFixed(2)}`);
  };
  const style = getComputedStyle(root);
  const value = name => style.getPropertyValue(`--ts-${name}`).trim();
  for (const ink of ['fg', 'fg2', 'fg3', 'accent', 'bad', 'heat-ink', 'warn', 'keyword', 'string', 'number', 'type'])
    for (const paper of ['bg', 'bg2', 'accent-bg'])
      check(`${ink} on ${paper}`, value(ink), style.backgroundColor, value(paper));
  check('on-accent', value('on-accent'), value('accent'));
  for (const kind of ['', 'p', 'same', 'diff', 'yk', 'yd', 'yt', 'ys', 'yn', 'yb', 'yc', 'yo'])
    for (let step = 0; step <= 15; step++) {
      probe.className = `t ${kind} h${step}`;
      const {color, backgroundColor} = getComputedStyle(probe);
      check(probe.className, color, style.backgroundColor, backgroundColor);
    }
  return out;
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_ink_can_be_read_on_every_paper_and_heat(show: Show, scheme: str) -> None:
    page = show("token_stream-syntax-branches", color_scheme=scheme)
    assert page.evaluate(PALE, 4.6) == []


WORDS = ["def f():\n", "    s", " =", ' "', "שלום", '",', ' "', "مرحبا", '"', "  # ", "עולם"]
LEFT = """selector => [...document.querySelectorAll(selector)].filter(one => one.textContent.trim())
  .map(one => one.getBoundingClientRect().left)"""


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_tokens_stand_in_their_order_whatever_way_their_script_runs(show: Show, direction: str) -> None:
    run, other = (run_of([word.encode() for word in words]) for words in (WORDS, [*WORDS, "\n"]))
    shown = {
        ".ts-code .ln:nth-child(2) [data-i]": stream(run),
        "[data-column='1'] .ts-row:nth-child(2) [data-i]": ts.Compare([run, other], selected=None),
    }
    for selector, widget in shown.items():
        page = show("scripts", live_page(widget).replace("<html", f'<html dir="{direction}"'))
        left = page.evaluate(LEFT, selector)
        assert len(left) == len(WORDS) - 1
        assert left == sorted(left)
