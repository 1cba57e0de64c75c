"""A saved token stream can be explored; a live one talks to its kernel."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.pages import MODEL, fibonacci, fibonacci_branches, first_rows, live_page, stream
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets._feed import RunFeed


def sent(page: Page, action: str) -> list[dict[str, Any]]:
    every = page.evaluate("() => window.tokenscope.model.sent")
    return [request for request in every if request["action"] == action]


def receive(page: Page, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
    coded = [{"base64": base64.b64encode(b).decode()} for b in buffers or []]
    page.evaluate("([m, b]) => window.tokenscope.model.receive(m, b)", [message, coded])


def answer_hello(page: Page) -> None:
    for request in sent(page, "hello"):
        receive(page, {"kind": "reply", "request": request["request"], "ok": True, "result": None})


def rows_from(run: Any, start: int) -> list[tuple[dict[str, Any], list[bytes]]]:
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    feed = RunFeed(lambda message, buffers: messages.append((message, buffers)))
    feed.put(run)
    messages.clear()
    feed.send_from(run.run_id, start)
    return messages


def token(page: Page, i: int) -> Any:
    return page.locator(f'.ts-code [data-i="{i}"]').first


def test_a_saved_file_shows_a_clicked_tokens_alternatives_and_the_branches(open_page: Open, tmp_path: Any) -> None:
    widget = stream(fibonacci(), fibonacci_branches())
    page = open_page(widget.to_html(tmp_path / "saved.html").read_text())
    token(page, 43).click()
    expect(page.locator(".ts-alternatives .ts-bar:not(.tail)")).not_to_have_count(0)
    expect(page.locator(".ts-token-head")).to_contain_text("position 43 · id 253")
    expect(page.locator(".ts-branches [data-column]")).to_have_count(4)


def test_arrows_move_enter_goes_to_the_alternatives_and_escape_back(open_page: Open) -> None:
    widget = stream(fibonacci(), fibonacci_branches())
    page = open_page(page_of(widget))
    token(page, 43).click()
    page.keyboard.press("ArrowLeft")
    expect(token(page, 42)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("() => !!document.activeElement.closest('.ts-alternatives')")
    page.keyboard.press("Escape")
    expect(token(page, 43)).to_be_focused()


def test_a_saved_page_says_that_there_is_no_kernel(open_page: Open) -> None:
    page = open_page(page_of(stream(fibonacci())))
    expect(page.get_by_role("status")).to_contain_text("there is no kernel behind it")
    expect(page.get_by_role("button", name="Generate")).to_be_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_follows_the_systems_colours(open_page: Open, scheme: str) -> None:
    page = open_page(page_of(stream(fibonacci())), scheme)
    expect(page.locator(".ts-root")).to_have_attribute("data-theme", scheme)


def test_rows_that_arrive_appear(open_page: Open) -> None:
    run = fibonacci()
    page = open_page(live_page(stream(first_rows(run, 30), status="generating", _model=MODEL)))
    expect(page.locator(".ts-code [data-i='30']")).to_have_count(0)
    for message, buffers in rows_from(run, 30):
        receive(page, message, buffers)
    expect(token(page, len(run) - 1)).to_be_attached()
    assert page.locator(".ts-code").inner_text().count("return a") == 1


def test_a_hole_between_rows_makes_the_view_ask_for_what_it_lacks(open_page: Open) -> None:
    run = fibonacci()
    page = open_page(live_page(stream(first_rows(run, 30), _model=MODEL)))
    answer_hello(page)
    page.evaluate("() => new Promise(done => setTimeout(done, 0))")
    before = len(sent(page, "hello"))
    for message, buffers in rows_from(run, 40):
        receive(page, message, buffers)
    hellos = sent(page, "hello")
    assert len(hellos) == before + 1
    assert hellos[-1]["arguments"] == {"have": {run.run_id: 30}}


def test_a_refused_request_shows_its_error(open_page: Open) -> None:
    page = open_page(live_page(stream(fibonacci(), _model=MODEL)))
    page.get_by_role("button", name="Generate").click()
    (request,) = sent(page, "generate")
    receive(page, {"kind": "reply", "request": request["request"], "ok": False, "error": "prompt: too long."})
    expect(page.get_by_role("alert")).to_contain_text("prompt: too long.")


def test_stop_sends_one_request(open_page: Open) -> None:
    page = open_page(live_page(stream(first_rows(fibonacci(), 30), status="generating", _model=MODEL)))
    page.get_by_role("button", name=re.compile("^Stop$")).click()
    assert len(sent(page, "stop")) == 1
    assert sent(page, "generate") == []
