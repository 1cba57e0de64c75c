/** "What else could it have written?": the regenerated runs beside the current one. */
import { Comparison, differences } from "./comparison";
import { button, h, heading, replaceChildren, shown, type Child } from "./dom";
import { absoluteScale, percentileScale, type Metric } from "./metrics";
import { trait, type WidgetModel } from "./model";
import type { Span } from "./rows";
import type { Run, RunStore } from "./runs";
import { onHover, type Tooltip } from "./tooltip";

export interface BranchesHost {
  ask(action: string, args?: Record<string, unknown>): void;
  /** Select a token of the current run. */
  select(i: number): void;
  note?(run: Run): Child;
  /** Whether a run is like one that is shown. */
  merged?(id: string): boolean;
}

export class Branches {
  readonly element = h("section", { class: "ts-branches", "aria-label": "What else could it have written?", hidden: true });
  private readonly what = h("em");
  private readonly close: HTMLButtonElement;
  private readonly comparison: Comparison;
  private readonly table = h("div", { class: "ts-table" });
  private runs: Run[] = [];
  private drawnFor = "";
  private token: [number, number] | null = null;
  private blocked = false;

  constructor(
    private readonly host: BranchesHost,
    tooltip: Tooltip,
  ) {
    this.comparison = new Comparison({
      select: (column, i) => this.selectToken(column, i),
      keep: (column) => host.ask("keep", { run: this.runs[column].id }),
      title: (column) => (column ? null : "as written"),
      note: (run) => host.note?.(run),
      keepLabel: (column) => (column === 0 || this.blocked ? null : "Keep this one"),
    });
    this.close = button({ class: "ts-quiet", onclick: () => host.ask("clear_branches") }, "Close");
    this.element.append(heading("What else could it have written?", this.what, this.close), this.comparison.element, this.table);
    onHover(this.comparison.element, "[data-i]", (span) => {
      const token = span && this.comparison.at(span);
      if (!span || !token) return tooltip.hide();
      tooltip.show(span, ...differences(this.comparison, this.runs, ...token, true));
    });
  }

  /** Token ids whose branches at a position are on display. */
  regenerated(at: number): Set<number> {
    const ids = this.runs.slice(1).filter((run) => run.meta.lineage?.at === at && run.meta.lineage.replacement.length === 1 && !run.meta.lineage.stop);
    return new Set(ids.map((run) => run.meta.lineage!.replacement[0]));
  }

  update(store: RunStore, model: WidgetModel, metric: Metric, percentile: boolean, blocked: boolean, notes = ""): void {
    const all = trait<string[]>(model, "_columns", []);
    const ids = all.filter((id) => !this.host.merged?.(id));
    this.runs = ids.map((id) => store.runs.get(id)).filter((run): run is Run => !!run && run.length > 0);
    shown(this.element, all.length > 1 && this.runs.length > 0);
    if (all.length < 2 || !this.runs.length) {
      this.drawnFor = "";
      return;
    }
    const alignments = trait<Record<string, Span[]>>(model, "_alignments", {});
    const special = model.get("show_special") === true;
    const key = [notes, metric.name, percentile, blocked, special, ...this.runs.flatMap((run) => [run.id, run.length, run.meta.finish, alignments[run.id]?.length])].join();
    if (key === this.drawnFor) return;
    this.drawnFor = key;
    this.blocked = blocked;
    this.close.hidden = blocked;
    // where all came out the same, the place is shown where they would have parted
    const parts = this.runs.length > 1 ? undefined : store.runs.get(all[1])?.meta.lineage?.at;
    const scales = this.runs.map((run) => (percentile ? percentileScale(metric, run) : absoluteScale(metric)));
    this.comparison.update({ runs: this.runs, reference: 0, alignments, metric, scales, special, parts });
    const n = all.length - 1;
    this.what.textContent = `${n} ${n === 1 ? "alternative" : "alternatives"}`;
    if (this.token && this.token[0] >= this.runs.length) this.token = null;
    this.comparison.select(this.token, false);
    this.drawTable();
  }

  private selectToken(column: number, i: number): void {
    this.token = [column, i];
    this.comparison.select(this.token, true);
    this.drawTable();
    const own = column === 0 ? i : this.comparison.partner(column, i, 0);
    if (own >= 0) this.host.select(own);
  }

  private drawTable(): void {
    replaceChildren(this.table, ...(this.token ? differences(this.comparison, this.runs, ...this.token) : []));
  }
}
