/** What colours a cell, on absolute scales: from sure (paper) to unsure (burnt orange). */
import type { LensData } from "./data";

export type ShadeName = "probability" | "rank" | "kl";

export interface Shade {
  label: string;
  help: string;
  /** Ends of the scale, cold and hot, and its middle. */
  ends: [cold: string, middle: string, hot: string];
  value(data: LensData, row: number, column: number): number;
  /** 0 … 1. */
  heat(value: number): number;
}

const WORST_RANK = 10_000;
const MOST_NATS = 16;

const clamp = (x: number): number => Math.min(1, Math.max(0, x));

export const SHADES: Record<ShadeName, Shade> = {
  rank: {
    label: "rank",
    help: "how many tokens the layer prefers to the one that was written, and one; a logarithmic scale",
    ends: ["1", "100", "10,000"],
    value: (data, row, column) => data.rank(row, column),
    heat: (rank) => clamp(Math.log(rank) / Math.log(WORST_RANK)),
  },
  probability: {
    label: "probability",
    help: "p of the token that was written, had the model stopped after the layer",
    ends: ["100 %", "50 %", "0 %"],
    value: (data, row, column) => data.p(row, column),
    heat: (p) => clamp(1 - p),
  },
  kl: {
    label: "KL to the end",
    help: "nats from the layer's distribution to the final one: how much is still to come, whatever was written",
    ends: ["0", "8", "16 nats"],
    value: (data, row, column) => data.kl(row, column),
    heat: (nats) => clamp(nats / MOST_NATS),
  },
};

export function shadeOf(name: unknown): Shade {
  return SHADES[name as ShadeName] ?? SHADES.rank;
}
