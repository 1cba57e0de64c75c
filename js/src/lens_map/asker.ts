/** Asks the kernel for the columns in sight, once the reader has settled, and says what there is to wait for. */
import type { Link } from "../shared/link";
import { trait, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import { runningJob, type Job } from "../shared/job";
import type { Wait } from "../shared/waits";
import { costStatement } from "./statements";
import type { LensStore } from "./store";

/** Scrolling along must not start a computation at every step. */
const SETTLE_MS = 200;

export interface Capabilities {
  layers?: number[];
  /** Columns of a window. */
  size?: number;
  model?: string;
  live?: boolean;
}

export interface Answer {
  job: Job;
  /** Why columns in sight are empty; "" where none is. */
  reason: string;
}

export interface Asker {
  /** What is known of some columns; what is not is asked for. */
  answer(run: Run, columns: [number, number]): Answer;
  /** The button of an offer: compute it all the same. */
  start(): void;
  dispose(): void;
}

const HINT = "Layers run down; the last one stands above the token that was written.";

export function askerOf(link: Link, model: WidgetModel, store: LensStore): Asker {
  let settling: ReturnType<typeof setTimeout> | undefined;
  let asked: { run: string; range: [number, number] } | null = null;

  return { answer, start, dispose: () => clearTimeout(settling) };

  function answer(run: Run, columns: [number, number]): Answer {
    const { size = 1, live } = trait<Capabilities>(model, "_capabilities", {});
    const range = store.missing(run.id, columns, size, run.length);
    if (range?.[0] !== asked?.range[0] || run.id !== asked?.run) {
      store.forgetEnded();
      clearTimeout(settling);
      asked = range && { run: run.id, range };
      if (range && live && !run.running && blockedBy() === null) settling = setTimeout(() => store.ask(run.id, range), SETTLE_MS);
    } else if (asked && range) asked.range = range;
    const wait = range ? store.wait(run.id, range) : undefined;
    const reason = range ? reasonOf(run, wait, live) : "";
    return { job: runningJob(model) ?? jobOf(wait, reason), reason };
  }

  function blockedBy(): string | null {
    if (link.presence.value === "static") return "Not computed before this page was saved.";
    return link.presence.value === "gone" ? "The kernel is gone." : null;
  }

  function start(): void {
    if (asked) store.ask(asked.run, asked.range, "compute");
  }

  function jobOf(wait: Wait | undefined, reason: string): Job {
    if (wait?.state === "offer") return { kind: "offer", text: costStatement(wait.seconds, wait.text), button: "Start" };
    if (wait?.state === "stopped") return { kind: "offer", text: "Stopped before it was done.", button: "Go on" };
    if (wait?.state === "failed") return { kind: "offer", text: wait.error, button: "Try again" };
    return { kind: "none", hint: reason || HINT };
  }

  function reasonOf(run: Run, wait: Wait | undefined, live: boolean | undefined): string {
    if (run.running) return "The text is still being written. Its layers can be read once it is done.";
    const blocked = blockedBy();
    if (blocked) return blocked;
    if (runningJob(model)) return "Reading the layers …";
    if (live === false) return "No model is behind this map: pass session=… to LensMap.";
    if (wait?.state === "offer") return "Not computed yet: it takes a while. Press Start above.";
    return wait?.state === "stopped" || wait?.state === "failed" ? "Not computed." : "Reading the layers …";
  }
}
