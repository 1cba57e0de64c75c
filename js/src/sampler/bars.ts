/** The alternatives of a position: p at temperature 1 as an outline, p under the settings filled, what is not known hatched. */
import { aria, flag, h, replaceChildren, say } from "../shared/dom";
import { percent } from "../shared/metrics";
import type { Bounds, Reweighted } from "../shared/reweighting";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import type { Reading } from "./reading";
import { fateWords, outText, shareText } from "./words";

interface Row {
  element: HTMLElement;
  was: HTMLElement;
  low: HTMLElement;
  gap: HTMLElement;
  share: HTMLElement;
}

export class Bars {
  readonly element = h("div", { class: "ts-sm-bars" });
  readonly #list = h("div", { class: "rows", role: "list", "aria-label": "Stored alternatives" });
  #rows: Row[] = [];
  #shownFor = "";

  constructor() {
    const sign = (name: string, text: string): HTMLElement => h("span", {}, h("span", { class: "track" }, h("i", { class: name })), text);
    this.element.append(h("div", { class: "key", "aria-hidden": "true" }, sign("was", "at temperature 1"), sign("low", "these settings"), sign("gap", "in between")), this.#list);
  }

  /** Rows are made once for a position and then only changed: nothing moves while a slider does. */
  update(reading: Reading, i: number, found: Reweighted): void {
    const { run } = reading;
    const ids = reading.idsAt(i)!;
    const extra = ids.includes(run.ids[i]) ? [] : [run.ids[i]];
    const key = [run.id, i].join();
    if (key !== this.#shownFor) this.#build(run, i, [...ids, ...extra]);
    this.#shownFor = key;
    const was = new Map(run.model.top(i));
    ids.forEach((id, k) => this.#set(k, run, id, was.get(id)!, [found.low[k], found.high[k], found.removed[k]]));
    if (extra.length) {
      const { logprob, rank } = run.model.scalars;
      this.#set(ids.length, run, extra[0], run.probability(i), found.outside(logprob.at(i), rank.at(i)));
    }
    this.#set(this.#rows.length - 1, run, null, run.model.scalars.tail.at(i), found.tail);
  }

  #build(run: Run, i: number, ids: number[]): void {
    const made = (label: string, name: string): Row => {
      const [was, low, gap] = ["was", "low", "gap"].map((part) => h("i", { class: part }));
      const share = h("span", { class: "ts-share" });
      const element = h("div", { class: `ts-sm-bar${name}`, role: "listitem" }, h("code", {}, label), h("span", { class: "track" }, was, low, gap), share);
      return { element, was, low, gap, share };
    };
    this.#rows = [...ids.map((id) => made(labelText(run.label(id)), id === run.ids[i] ? " cur" : "")), made("all others", " tail")];
    replaceChildren(this.#list, ...this.#rows.map((row) => row.element));
  }

  #set(k: number, run: Run, id: number | null, was: number, [low, high, removed]: Bounds): void {
    const row = this.#rows[k];
    row.was.style.width = `${100 * was}%`;
    row.low.style.width = `${100 * low}%`;
    row.gap.style.left = `${100 * low}%`;
    row.gap.style.width = `${100 * (high - low)}%`;
    say(row.share, removed ? outText(removed) : shareText(low, high));
    flag(row.element, "out", !!removed);
    const name = id === null ? "all other tokens" : labelText(run.label(id)) + (row.element.classList.contains("cur") ? ", which was written" : "");
    aria(row.element, "label", `${name}: ${percent(was)} at temperature 1, ${fateWords(low, high, removed)}`);
    row.element.title = `${percent(was)} at temperature 1; ${fateWords(low, high, removed)}`;
  }
}
