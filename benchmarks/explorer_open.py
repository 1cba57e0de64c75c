"""Opening the workbench on a run of 1,000 tokens, against opening a token stream on it."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from _page import long_run
from _paired import Row, report, row

from tokenscope_widgets.export import _plain, page_of
from tokenscope_widgets.widgets.explorer import Explorer
from tokenscope_widgets.widgets.token_stream import TokenStream

TOKENS, REPEATS = 1000, 15

# each time from nothing: the code is read, a model made, the view drawn and painted; the two take turns in going first
OPEN = """async ({stream, explorer, repeats}) => {
  const StaticModel = window.tokenscope.model.constructor;
  const place = document.getElementById('view');
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  let count = 0;
  const timed = async ({state, code}) => {
    const url = 'data:text/javascript;base64,' + btoa(unescape(encodeURIComponent(code + '\\n//' + count++)));
    const el = document.createElement('div');
    place.append(el);
    for (let j = 0; j < 5; j++) await frame();
    const began = performance.now();
    const widget = (await import(url)).default();
    const model = new StaticModel(state);
    const ends = [widget.initialize({model})];
    ends.push(widget.render({model, el}));
    await frame();
    const took = performance.now() - began;
    const drawn = el.querySelectorAll('.ts-code [data-i]').length;
    for (const end of ends.reverse()) end();
    el.remove();
    return [took, drawn];
  };
  const ratios = [], ours = [], others = [];
  let drawn = 0;
  for (let i = 0; i <= repeats; i++) {
    const first = await timed(i % 2 ? explorer : stream), second = await timed(i % 2 ? stream : explorer);
    const [mine, other] = i % 2 ? [first, second] : [second, first];
    if (i) { ratios.push(mine[0] / other[0]); ours.push(mine[0]); others.push(other[0]); }
    drawn = Math.min(mine[1], other[1]);
  }
  return {ratios, ours, others, drawn};
}"""


def opened(widget: TokenStream) -> dict[str, Any]:
    """What a page opens a widget with."""
    state = {name: _plain(value) for name, value in widget.get_state().items() if name not in ("layout", "_css")}
    return {"code": state.pop("_esm"), "state": {**state, "_static": True}}


def measure_opening() -> Row:
    """The row of ``explorer_open``: wall time from the bundle's code to the frame that shows the text."""
    from playwright.sync_api import sync_playwright

    run = long_run(TOKENS)
    stream, explorer = TokenStream(run), Explorer(run, until="run")
    explorer.wait()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(page_of(explorer), encoding="utf-8")
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
        page.goto(path.as_uri())
        page.wait_for_selector(".ts-code .t", state="attached")
        page.evaluate("() => document.getElementById('view').replaceChildren()")
        both = {"stream": opened(stream), "explorer": opened(explorer), "repeats": REPEATS}
        found = page.evaluate(OPEN, both)
        browser.close()
    if found["drawn"] < TOKENS:
        raise RuntimeError(f"{found['drawn']} of {TOKENS} tokens were drawn")
    note = (
        f"wall time until painted, median {statistics.median(found['ours']):.0f} ms; the stream alone "
        f"{statistics.median(found['others']):.0f} ms; range {min(found['ratios']):.2g}–{max(found['ratios']):.2g}"
    )
    return row("explorer_open", statistics.median(found["ratios"]), "ratio", 1.5, REPEATS, note)


if __name__ == "__main__":
    report(measure_opening())
