/** One line of fixed height: what is computed, what it would cost, or how to read the arcs. */
import { aria, button, type Child, flag, h, on, replaceChildren, say, shown } from "../shared/dom";
import { max, min, round } from "../shared/math";
import { clipped } from "../shared/text";

export type Job =
  | { kind: "none"; hint: string }
  | { kind: "running"; label: string; progress: number }
  | { kind: "offer"; text: string; button: string };

export class JobLine {
  readonly element = h("div", { class: "ts-job" });
  readonly progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Computing", "aria-valuemin": 0, "aria-valuemax": 100 }, h("i"));
  readonly #text = h("span", { class: "ts-job-text", role: "status" });
  readonly #button = button({});
  readonly #legend = h("span", { class: "ts-legend" });
  #kind: Job["kind"] = "none";

  constructor(start: () => void, cancel: () => void) {
    on(this.#button, "click", () => (this.#kind === "running" ? cancel() : start()));
    this.element.append(this.#text, this.#button, this.#legend);
  }

  update(job: Job, signed: boolean): void {
    this.#kind = job.kind;
    const share = job.kind === "running" ? min(1, max(0, job.progress)) : 0;
    const text = job.kind === "running" ? `${job.label || "computing"} … ${round(share * 100)} %` : job.kind === "offer" ? job.text : job.hint;
    say(this.#text, clipped(text));
    this.#text.title = text;
    shown(this.#button, job.kind !== "none");
    say(this.#button, job.kind === "running" ? "Cancel" : job.kind === "offer" ? job.button : "");
    flag(this.#button, "ts-go", job.kind === "offer");
    flag(this.progress, "on", job.kind === "running");
    (this.progress.firstElementChild as HTMLElement).style.width = `${share * 100}%`;
    aria(this.progress, "valuenow", round(share * 100));
    aria(this.element, "busy", job.kind === "running");
    flag(this.#legend, "signed", signed);
    const sample = (kind: string, label: string): Child => h("span", {}, h("i", { class: kind, "aria-hidden": "true" }), label);
    if (this.#legend.childElementCount !== (signed ? 2 : 1)) replaceChildren(this.#legend, ...(signed ? [sample("plus", "+ speaks for it"), sample("minus", "− against it")] : [sample("plus", "thicker: more")]));
  }
}
