"""Laying out and painting 10,000 tokens in blocks, against the same tokens as one flat parent."""

from __future__ import annotations

import statistics

from _page import long_run, page_with
from _paired import Row, report, row

REPEATS = 7

PAINT = """async () => {
  const code = document.querySelector('.ts-code');
  const host = document.createElement('div');
  host.className = 'ts-root ts-token-stream';
  document.body.append(host);
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const blocks = () => code.cloneNode(true);
  const flat = () => {
    const parent = document.createElement('div');
    parent.className = 'ts-code';
    parent.style.whiteSpace = 'pre-wrap';
    for (const span of code.querySelectorAll('.t')) {
      const copy = span.cloneNode(true);
      if (copy.classList.contains('nl')) copy.append('\\n');
      parent.append(copy);
    }
    return parent;
  };
  const time = async (made) => {
    await frame();
    const start = performance.now();
    host.append(made);
    made.getBoundingClientRect();
    await frame();
    const took = performance.now() - start;
    made.remove();
    return took;
  };
  await time(blocks()); await time(flat());
  const ratios = [], ours = [];
  for (let i = 0; i < REPEATS; i++) {
    const a = await time(blocks()), b = await time(flat());
    ratios.push(a / b); ours.push(a);
  }
  return {ratios, ours};
}"""


def measure_paint() -> Row:
    """The row of ``paint_10k``: wall time from attaching to the frame after it."""
    with page_with(long_run(10_000)) as page:
        found = page.evaluate(PAINT.replace("REPEATS", str(REPEATS)))
    note = f"wall time until painted, {statistics.median(found['ours']):.0f} ms in blocks"
    return row("paint_10k", statistics.median(found["ratios"]), "ratio", 0.5, REPEATS, note)


if __name__ == "__main__":
    report(measure_paint())
