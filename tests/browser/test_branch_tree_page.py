"""A tree of runs can be walked, searched, marked and compared on a page, in every width and both schemes."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.fixtures.make_branch_tree import many_tree, run_of_ids, story, story_tree
from tests.pages import live_page
from tokenscope_widgets.analysis.records import Lineage, Role
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets.branch_tree import BranchTree

# what sticks out of the page to the right
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# a saved page is at most 1120 wide: a notebook may be wider
WIDE = "() => document.getElementById('view').style.maxWidth = 'none'"


def trait(page: Page, name: str) -> Any:
    return page.evaluate("name => window.tokenscope.model.get(name)", name)


def row(page: Page, run_id: str) -> Any:
    return page.locator(f"[data-run='{run_id}']")


def sized(page: Page, width: int, height: int = 900) -> Page:
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(WIDE)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 720, 1100, 1600])
def test_the_tree_fits_every_width_in_light_and_dark(open_page: Open, scheme: str, width: int) -> None:
    page = sized(open_page(page_of(many_tree()), scheme), width)
    expect(page.get_by_role("treeitem")).to_have_count(60)
    assert page.evaluate(OVERFLOW) == 0
    assert page.locator(".ts-root").get_attribute("data-theme") == scheme
    for part in (".ts-bt-list", ".ts-side", ".ts-metrics"):
        inside = page.locator(part).evaluate("one => one.scrollWidth <= one.clientWidth + 1")
        assert inside, f"{part} overflows"


def test_the_graph_stands_beside_its_rows_at_every_width(open_page: Open) -> None:
    page = open_page(page_of(story_tree()))
    for width in (420, 1100, 1600):
        sized(page, width)
        graph = page.locator(".ts-bt-graph").bounding_box()
        last = row(page, "not").locator(".what").bounding_box()
        first = row(page, "greedy").locator(".what").bounding_box()
        assert graph["x"] + graph["width"] <= last["x"]
        assert (graph["y"], graph["height"]) == (pytest.approx(first["y"], abs=1), 9 * 28)


def test_the_graph_follows_its_column_also_where_the_view_keeps_its_width(open_page: Open) -> None:
    page = open_page(page_of(story_tree()))
    page.evaluate("() => document.querySelector('.ts-bt-list').style.setProperty('--ts-graph', '120px')")
    expect(page.locator(".ts-bt-graph")).to_have_attribute("width", "120")


def test_lines_reach_as_far_as_their_runs_are_long(open_page: Open) -> None:
    page = open_page(page_of(BranchTree([run_of_ids("p" + "a" * 100), run_of_ids("q" + "b" * 25)])))
    ends = page.evaluate(
        """() => [...document.querySelector('.ts-bt-graph .base').getAttribute('d').matchAll(/H([\\d.]+)/g)]
          .map(found => Number(found[1]))"""
    )
    # the prompt takes 16 in front: a quarter of the tokens is half of the way
    assert (ends[1] - 16) / (ends[0] - 16) == pytest.approx(0.5, abs=0.01)


def test_the_keyboard_alone_walks_opens_marks_names_and_finds(open_page: Open) -> None:
    page = open_page(page_of(many_tree()))
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    second = page.evaluate("() => document.activeElement.dataset.run")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("End")
    page.keyboard.press("p")
    last = page.evaluate("() => document.activeElement.dataset.run")
    page.keyboard.press("F2")
    page.keyboard.type("the last one")
    page.keyboard.press("Enter")
    expect(row(page, last).locator(".name")).to_have_text("the last one")
    expect(row(page, last)).to_be_focused()
    assert trait(page, "selected") == second
    assert (trait(page, "marked"), trait(page, "pinned")) == ([second], [last])
    page.keyboard.press("/")
    page.keyboard.type("the last")
    expect(page.get_by_role("treeitem", name="the last one")).to_be_visible()
    assert page.get_by_role("treeitem").count() < 20
    page.keyboard.press("Escape")
    expect(page.get_by_role("treeitem")).to_have_count(60)


def test_the_row_in_focus_is_scrolled_to_inside_the_list_only(open_page: Open) -> None:
    page = open_page(page_of(many_tree()))
    page.set_viewport_size({"width": 1100, "height": 500})
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    page.keyboard.press("End")
    box, frame = page.locator(".ts-bt-row.current").bounding_box(), page.locator(".ts-bt-list").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["y"] + 26 <= box["y"]
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    assert page.evaluate("() => window.scrollY") == 0


def test_walking_the_rows_moves_nothing_else(open_page: Open) -> None:
    page = open_page(page_of(story_tree()))
    places = """() => ['.ts-bt-list', '.ts-side', '.ts-side .acts', '.ts-foot'].map(name => {
      const {x, y, width} = document.querySelector(name).getBoundingClientRect();
      return [x, y, width];
    })"""
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    before = page.evaluate(places)
    for key in ["ArrowDown"] * 8 + ["Space", "p"]:
        page.keyboard.press(key)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(places) == before


def test_marked_runs_are_compared_under_the_tree(open_page: Open) -> None:
    runs, verdicts = story()
    tree = BranchTree(runs, verdicts=verdicts, marked=["greedy", "max"])
    tree._on_compare()
    page = open_page(live_page(tree))
    beside = page.get_by_role("region", name="The two marked runs side by side")
    expect(beside.locator(".ts-column")).to_have_count(2)
    expect(beside.locator(".ts-fork-token").nth(1)).to_have_text("␣max")
    assert page.evaluate(OVERFLOW) == 0
    page.get_by_role("button", name="Close comparison").click()
    sent = page.evaluate("() => window.tokenscope.model.sent.at(-1)")
    assert (sent["action"], sent["arguments"]) == ("compare", {"close": True})


def test_runs_that_arrive_are_drawn_and_the_keyboard_stays(open_page: Open) -> None:
    tree = BranchTree(story()[0][:3])
    page = open_page(live_page(tree))
    row(page, "max").focus()
    for one in story()[0][3:]:
        tree.add(one)
    message = tree._message()
    message["buffers"] = [base64.b64encode(buffer).decode() for buffer in message["buffers"]]
    page.evaluate(
        """({buffers, ...rest}) => window.tokenscope.model.set('_tree', {...rest, buffers: buffers.map(
          text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer))})""",
        message,
    )
    expect(page.get_by_role("treeitem")).to_have_count(9)
    expect(row(page, "max")).to_be_focused()


def test_five_hundred_runs_answer_a_key_at_once(open_page: Open) -> None:
    runs = [run_of_ids("p" + chr(97 + i % 26) + chr(97 + i // 26) + "x" * (i % 40), run_id=str(i)) for i in range(500)]
    page = open_page(page_of(BranchTree(runs)))
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    took = page.evaluate(
        """async () => {
          const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          await frame();
          const began = performance.now();
          for (let i = 0; i < 10; i++) {
            document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
            await frame();
          }
          return (performance.now() - began) / 10;
        }"""
    )
    # two frames are 33 ms; the rest is slack for a busy machine
    assert took < 150


def test_a_narrow_page_puts_the_panel_under_the_tree(open_page: Open) -> None:
    page = sized(open_page(page_of(story_tree())), 420)
    listed, side = page.locator(".ts-bt-list").bounding_box(), page.locator(".ts-side").bounding_box()
    assert listed is not None
    assert side is not None
    assert side["y"] >= listed["y"] + listed["height"] - 1


def test_what_models_tests_and_people_wrote_is_never_markup(open_page: Open) -> None:
    hostile = "<img src=x onerror=window.ran=1>"
    first = run_of_ids("abc", pieces=[hostile.encode(), b"b", b"</script>"], run_id="first")
    branch = run_of_ids(
        "axd",
        pieces=[hostile.encode(), hostile.encode(), hostile.encode()],
        roles={1: Role.REPLACED},
        lineage=Lineage("first", 1, ord("b"), (ord("x"),)),
        run_id="branch",
    )
    verdict = {"status": "failed", "passed": 0, "total": 1, "message": hostile}
    tree = BranchTree([first, branch], labels={"first": hostile}, verdicts={"branch": verdict}, error=hostile)
    page = open_page(page_of(tree))
    row(page, "branch").click()
    expect(page.locator(".ts-side .message")).to_have_text(hostile)
    expect(row(page, "first").locator(".name")).to_have_text(hostile)
    expect(page.get_by_role("alert")).to_contain_text(hostile)
    assert page.evaluate("() => window.ran") is None
    assert page.locator(".ts-root :is(img, script)").count() == 0
