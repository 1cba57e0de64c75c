/** The selected column as a table, one row per layer: the same numbers without a picture. */
import { button, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { count, number, percent } from "../shared/metrics";
import type { Run } from "../shared/runs";
import type { LensData } from "./data";
import { tokenLabel } from "./statements";

export class ColumnTable {
  readonly element = h("section", { class: "ts-lens-table" });
  readonly #toggle = button({ class: "ts-quiet", "aria-expanded": "false" });
  readonly #scroll = h("div", { class: "ts-scroll", hidden: true });
  readonly #caption = h("caption", { class: "ts-unseen" });
  readonly #body = h("tbody");
  #rows: HTMLElement[] = [];
  #shownFor = "";
  #update = (): void => undefined;

  constructor(private readonly choose: (row: number) => void) {
    const heads = ["layer", "first choice", "p", "p written", "rank", "KL"];
    const head = h("tr", {}, ...heads.map((name, i) => h("th", { scope: "col", class: i > 1 ? "num" : undefined }, name)));
    this.#scroll.append(h("table", {}, this.#caption, h("thead", {}, head), this.#body));
    on(this.#toggle, "click", () => {
      shown(this.#scroll, this.#scroll.hidden === true);
      this.#update();
    });
    on(this.#body, "click", (event) => this.choose(this.#rows.indexOf((event.target as Element).closest("tr")!)));
    on(this.#body, "keydown", (event) => this.#pressed(event));
    this.element.append(this.#toggle, this.#scroll);
  }

  update(run: Run, data: LensData, layers: readonly number[], column: number, row: number): void {
    this.#update = () => this.#draw(run, data, layers, column, row);
    this.#update();
  }

  #draw(run: Run, data: LensData, layers: readonly number[], column: number, row: number): void {
    const open = this.#scroll.hidden !== true;
    say(this.#toggle, `${open ? "▾" : "▸"} all ${layers.length} layers as a table`);
    this.#toggle.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const key = [run.id, column, layers.length, data.known(column)].join();
    if (key !== this.#shownFor) {
      this.#shownFor = key;
      say(this.#caption, `What each layer would say in place of ${tokenLabel(run.tokenText(column))}, position ${column}`);
      this.#rows = layers.map((layer, i) => this.#row(data, layer, i, column));
      replaceChildren(this.#body, ...this.#rows);
    }
    this.#rows.forEach((element, i) => {
      element.classList.toggle("on", i === row);
      element.setAttribute("aria-selected", String(i === row));
      element.tabIndex = i === row ? 0 : -1;
    });
  }

  #row(data: LensData, layer: number, row: number, column: number): HTMLElement {
    const cell = data.cell(row, column);
    const numbers = cell ? [percent(cell.top[0].p), percent(cell.p), count(cell.rank), number(cell.kl)] : ["–", "–", "–", "–"];
    const first = h("td", {}, h("code", {}, cell ? tokenLabel(cell.top[0].text) : "–"));
    return h("tr", { class: cell?.rank === 1 ? "first" : undefined }, h("th", { scope: "row" }, layer), first, ...numbers.map((text) => h("td", { class: "num" }, text)));
  }

  #pressed(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const next = this.#rows[this.#rows.indexOf(document.activeElement as HTMLElement) + by];
    if (next) {
      this.choose(this.#rows.indexOf(next));
      next.focus();
    }
    taken(event);
  }
}
