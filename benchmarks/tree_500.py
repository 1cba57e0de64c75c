"""Laying out and drawing a tree of 500 branches, against frames in which nothing happens."""

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

from tokenscope_widgets.analysis.records import Generation, Lineage
from tokenscope_widgets.export import page_of
from tokenscope_widgets.widgets.branch_tree import BranchTree

RUNS, TOKENS = 500, 200
REPEATS = 9

# each time from nothing: a tree arrives, and its rows and its graph are made and painted
DRAW = """async ({columns, buffers, ...rest}) => {
  const {model} = window.tokenscope;
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const none = model.get('_tree');
  const bytes = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const whole = {...rest, columns, buffers: buffers.map(bytes)};
  const timed = async (tree) => {
    const began = performance.now();
    if (tree) model.set('_tree', {...tree});
    await frame();
    return performance.now() - began;
  };
  const ratios = [], ours = [], idles = [];
  let rows = 0;
  for (let i = 0; i <= REPEATS; i++) {
    for (let j = 0; j < 10; j++) await frame();
    const idle = await timed(null);
    const took = await timed(whole);
    rows = document.querySelectorAll('[role=treeitem]').length;
    if (i) { ratios.push(took / idle); ours.push(took); idles.push(idle); }
    await timed(none);
  }
  return {ratios, ours, idles, rows};
}"""


def branches() -> list[Generation]:
    """Runs that each leave one before them at a random written token, and end somewhere after it."""
    rng = np.random.default_rng(0)
    base = replace(long_run(TOKENS), run_id="0")
    found = [base]
    for i in range(1, RUNS):
        parent = found[rng.integers(max(0, i - 40), i)]
        at = int(rng.integers(base.prompt_length, len(parent) - 1))
        stop = int(rng.integers(at + 1, TOKENS)) + 1
        ids = np.concatenate([parent.token_ids[:at], 1000 * i + np.arange(stop - at)])
        lineage = Lineage(parent.run_id, at, int(parent.token_ids[at]), (1000 * i,))
        found.append(replace(base, tokens=replace(base.tokens[:stop], token_ids=ids), run_id=str(i), lineage=lineage))
    return found


def message() -> dict[str, Any]:
    """What the kernel sends for the tree, buffers in base64."""
    made = BranchTree(branches())._message()
    return {**made, "buffers": [base64.b64encode(buffer).decode() for buffer in made["buffers"]]}


def measure_tree() -> Row:
    """The row of ``tree_500``: wall time from the arrival of the tree to the frame that shows it."""
    from playwright.sync_api import sync_playwright

    html = page_of(BranchTree())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
        page.goto(path.as_uri())
        page.wait_for_selector(".ts-branch-tree")
        found = page.evaluate(DRAW.replace("REPEATS", str(REPEATS)), message())
        browser.close()
    if found["rows"] != RUNS:
        raise RuntimeError(f"{found['rows']} of {RUNS} rows were drawn")
    note = (
        f"wall time until painted, median {statistics.median(found['ours']):.0f} ms; "
        f"median idle frame {statistics.median(found['idles']):.1f} ms; "
        f"range {min(found['ratios']):.2g}–{max(found['ratios']):.2g}"
    )
    return row("tree_500", statistics.median(found["ratios"]), "ratio", 10, REPEATS, note)


if __name__ == "__main__":
    report(measure_tree())
