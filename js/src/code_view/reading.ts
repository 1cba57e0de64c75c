/** What the bars of the outline say: one metric over the tokens of a node, in one statistic. Pure. */
import { metricOf, NO_VALUE, number, type Metric } from "../shared/metrics";
import type { Syntax } from "../shared/syntax";

export type Statistic = "mean" | "max" | "sum";

export interface Reading {
  metric: Metric;
  /** As it is drawn: only surprisal has a sum. */
  statistic: Statistic;
  /** "mean surprisal" */
  title: string;
  unit: string;
  /** Ends of the bar. */
  ends: [string, string];
  /** NaN where it is not known. */
  value(node: number): number;
  /** Of the bar, 0 … 1. */
  share(value: number): number;
  format(value: number): string;
  /** Sorts the node with more of it first, those without a value last. */
  compare(a: number, b: number): number;
}

/** Whether a high value means that the model was unsure. */
export function rises(metric: Metric): boolean {
  return metric.heat(0) <= metric.heat(1);
}

export function hasSum(metric: Metric): boolean {
  return metric.name === "surprisal";
}

/** The word for a statistic: the most doubtful token has the lowest probability, and the highest surprisal. */
export function statisticWord(metric: Metric, statistic: Statistic): string {
  return statistic === "max" && !rises(metric) ? "min" : statistic;
}

export function readingOf(syntax: Syntax, metricName: unknown, wanted: unknown): Reading {
  const metric = metricOf(metricName);
  const statistic: Statistic = wanted === "max" ? "max" : wanted === "sum" && hasSum(metric) ? "sum" : "mean";
  const summed = statistic === "sum";
  const way = statistic === "max" ? (rises(metric) ? "max" : "min") : "mean";
  const value = (node: number): number => (summed ? syntax.sum(node) : syntax.metric(node, metric.name, way));
  const total = summed ? largest(syntax, value) : 0;
  const order = (node: number): number => (Number.isNaN(value(node)) ? Infinity : rises(metric) ? -value(node) : value(node));
  return {
    metric,
    statistic,
    title: `${{ mean: "mean", min: "lowest", max: "highest", sum: "summed" }[summed ? "sum" : way]} ${metric.label}`,
    unit: metric.unit,
    ends: summed ? ["0", `${number(total, 1)} nats`] : metric.ends,
    value,
    share: (x) => (Number.isNaN(x) ? 0 : summed ? (total ? Math.max(0, x) / total : 0) : metric.heat(x)),
    format: (x) => (Number.isNaN(x) ? NO_VALUE : metric.name === "rank" && statistic === "mean" ? number(x, 1) : metric.format(x)),
    // in the source's order where equal: Infinity − Infinity is no number
    compare: (a, b) => (order(a) === order(b) ? a - b : order(a) - order(b)),
  };
}

function largest(syntax: Syntax, value: (node: number) => number): number {
  let most = 0;
  for (let node = 0; node < syntax.nodes; node++) if (value(node) > most) most = value(node);
  return most;
}
