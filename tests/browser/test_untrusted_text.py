"""What a model or a user wrote is shown as text and never runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.pages import MODEL, live_page, run_of, stream
from tokenscope_widgets.export import page_of

HOSTILE = {
    "a script": (b"<script>window.ran=1</script>", "<script>window.ran=1</script>"),
    "an image": (b"<img src=x onerror=window.ran=1>", "<img src=x onerror=window.ran=1>"),
    "an end tag": (b"</script><b>x", "</script><b>x"),
    "a comment": (b"<!--<script>", "<!--<script>"),
    "a line separator": ("a\u2028b".encode(), "a⟨LS⟩b"),
    "an override": ("a\u202eb".encode(), "a⟨202E⟩b"),
    "a right-to-left mark": ("a\u200fb".encode(), "a⟨RLM⟩b"),
    "half a character": (b"\xed\xa0\x80", "\ufffd"),
    "a zero": (b"a\x00b", "a␀b"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tokens_and_prompts_appear_as_text_and_run_nothing(open_page: Open, name: str) -> None:
    piece, shown = HOSTILE[name]
    widget = stream(run_of([piece, b"+", piece, b"."], prompt_length=2), selected=2)
    page = open_page(page_of(widget))
    expect(page.locator('.ts-code [data-i="0"]').first).to_contain_text(shown)
    expect(page.locator('.ts-code [data-i="2"]').first).to_contain_text(shown)
    assert page.evaluate("() => window.ran") is None
    assert page.locator(".ts-root :is(script, img, b:not(.ts-summary b, .ts-error b))").count() == 0


def test_a_hostile_error_appears_as_text(open_page: Open) -> None:
    text = "<img src=x onerror=window.ran=1></script>"
    page = open_page(live_page(stream(run_of([b"a", b"b"]), error=text, _model=MODEL)))
    expect(page.get_by_role("alert")).to_contain_text(text)
    assert page.evaluate("() => window.ran") is None
