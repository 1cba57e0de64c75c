/** One line of fixed height: what is computed, what it would cost, or how to read the picture; and what its marks mean. */
import { aria, button, flag, h, on, say, shown } from "./dom";
import { max, min, round } from "./math";
import { trait, type WidgetModel } from "./model";
import { clipped } from "./text";
import { computing } from "./waits";

export type Job =
  | { kind: "none"; hint: string }
  | { kind: "running"; label: string; progress: number }
  | { kind: "offer"; text: string; button: string };

/** What the kernel computes now, or null. */
export function runningJob(model: WidgetModel): Job | null {
  if (!computing(model)) return null;
  const label = model.get("status") === "queued" ? "waiting for the model" : trait(model, "_job", "");
  return { kind: "running", label, progress: trait(model, "progress", 0) };
}

export class JobLine {
  readonly element = h("div", { class: "ts-job" });
  readonly progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Computing" }, h("i"));
  readonly #text = h("span", { class: "ts-job-text", role: "status" });
  readonly #button = button({});
  #kind: Job["kind"] = "none";

  constructor(start: () => void, cancel: () => void, marks: HTMLElement) {
    on(this.#button, "click", () => (this.#kind === "running" ? cancel() : start()));
    this.element.append(this.#text, this.#button, marks);
  }

  update(job: Job): void {
    this.#kind = job.kind;
    const running = job.kind === "running";
    const percent = running ? round(min(1, max(0, job.progress)) * 100) : 0;
    const text = running ? `${job.label || "computing"} … ${percent} %` : job.kind === "offer" ? job.text : job.hint;
    say(this.#text, clipped(text));
    this.#text.title = text;
    shown(this.#button, job.kind !== "none");
    say(this.#button, running ? "Cancel" : job.kind === "offer" ? job.button : "");
    flag(this.#button, "ts-go", job.kind === "offer");
    flag(this.progress, "on", running);
    (this.progress.firstElementChild as HTMLElement).style.width = `${percent}%`;
    aria(this.progress, "valuenow", percent);
    aria(this.element, "busy", running);
  }
}
