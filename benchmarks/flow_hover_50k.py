"""Hovering over the tokens of a map with 50,000 edges, against frames in which nothing happens."""

from __future__ import annotations

import base64
import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _page import long_run
from _paired import Row, report, row

from tokenscope_widgets import export
from tokenscope_widgets.widgets._columns import ColumnWriter
from tokenscope_widgets.widgets._feed import RunFeed

TOKENS, EDGES = 512, 50_000
REPEATS = 5
FIRST_DRAWS = 5
STATIC = Path(export.__file__).parent / "static"

# frames are timed from one to the next; a hover is a real pointer event on the next token
HOVER = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const tokens = [...document.querySelectorAll('.ts-code .t')].filter(span => span.getBoundingClientRect().top < 600);
  const over = span => span.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
  const time = async (frames, each) => {
    const took = [];
    let last = await frame();
    for (let i = 0; i < frames; i++) {
      each(i);
      const now = await frame();
      took.push(now - last);
      last = now;
    }
    return took.sort((a, b) => a - b)[frames >> 1];
  };
  const ratios = [], work = [];
  for (let r = 0; r < REPEATS; r++) {
    const idle = await time(60, () => {});
    const hover = await time(60, i => over(tokens[(r * 61 + i * 7) % tokens.length]));
    ratios.push(hover / idle);
    work.push(idle);
  }
  return {ratios, idle: work.sort((a, b) => a - b)[REPEATS >> 1]};
}"""

# watched from the moment the map arrives until the overview stands
FIRST_DRAW = """async message => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const {buffers, ...rest} = message;
  for (let i = 0; i < 20; i++) await frame();
  window.longest = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => window.longest = Math.max(window.longest, e.duration)))
    .observe({type: 'longtask'});
  const channel = new MessageChannel();
  let last = performance.now();
  let going = true;
  channel.port1.onmessage = () => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
    if (going) channel.port2.postMessage(0);
  };
  channel.port2.postMessage(0);
  window.tokenscope.model.receive(rest, buffers);
  for (let i = 0; i < 90; i++) await frame();
  going = false;
  const canvas = document.querySelector('.ts-arcs');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some(value => value > 0);
}"""


def synthetic_map(run_id: str) -> dict[str, Any]:
    """``EDGES`` edges, spread over the tokens as attention's strongest would be."""
    rng = np.random.default_rng(0)
    counts = np.minimum(np.arange(1, TOKENS + 1), 112)
    while counts.sum() > EDGES:
        counts[np.argmax(counts)] -= 1
    far, weight = [], []
    for near, count in enumerate(counts):
        far.append(rng.choice(near + 1, count, replace=False))
        weight.append(np.sort(rng.pareto(1.5, count))[::-1] / 100)
    writer = ColumnWriter()
    writer.numbers("near_start", "u32", np.concatenate([[0], np.cumsum(counts)]))
    writer.numbers("far", "u32", np.concatenate(far))
    writer.numbers("weight", "f32", np.concatenate(weight))
    writer.numbers("mass", "f32", [w.sum() for w in weight])
    writer.numbers("sources", "u32", counts)
    edges = int(counts.sum())
    described = {
        "title": "synthetic",
        "quantity": "share",
        "signed": False,
        "direction": "read",
        "unit": "token",
        "at": None,
        "targets": None,
        "edges_total": edges,
        "edges_kept": edges,
        "mass_kept": 1.0,
        "scale": 0.1,
        "notes": [],
        "partial": False,
    }
    buffers = [{"base64": base64.b64encode(buffer).decode()} for buffer in writer.buffers]
    key = "attention|mean|mean|read|token|nosink"
    return {"kind": "flow", "run": run_id, "key": key, "map": described, "columns": writer.columns, "buffers": buffers}


def page_text() -> tuple[str, dict[str, Any]]:
    """A live page without a map, and the message that brings it."""
    run = replace(long_run(TOKENS), run_id="synthetic")
    feed = RunFeed(lambda message, buffers: None)
    feed.put(run)
    state = {
        "_static": False,
        "_columns": [run.run_id],
        "_snapshot": export._plain(feed.snapshot()),
        "_capabilities": {"layers": [0], "heads": [0], "live": True},
        "threshold": 0.02,
    }
    style = (STATIC / "flow.css").read_text(encoding="utf-8")
    view = (STATIC / "flow.js").read_text(encoding="utf-8")
    script = (STATIC / "page.js").read_text(encoding="utf-8").replace("</", "<\\/")
    saved = export._script_json({"state": state, "view": view})
    text = export._TEMPLATE.format(title="Flow", policy=export._POLICY, style=style, state=saved, script=script)
    return text, synthetic_map(run.run_id)


def measure_hover() -> Row:
    """The row of ``flow_hover_50k``."""
    from playwright.sync_api import sync_playwright

    text, message = page_text()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(text, encoding="utf-8")
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        firsts = []
        for _ in range(FIRST_DRAWS):
            page.goto(path.as_uri())
            page.wait_for_selector(".ts-code .t", state="attached")
            if not page.evaluate(FIRST_DRAW, message):
                raise RuntimeError("the overview was not drawn")
            firsts.append(page.evaluate("() => window.longest"))
        found = page.evaluate(HOVER.replace("REPEATS", str(REPEATS)))
        browser.close()
    edges = message["map"]["edges_total"]
    blocked = statistics.median(firsts)
    verdict = "≤" if blocked <= 50 else "MORE THAN"
    note = (
        f"{edges:,} edges; median idle frame {found['idle']:.1f} ms; longest blocked frame at the first draw, "
        f"median of {FIRST_DRAWS}: {blocked:.0f} ms ({verdict} 50; {min(firsts):.0f}–{max(firsts):.0f})"
    )
    return row("flow_hover_50k", statistics.median(found["ratios"]), "ratio", 2, REPEATS, note)


if __name__ == "__main__":
    report(measure_hover())
