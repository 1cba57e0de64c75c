/** One view of several runs side by side. */
import { MetricBar, Notice } from "../shared/bars";
import { Comparison, differences } from "../shared/comparison";
import { connect } from "../shared/connect";
import { h, replaceChildren } from "../shared/dom";
import type { Link } from "../shared/link";
import { absoluteScale, metricOf, percentileScale } from "../shared/metrics";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import type { Span } from "../shared/rows";
import type { Run } from "../shared/runs";
import { SettingsPanel } from "../shared/settings";
import { onHover, Tooltip } from "../shared/tooltip";

const TRAITS = ["selected", "column", "kept", "titles", "metric", "scale", "error", "show_special", "_columns", "_alignments"];

export class CompareView {
  private readonly root = h("div", { class: "ts-root ts-compare" });
  private readonly notice: Notice;
  private readonly bar: MetricBar;
  private readonly settings: SettingsPanel;
  private readonly comparison: Comparison;
  private readonly table = h("div", { class: "ts-table" });
  private readonly hint = h("p", { class: "ts-hint" }, "Click a token to compare its numbers with those of its counterparts.");
  private readonly cleanUps: CleanUp[] = [];
  private runs: Run[] = [];
  private drawnFor = "";
  private focusNext = false;

  constructor(
    private readonly link: Link,
    private readonly model: WidgetModel,
    el: HTMLElement,
  ) {
    this.notice = new Notice(model, () => this.update());
    this.bar = new MetricBar(model);
    this.settings = new SettingsPanel(model, false);
    this.comparison = new Comparison({
      select: (column, i) => this.selectToken(column, i),
      keep: (column) => setTrait(model, "kept", column),
      title: (column) => trait<(string | null)[]>(model, "titles", [])[column] ?? null,
      keepLabel: (column) => (this.model.get("kept") === column ? "✓ kept" : "Keep this one"),
    });
    const view = h("button", { type: "button", class: "ts-quiet", "aria-expanded": "false" }, "View");
    view.addEventListener("click", () => view.setAttribute("aria-expanded", String(this.settings.toggle())));
    this.bar.element.append(view);
    this.root.append(this.notice.element, this.bar.element, this.settings.element, this.comparison.element, this.table, this.hint);
    el.append(this.root);
    this.listen();
    this.update();
  }

  dispose(): void {
    for (const cleanUp of this.cleanUps) cleanUp();
    this.settings.dispose();
    this.root.remove();
  }

  private listen(): void {
    const { link, model, root } = this;
    const tooltip = new Tooltip(root);
    this.cleanUps.push(
      connect({ link, model, root, traits: TRAITS, update: () => this.update() }),
      onHover(this.comparison.element, "[data-i]", (span) => {
        const token = span && this.comparison.at(span);
        if (!span || !token) return tooltip.hide();
        tooltip.show(span, ...differences(this.comparison, this.runs, ...token, true));
      }),
    );
  }

  private selectToken(column: number, i: number): void {
    this.focusNext = true;
    this.model.set("column", column);
    setTrait(this.model, "selected", i);
    this.update();
  }

  private update(): void {
    const metric = metricOf(this.model.get("metric"));
    const percentile = this.model.get("scale") === "percentile";
    this.runs = trait<string[]>(this.model, "_columns", []).map((id) => this.link.store.runs.get(id)).filter((run): run is Run => !!run);
    this.notice.update(this.link.presence.value);
    this.bar.update(metric, percentile ? "of the run" : "", undefined);
    if (this.runs.length < 2) return;
    const alignments = trait<Record<string, Span[]>>(this.model, "_alignments", {});
    const special = this.model.get("show_special") === true;
    const key = [metric.name, percentile, special, this.model.get("kept"), this.model.get("titles"), ...this.runs.flatMap((run) => [run.id, run.length])].join();
    if (key !== this.drawnFor) {
      this.drawnFor = key;
      const scales = this.runs.map((run) => (percentile ? percentileScale(metric, run) : absoluteScale(metric)));
      this.comparison.update({ runs: this.runs, reference: trait(this.model, "_reference", 0), alignments, metric, scales, special });
    }
    const i = trait(this.model, "selected", -1);
    const column = trait(this.model, "column", 0);
    const known = i >= 0 && column < this.runs.length && i < this.runs[column].length;
    this.comparison.select(known ? [column, i] : null, this.focusNext);
    this.focusNext = false;
    replaceChildren(this.table, ...(known ? differences(this.comparison, this.runs, column, i) : []));
    this.hint.hidden = known;
  }
}
