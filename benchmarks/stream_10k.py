"""The 95th-percentile frame while tokens stream into a run of 10,000, against an idle page."""

from __future__ import annotations

from _page import long_run, page_with, rows_of
from _paired import Row, report, row

TOKENS = 10_000
STREAMED = 60

FRAMES = """async ([messages, everyMs]) => {
  const { model } = window.tokenscope;
  const frames = []; let last = performance.now(); let going = true;
  const tick = (now) => { frames.push(now - last); last = now; if (going) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  if (messages) for (const { message, buffers } of messages) {
    model.receive(message, buffers);
    await new Promise(done => setTimeout(done, everyMs));
  } else await new Promise(done => setTimeout(done, 60 * everyMs));
  going = false;
  frames.sort((a, b) => a - b);
  return frames[Math.floor(frames.length * 0.95)];
}"""


def measure_stream() -> Row:
    """The row of ``stream_10k``; tokens come 22 times a second, as the kernel sends them."""
    whole = long_run(TOKENS, "running")
    begun = long_run(TOKENS - STREAMED, "running")
    messages = rows_of(whole, TOKENS - STREAMED)
    with page_with(begun, live=True) as page:
        page.wait_for_timeout(1500)
        idle = page.evaluate(FRAMES, [None, 45])
        busy = page.evaluate(FRAMES, [messages, 45])
        drawn = page.evaluate("new Set([...document.querySelectorAll('.ts-code .t')].map(t => t.dataset.i)).size")
        assert drawn == TOKENS, drawn
    return row("stream_10k", busy / idle, "ratio", 2, 1, f"95th percentile: {busy:.1f} ms, idle {idle:.1f} ms")


if __name__ == "__main__":
    report(measure_stream())
