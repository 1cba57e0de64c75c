/** One line of fixed height: what is computed, what it would cost, or how to read the map; and what its marks mean. */
import { button, h, on, say, shown } from "../shared/dom";

export type Job =
  | { kind: "none"; hint: string }
  | { kind: "running"; label: string; progress: number }
  | { kind: "offer"; text: string; button: string };

export class JobLine {
  readonly element = h("div", { class: "ts-job" });
  readonly progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Computing", "aria-valuemin": 0, "aria-valuemax": 100 }, h("i"));
  readonly #text = h("span", { class: "ts-job-text", role: "status" });
  readonly #button = button({});
  #kind: Job["kind"] = "none";

  constructor(start: () => void, cancel: () => void) {
    on(this.#button, "click", () => (this.#kind === "running" ? cancel() : start()));
    const mark = (kind: string, label: string, help: string): HTMLElement => h("span", { title: help }, h("i", { class: kind, "aria-hidden": "true" }), label);
    const marks = h("span", { class: "ts-marks" }, mark("dot", "first choice is the token written", "A dot and bold letters: the layer's first choice is the token that was written"), mark("tick", "decided", "A line: from this layer on, the token that was written stays the first choice"));
    this.element.append(this.#text, this.#button, marks);
  }

  update(job: Job): void {
    this.#kind = job.kind;
    const share = job.kind === "running" ? Math.min(1, Math.max(0, job.progress)) : 0;
    const percent = Math.round(share * 100);
    say(this.#text, job.kind === "running" ? `${job.label || "computing"} … ${percent} %` : job.kind === "offer" ? job.text : job.hint);
    shown(this.#button, job.kind !== "none");
    say(this.#button, job.kind === "running" ? "Cancel" : job.kind === "offer" ? job.button : "");
    this.#button.classList.toggle("ts-go", job.kind === "offer");
    this.progress.classList.toggle("on", job.kind === "running");
    (this.progress.firstElementChild as HTMLElement).style.width = `${percent}%`;
    this.progress.setAttribute("aria-valuenow", String(percent));
    this.element.setAttribute("aria-busy", String(job.kind === "running"));
  }
}
