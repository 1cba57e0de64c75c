"""Pictures of every state of the views, to look through: `make gallery`, then see build/gallery."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

import tokenscope_widgets as ts
from tests.pages import (
    ARGUMENTS,
    CHROMIUM,
    MODEL,
    fibonacci,
    fibonacci_branches,
    first_rows,
    live_page,
    stream,
    tiled,
)

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "build" / "gallery"
WIDTHS = (420, 1100)
SCHEMES = ("light", "dark")

# what a visitor does before the picture is taken
Act = Callable[[Page], None]


def states() -> dict[str, tuple[str, Act | None]]:
    """Pages by name, and what is done on them."""
    run, branches = fibonacci(), fibonacci_branches()
    at = branches[0].lineage.at
    prompt = run.text[: run.text.index("    if")]
    half = first_rows(run, len(run) // 2)
    error = "prompt: 9,000 tokens do not fit the model's context of 8,192. Shorten the prompt."
    widgets: dict[str, tuple[Any, Act | None]] = {
        "token_stream-empty": (stream(), None),
        "token_stream-loading": (stream(prompt=prompt, status="queued"), None),
        "token_stream-streaming": (stream(half, status="generating"), None),
        "token_stream-done": (stream(run), None),
        "token_stream-selected": (stream(run, selected=at), None),
        "token_stream-branches": (stream(run, branches, selected=at), None),
        "token_stream-settings": (stream(run), open_settings),
        "token_stream-error": (stream(run, status="error", error=error), None),
        "token_stream-3000": (stream(tiled(run, 3000)), None),
        "compare-compare": (ts.Compare([run, *branches[:2]], selected=None), None),
    }
    for name, (widget, _) in widgets.items():
        if name.startswith("token_stream"):
            widget._model = MODEL
    return {name: (live_page(widget), act) for name, (widget, act) in widgets.items()}


def open_settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()


def shoot(
    browser: Browser, page_file: Path, act: Act | None, target: Path, scheme: str, width: int, scale: float
) -> None:
    """One picture of one page."""
    height = 900 if width > 600 else 800
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=scale
    )
    try:
        page = context.new_page()
        page.goto(page_file.as_uri())
        page.wait_for_selector(".ts-root")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if act is not None:
            act(page)
        page.screenshot(path=target, full_page=True, animations="disabled")
    finally:
        context.close()


def main() -> None:
    """Take all pictures, and the one in the README."""
    began, taken = time.perf_counter(), 0
    GALLERY.mkdir(parents=True, exist_ok=True)
    for old in GALLERY.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (text, act) in states().items():
            file = Path(scratch) / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            for scheme in SCHEMES:
                for width in WIDTHS:
                    shoot(browser, file, act, GALLERY / f"{name}-{scheme}-{width}.png", scheme, width, 1)
                    taken += 1
            if name == "token_stream-branches":
                shoot(browser, file, act, ROOT / "docs" / "token_stream.png", "light", 1100, 1.5)
        browser.close()
    print(f"{taken} pictures in {GALLERY} ({time.perf_counter() - began:.0f} s)")


if __name__ == "__main__":
    main()
