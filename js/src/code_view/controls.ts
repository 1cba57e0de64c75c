/** The bar above the outline: metric, statistic and order. */
import { h, say } from "../shared/dom";
import { metricOf, METRICS } from "../shared/metrics";
import { setTrait, type WidgetModel } from "../shared/model";
import { Segments } from "../shared/segments";
import { HESITATION, SIGNS } from "./marks";
import { hasSum, statisticWord, type Statistic } from "./reading";

const STATISTICS = [
  ["mean", "mean", "Over all tokens of a node"],
  ["max", "max", "The most doubtful token of a node: the highest value, of probability and margin the lowest"],
  ["sum", "sum", "All tokens of a node together: surprisals add up to the surprisal of its text"],
] as const;
const NO_SUM = "Only surprisal adds up: a sum of other metrics means nothing";
const ORDERS = [
  ["source", "in source order", "As the code is written"],
  ["metric", "hottest first", "Siblings with the most doubtful first; for probability and margin that is the lowest"],
] as const;

export class Controls {
  readonly element = h("div", { class: "ts-metrics", role: "group", "aria-label": "What the bars show" });
  readonly #metric: Segments;
  readonly #statistic: Segments;
  readonly #order: Segments;

  constructor(private readonly model: WidgetModel) {
    const metrics = Object.values(METRICS).map(({ name, label, help }) => [name, label, help] as const);
    this.#metric = new Segments("Metric", metrics, (value) => setTrait(model, "metric", value));
    this.#statistic = new Segments("Statistic", STATISTICS, (value) => value === "sum" && !hasSum(this.#now) ? undefined : setTrait(model, "statistic", value));
    this.#order = new Segments("Order", ORDERS, (value) => setTrait(model, "order", value));
    this.element.append(this.#metric.element, this.#statistic.element, this.#order.element, legend());
  }

  get #now() {
    return metricOf(this.model.get("metric"));
  }

  /** `statistic` is the one on display. */
  update(statistic: Statistic): void {
    const metric = this.#now;
    this.#metric.update(metric.name);
    this.#order.update(this.model.get("order") === "metric" ? "metric" : "source");
    this.#statistic.update(statistic);
    const [, max, sum] = this.#statistic.element.querySelectorAll("button");
    say(max, statisticWord(metric, "max"));
    sum.disabled = !hasSum(metric);
    sum.title = hasSum(metric) ? STATISTICS[2][2] : NO_SUM;
  }
}

function legend(): HTMLElement {
  const sign = (kind: string, text: string, word: string): HTMLElement => h("span", {}, h("b", { class: kind, "aria-hidden": "true" }, text), ` ${word}`);
  return h("div", { class: "ts-cv-legend" }, sign("error", SIGNS.error, "error"), sign("warning", SIGNS.warning, "warning"), sign("note", SIGNS.note, "note"), sign("open", HESITATION, "hesitation"));
}
