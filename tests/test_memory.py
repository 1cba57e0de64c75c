"""Neither the process nor the page grows with the number of generations and views."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from playwright.sync_api import Browser

import tokenscope_widgets as ts

MEGABYTE = 2**20
RUNS = Path(__file__).parent / "fixtures" / "runs"


def resident_bytes() -> int:
    gc.collect()
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def test_two_thousand_generations_with_a_widget_each_do_not_grow_the_process(tiny_session: ts.Session) -> None:
    def one(seed: int) -> None:
        run = tiny_session.generate("def f(x):", max_new_tokens=3, do_sample=True, seed=seed)
        ts.TokenStream(run).close()

    for seed in range(300):
        one(seed)
    before = resident_bytes()
    for seed in range(300, 2000):
        one(seed)
    assert resident_bytes() - before < 24 * MEGABYTE


def test_two_hundred_views_opened_and_closed_leave_nothing_in_the_page(chromium: Browser, tmp_path: Path) -> None:
    page_file = ts.TokenStream(ts.load(RUNS / "fibonacci.tsw")).to_html(tmp_path / "page.html")
    page = chromium.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector(".ts-code .t")
    found = page.evaluate(
        """async () => {
          const { model, widget } = window.tokenscope;
          const listeners = model.listenerCount;
          const settle = async () => {
            for (let i = 0; i < 3; i++) { gc(); await new Promise(r => setTimeout(r, 100)); }
            return performance.memory.usedJSHeapSize;
          };
          const cycle = async () => {
            const el = document.createElement('div');
            document.body.append(el);
            const close = widget.render({ model, el });
            await new Promise(requestAnimationFrame);
            close(); el.remove();
          };
          for (let i = 0; i < 40; i++) await cycle();
          const before = await settle();
          for (let i = 0; i < 200; i++) await cycle();
          const grown = await settle() - before;
          return { grown, before, listeners: model.listenerCount - listeners };
        }"""
    )
    page.close()
    assert found["listeners"] == 0
    assert found["grown"] < 2 * MEGABYTE
