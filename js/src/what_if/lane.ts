/** The strip under the text that shows where the run was decided: a bar for each position that was asked about. */
import { button, flag, h, replaceChildren, say, shown } from "../shared/dom";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import { figureText, type Forks } from "./forks";

export class Lane {
  readonly element = h("div", { class: "ts-wi-lane", hidden: true });
  readonly #bars = h("div", { class: "ts-wi-bars" });
  readonly #label = h("span");
  readonly #select: (i: number) => void;
  #drawn: unknown[] = [];

  constructor(select: (i: number) => void) {
    this.#select = select;
    this.element.append(this.#bars, h("div", { class: "ts-strip-labels" }, this.#label));
  }

  update(run: Run, forks: Forks | null, selected: number): void {
    shown(this.element, !!forks);
    if (!forks) return;
    const key = [forks, run.length];
    if (key.some((part, i) => part !== this.#drawn[i])) this.#draw(run, forks);
    this.#drawn = key;
    for (const bar of this.#bars.querySelectorAll<HTMLElement>("button")) flag(bar, "sel", Number(bar.dataset.i) === selected);
  }

  #draw(run: Run, forks: Forks): void {
    const tests = forks.outcome === "tests";
    flag(this.element, "signed", tests);
    say(this.#label, tests ? "up, ▲: the token raised the chance of passing · down, ▼: lowered it · pale, unmarked: not certain" : "how much the choice of the token changes the program · ◆: certain · pale, unmarked: not certain");
    const bars = forks.points.map((point) => {
      const [value, low, high] = point.figure;
      const bar = button({ class: `ts-wi-bar ${value < 0 ? "down" : "up"}`, "data-i": point.at, tabindex: -1, title: `${labelText(run.tokenText(point.at))}: ${figureText(forks, point)}`, onclick: () => this.#select(point.at) }, h("i"));
      flag(bar, "certain", point.certain);
      bar.style.left = `${((point.at + 0.5) / run.length) * 100}%`;
      bar.style.setProperty("--size", String(Math.min(1, Math.abs(value))));
      bar.style.setProperty("--low", String(Math.min(Math.abs(low), Math.abs(high))));
      return bar;
    });
    replaceChildren(this.#bars, h("i", { class: "ts-wi-zero" }), ...bars);
  }
}
