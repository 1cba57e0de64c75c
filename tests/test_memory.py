"""Neither the process nor the page grows with the number of generations and views."""

from __future__ import annotations

import base64
import gc
import os
from pathlib import Path

from playwright.sync_api import Browser

import tokenscope_widgets as ts
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets._feed import RunFeed

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


def test_two_hundred_generations_in_one_explorer_do_not_grow_the_process(tiny_session: ts.Session) -> None:
    explorer = ts.Explorer(session=tiny_session, panels=["cause", "structure", "sampler"], max_new_tokens=40)
    explorer.settings = {**explorer.settings, "do_sample": True, "eos_token_ids": ()}

    def one(seed: int) -> None:
        explorer.generate("def f(x):", seed=seed)
        explorer.wait()

    for seed in range(60):
        one(seed)
    before = resident_bytes()
    for seed in range(60, 260):
        one(seed)
    grown = resident_bytes() - before
    explorer.close()
    assert grown < 24 * MEGABYTE


def test_twenty_explorers_opened_and_closed_let_go_of_their_runs(tiny_session: ts.Session) -> None:
    def round_of_twenty() -> None:
        runs = [tiny_session.generate("def f(x):", max_new_tokens=40, eos_token_ids=()) for _ in range(20)]
        widgets = [ts.Explorer(run, until="run", panels=["cause", "structure", "tree", "sampler"]) for run in runs]
        for widget in widgets:
            widget.wait()
            widget.alternatives(-5, 2)
            widget.wait()
        for widget in widgets:
            widget.close()

    round_of_twenty()
    before = resident_bytes()
    round_of_twenty()
    assert resident_bytes() - before < 16 * MEGABYTE
    gc.collect()
    assert tiny_session.runs == []


GENERATE = """async ({ rounds, messages }) => {
  const { model } = window.tokenscope;
  const settle = async () => {
    for (let i = 0; i < 3; i++) { gc(); await new Promise(r => setTimeout(r, 100)); }
    return performance.memory.usedJSHeapSize;
  };
  let number = 0;
  const generation = async () => {
    const run = `run-${number++}`;
    for (const { message, buffers } of messages) model.receive({ ...message, run }, buffers);
    model.set('_columns', [run]);
    model.sent.length = 0;
    await new Promise(requestAnimationFrame);
  };
  for (let i = 0; i < 40; i++) await generation();
  const before = await settle();
  for (let i = 0; i < rounds; i++) await generation();
  return { grown: await settle() - before, shown: document.querySelectorAll('.ts-code [data-i]').length };
}"""


def test_two_hundred_generations_in_one_explorer_do_not_grow_the_page(chromium: Browser, tmp_path: Path) -> None:
    run = ts.load(RUNS / "fibonacci.tsw")
    explorer = ts.Explorer(run, until="run")
    explorer.wait()
    html = page_of(explorer).replace('{"state": {', '{"state": {"_static": false, ', 1)
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    messages: list[dict[str, object]] = []
    feed = RunFeed(
        lambda message, buffers: messages.append(
            {"message": message, "buffers": [{"base64": base64.b64encode(one).decode()} for one in buffers]}
        )
    )
    feed.put(run)
    page = chromium.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".ts-code .t")
    found = page.evaluate(GENERATE, {"rounds": 200, "messages": messages})
    page.close()
    assert found["shown"] >= len(run)
    assert found["grown"] < 4 * MEGABYTE
