/** The two marked runs side by side, under the tree. */
import { Comparison } from "../shared/comparison";
import { h, shown } from "../shared/dom";
import type { Link } from "../shared/link";
import { absoluteScale, METRICS } from "../shared/metrics";
import { trait, type WidgetModel } from "../shared/model";
import type { Span } from "../shared/rows";
import type { Run } from "../shared/runs";

const metric = METRICS.surprisal;

export class Beside {
  readonly element: HTMLElement;
  readonly #comparison: Comparison;
  #key = "";
  #token: [number, number] | null = null;

  constructor(
    private readonly link: Link,
    private readonly model: WidgetModel,
    open: (id: string) => void,
    private readonly nameOf: (id: string) => string,
  ) {
    this.#comparison = new Comparison({
      select: (column, token) => this.#comparison.select((this.#token = [column, token]), true),
      keep: (column) => open(this.#runs()[column].id),
      keepLabel: () => "Open",
      title: (column) => this.nameOf(this.#runs()[column].id),
    });
    this.element = h("section", { class: "ts-bt-beside", "aria-label": "The two marked runs side by side" }, this.#comparison.element);
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  update(): void {
    const runs = this.#runs();
    shown(this.element, runs.length === 2);
    const key = runs.flatMap(({ id, length }) => [id, length, this.nameOf(id)]).join();
    if (key === this.#key || runs.length !== 2) return;
    this.#key = key;
    this.#token = null;
    this.#comparison.update({ runs, reference: 0, alignments: trait<Record<string, Span[]>>(this.model, "_alignments", {}), metric, scales: runs.map(() => absoluteScale(metric)), special: false });
    this.#comparison.select(this.#token, false);
  }

  #runs(): Run[] {
    return trait<string[]>(this.model, "_columns", []).map((id) => this.link.store.runs.get(id)).filter((run): run is Run => !!run);
  }
}
