/** "Sample again from here": the button, why it cannot be pressed, and how far it is. */
import { aria, button, flag, h, on, say } from "../shared/dom";
import { round } from "../shared/math";

export interface AgainFacts {
  /** Where to go on from, or −1. */
  at: number;
  /** Why not, or null. */
  blocked: string | null;
  status: string;
  progress: number;
}

export class Again {
  readonly element: HTMLElement;
  readonly #button = button({ class: "go" });
  readonly #text = h("p", { class: "ts-hint", role: "status" });
  readonly #progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Sampling" }, h("i"));
  #working = false;

  constructor(start: () => void, cancel: () => void) {
    on(this.#button, "click", () => (this.#working ? cancel() : start()));
    this.element = h("div", { class: "ts-sm-again" }, this.#button, this.#progress, this.#text);
  }

  update({ at, blocked, status, progress }: AgainFacts): void {
    this.#working = status === "queued" || status === "computing";
    const percent = round(100 * progress);
    say(this.#button, this.#working ? "Cancel" : "Sample again from here");
    this.#button.disabled = !this.#working && blocked !== null;
    say(this.#text, status === "queued" ? "Waiting for the model …" : this.#working ? `Writing … ${percent} %` : (blocked ?? `What stands before token ${at} is kept; the token itself is drawn anew.`));
    flag(this.#progress, "on", this.#working);
    (this.#progress.firstElementChild as HTMLElement).style.width = `${percent}%`;
    aria(this.#progress, "valuenow", percent);
  }
}
