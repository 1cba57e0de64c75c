/** The metrics: names, units, how hot a value is, and how it is written. */
import type { Run } from "./runs";

export type MetricName = "probability" | "surprisal" | "entropy" | "margin" | "rank";

export interface Metric {
  name: MetricName;
  label: string;
  unit: string;
  /** What it means, in one sentence. */
  help: string;
  /** Ends of the absolute scale, cold and hot, as written in the legend. */
  ends: [string, string];
  value(run: Run, i: number): number;
  /** 0 (the model was sure) … 1 (it was not), on an absolute scale. */
  heat(value: number): number;
  format(value: number): string;
}

const HOTTEST_NATS = 3;
const HOTTEST_RANK = 64;

/** Entropy from which a token counts as hesitant: about as open as a choice between 3.5 equal options. */
export const HESITATION_NATS = 1.25;

export const NO_VALUE = "–";

export function percent(share: number): string {
  if (!Number.isFinite(share)) return NO_VALUE;
  const value = share * 100;
  if (value >= 99.95) return value === 100 ? "100 %" : "> 99.9 %";
  if (value > 0 && value < 0.05) return "< 0.1 %";
  return `${value.toFixed(1)} %`;
}

export function number(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits) : NO_VALUE;
}

export function count(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en") : NO_VALUE;
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));

export const METRICS: Record<MetricName, Metric> = {
  probability: {
    name: "probability",
    label: "probability",
    unit: "",
    help: "p of the token that was written, at temperature 1",
    ends: ["100 %", "0 %"],
    value: (run, i) => run.probability(i),
    heat: (p) => clamp(1 - p),
    format: percent,
  },
  surprisal: {
    name: "surprisal",
    label: "surprisal",
    unit: "nats",
    help: "−ln p of the token that was written: how unexpected it was",
    ends: ["0", `${HOTTEST_NATS} nats`],
    value: (run, i) => run.surprisal(i),
    heat: (s) => clamp(s / HOTTEST_NATS),
    format: number,
  },
  entropy: {
    name: "entropy",
    label: "entropy",
    unit: "nats",
    help: "how open the choice was, whatever was chosen",
    ends: ["0", `${HOTTEST_NATS} nats`],
    value: (run, i) => run.model.scalars.entropy.at(i),
    heat: (s) => clamp(s / HOTTEST_NATS),
    format: number,
  },
  margin: {
    name: "margin",
    label: "margin",
    unit: "",
    help: "p of the first choice minus p of the second",
    ends: ["100 %", "0 %"],
    value: (run, i) => run.model.scalars.margin.at(i),
    heat: (m) => clamp(1 - m),
    format: percent,
  },
  rank: {
    name: "rank",
    label: "rank",
    unit: "",
    help: "1 is the model's first choice",
    ends: ["1", `${HOTTEST_RANK}`],
    value: (run, i) => run.model.scalars.rank.at(i),
    heat: (r) => clamp(Math.log2(r) / Math.log2(HOTTEST_RANK)),
    format: count,
  },
};

export function metricOf(name: unknown): Metric {
  return METRICS[name as MetricName] ?? METRICS.surprisal;
}

export const HEAT_STEPS = 15;

/** A colour step 0 … 15 of a value and its token, or −1 for "not computed". */
export type HeatScale = (value: number, i?: number) => number;

/** Steps on the metric's absolute scale. */
export function absoluteScale(metric: Metric): HeatScale {
  return (value) => (Number.isNaN(value) ? -1 : Math.round(metric.heat(value) * HEAT_STEPS));
}

/** Steps by how many of the written tokens are colder. */
export function percentileScale(metric: Metric, run: Run): HeatScale {
  const heats: number[] = [];
  for (let i = run.meta.prompt_length < run.length ? run.meta.prompt_length : 0; i < run.length; i++) {
    const value = metric.value(run, i);
    if (!Number.isNaN(value)) heats.push(uncapped(metric, value));
  }
  heats.sort((a, b) => a - b);
  return (value) => {
    if (Number.isNaN(value) || heats.length < 2) return Number.isNaN(value) ? -1 : 0;
    return Math.round((below(heats, uncapped(metric, value)) / (heats.length - 1)) * HEAT_STEPS);
  };
}

/** Heat without the ceiling, so that percentiles tell the hottest apart. */
function uncapped(metric: Metric, value: number): number {
  return metric.heat(0) > metric.heat(1) ? -value : value;
}

function below(sorted: number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, sorted.length - 1);
}

/** Mean surprisal of the written tokens (all, where none is written), in nats; NaN where nothing is known. */
export function meanSurprisal(run: Run): number {
  const start = run.length > run.meta.prompt_length ? run.meta.prompt_length : 0;
  let sum = 0;
  let known = 0;
  for (let i = start; i < run.length; i++) {
    const value = run.surprisal(i);
    if (!Number.isNaN(value)) {
      sum += value;
      known++;
    }
  }
  return known ? sum / known : NaN;
}
