/** Long work in slices, so that no frame waits for it. */

const BUDGET_MS = 8;

/** Run a generator for a few milliseconds per frame until it ends; returns how to stop. */
export function inFrames(work: Iterator<void>): () => void {
  let frame: number;
  const slice = (): void => {
    const end = performance.now() + BUDGET_MS;
    while (performance.now() < end) if (work.next().done) return;
    frame = requestAnimationFrame(slice);
  };
  // not at once: this frame has its own work
  frame = requestAnimationFrame(slice);
  return () => cancelAnimationFrame(frame);
}
