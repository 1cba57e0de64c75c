"""A browser that records what pages ask the network for, and what goes wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from its text; at the end no page may have met an error or asked the network."""
    contexts, troubles = [], []

    def open_(text: str, scheme: str = "light") -> Page:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append("a dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                request.url != file.as_uri()
                and not request.url.startswith("data:text/javascript")
                and troubles.append(request.url)
            ),
        )
        page.goto(file.as_uri())
        page.wait_for_function("() => window.tokenscope !== undefined")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []
