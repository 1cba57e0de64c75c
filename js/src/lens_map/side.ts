/** Beside the map: the selected token, when it was decided, what the selected layer would say, and all layers. */
import { type Child, h, heading, replaceChildren, say, shown } from "../shared/dom";
import { count, number, percent } from "../shared/metrics";
import type { Run } from "../shared/runs";
import { Chart } from "./chart";
import type { Cell, LensData } from "./data";
import { decisionStatement, FIRST_TOKEN, summaryStatement, tokenLabel } from "./statements";
import { ColumnTable } from "./table";

export interface SideScene {
  run: Run;
  data: LensData;
  layers: readonly number[];
  /** Position of the selected token; −1: none. */
  column: number;
  row: number;
  /** Why there is nothing to show. */
  reason: string;
}

export class Side {
  readonly element = h("aside", { class: "ts-side", "aria-label": "What the layers say" });
  readonly #title = heading("Select a cell");
  readonly #head = h("div", { class: "ts-token-head" });
  readonly #chip = h("code", { class: "ts-chip" });
  readonly #place = h("span", { class: "ts-dim" });
  readonly #hint = h("p", { class: "ts-hint" }, "Click a cell, or move with the arrow keys: what that layer would say, how the token's probability grew, and where it was decided. A click on a token or a layer number selects only that.");
  readonly #statement = h("p", { class: "ts-statement", role: "status" });
  readonly #chartTitle = h("p", { class: "ts-dim" });
  readonly #chart: Chart;
  readonly #says = heading();
  readonly #bars = h("div", { class: "ts-lens-bars", role: "list" });
  readonly #figures = h("dl", { class: "ts-lens-figures" });
  readonly #cell = h("div", { class: "ts-lens-cell" }, this.#says, this.#bars, this.#figures);
  readonly #table: ColumnTable;
  #drawn = "";

  constructor(choose: (row: number) => void) {
    this.#chart = new Chart(choose);
    this.#table = new ColumnTable(choose);
    this.#head.append(this.#chip, this.#place);
    this.element.append(this.#title, this.#head, this.#statement, this.#chartTitle, this.#chart.element, this.#cell, this.#table.element, this.#hint);
  }

  update(scene: SideScene): void {
    const { run, data, layers, column, row } = scene;
    const chosen = column >= 0;
    const cell = chosen ? data.cell(row, column) : null;
    shown(this.#title, !chosen);
    shown(this.#head, chosen);
    shown(this.#hint, !chosen);
    shown(this.#cell, !!cell);
    shown(this.#table.element, !!cell);
    if (!chosen) return this.#overview(scene);
    const token = tokenLabel(run.tokenText(column));
    say(this.#chip, token);
    say(this.#place, `position ${column}`);
    say(this.#statement, decisionStatement(data, column, layers, token) || scene.reason || "Not computed.");
    shown(this.#chart.element, !!cell);
    shown(this.#chartTitle, !!cell);
    if (!cell) return;
    const values = layers.map((_, i) => data.p(i, column));
    say(this.#chartTitle, `probability of ${token} after each layer`);
    this.#chart.draw({ layers, values, row, decided: data.decidedAt(column, layers.length), spoken: `Probability of ${token} over the layers; after layer ${layers[row]} ${percent(cell.p)}` });
    this.#showCell(scene, cell, token);
    this.#table.update(run, data, layers, column, row);
  }

  /** With nothing selected: what the columns that are known say together. */
  #overview({ run, data, layers, reason }: SideScene): void {
    const known: number[] = [];
    for (let column = 1; column < run.length; column++) if (data.known(column)) known.push(column);
    const decided = known.map((column) => data.decidedAt(column, layers.length));
    say(this.#statement, summaryStatement(decided, layers) || reason || FIRST_TOKEN);
    shown(this.#chart.element, known.length > 0);
    shown(this.#chartTitle, known.length > 0);
    if (!known.length) return;
    const values = layers.map((_, row) => known.reduce((sum, column) => sum + data.p(row, column), 0) / known.length);
    say(this.#chartTitle, "probability of the token written after each layer, mean");
    this.#chart.draw({ layers, values, row: -1, decided: -1, spoken: `Mean probability over the layers: ${percent(values[0])} after the first, ${percent(values[values.length - 1])} after the last` });
  }

  #showCell({ run, layers, column, row }: SideScene, cell: Cell, token: string): void {
    const key = [run.id, column, row, cell.rank, cell.p].join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    const last = row === layers.length - 1;
    say(this.#says, `layer ${layers[row]} ${last ? "says: the model's own answer" : "would say"}`);
    const inTop = cell.rank <= cell.top.length;
    const rows: Child[] = cell.top.map(({ text, p }, i) => bar(tokenLabel(text), p, i + 1 === cell.rank ? "written" : ""));
    const listed = cell.top.reduce((sum, { p }) => sum + p, 0);
    if (!inTop) rows.push(bar(token, cell.p, "written"));
    rows.push(bar("all others", Math.max(0, 1 - listed - (inTop ? 0 : cell.p)), "others"));
    replaceChildren(this.#bars, ...rows);
    const figure = (name: string, value: string, help: string): HTMLElement => h("div", { title: help }, h("dt", {}, name), h("dd", {}, value));
    const figures = [
      figure("p written", percent(cell.p), "probability of the token that was written"),
      figure("rank", count(cell.rank), "1 is the layer's first choice"),
      figure("KL to the end, nats", number(cell.kl), "KL(final ‖ layer): what it costs to believe this layer where the last one is the truth"),
    ];
    replaceChildren(this.#figures, ...figures);
  }
}

function bar(text: string, p: number, kind: string): HTMLElement {
  const fill = h("i");
  fill.style.width = `${p * 100}%`;
  const written = kind === "written";
  const name = kind === "others" ? h("span", { class: "ts-dim" }, text) : h("code", {}, text);
  const spoken = `${text}, ${percent(p)}${written ? ", which was written" : ""}`;
  return h("div", { class: `ts-lens-bar ${kind}`, role: "listitem", "aria-label": spoken, title: written ? "the token that was written" : undefined }, h("span", { class: "mark" }, written ? "●" : ""), name, h("span", { class: "track" }, fill), h("span", { class: "ts-share" }, percent(p)));
}
