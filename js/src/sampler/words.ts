/** Bounds in words and figures. Pure. */
import { number, percent } from "../shared/metrics";
import type { Removal, Reweighted, SamplerSettings } from "../shared/reweighting";
import type { Settings } from "../shared/protocol";
import type { Whole } from "./reading";

const SAME = 5e-4;

/** "12.3 %", "10–14 %" where only bounds are known. */
export function shareText(low: number, high: number): string {
  if (high - low < SAME) return percent((low + high) / 2);
  const digits = high - low < 0.02 ? 1 : 0;
  const [from, to] = [low, high].map((p) => (p * 100).toFixed(digits));
  return `${from}–${to} %`;
}

export function outText(removed: Removal): string {
  return `out: ${removed === "temperature 0" ? "greedy" : removed}`;
}

/** What happens to a token, for tooltips and screen readers. */
export function fateWords(low: number, high: number, removed: Removal): string {
  if (removed) return `cannot be drawn (${removed})`;
  if (high - low < SAME) return `${percent((low + high) / 2)} under these settings`;
  return `${low === 0 ? "at most" : `between ${percent(low)} and`} ${percent(high)} under these settings`;
}

/** Nats with a real minus. */
export function natsText(value: number): string {
  return number(value === 0 ? 0 : value).replace("-", "−");
}

export function wholeText({ low, high, impossible, tokens }: Whole): string {
  if (!tokens) return "unknown";
  if (impossible.length) return "impossible";
  if (high - low < 0.005) return low > -0.005 ? "certain: 0 nats" : `${natsText(low)} nats`;
  return low === -Infinity ? `at most ${natsText(high)} nats` : `${natsText(low)} to ${natsText(high)} nats`;
}

/** What the run's probability leaves out; "" where nothing. */
export function leftOut({ replaced, unknown }: Whole): string {
  const tokens = (n: number): string => `${n} ${n === 1 ? "token" : "tokens"}`;
  const parts = [replaced ? `${tokens(replaced)} put in by hand` : "", unknown ? `${tokens(unknown)} of unknown probability` : ""].filter(Boolean);
  return parts.length ? `without ${parts.join(" and ")}` : "";
}

/** Why the numbers of a position are exact, or what is missing. */
export function exactText(found: Reweighted, tailMass: number, vocabulary: number | null, stored: number, least: number): string {
  if (found.exact) return found.tail[1] > 0 ? "The tail keeps its share, whatever it is made of." : "Only stored tokens can be drawn: the tail plays no part.";
  const rest = vocabulary === null ? "the other tokens, of unknown number," : `the other ${(vocabulary - stored).toLocaleString("en")} tokens`;
  return `Of ${rest} only their sum is known (${percent(tailMass)}), and that none exceeds ${least < 0.001 ? `${(100 * least).toPrecision(1)} %` : percent(least)}. Hatched: between the least and the most that can be.`;
}

/** Sampler settings in a few words. */
export function settingsText({ temperature, top_k, top_p, min_p }: SamplerSettings): string {
  if (temperature === 0) return "greedy";
  const cuts = [top_k === null ? "" : `top-k ${top_k}`, top_p === null ? "" : `top-p ${top_p}`, min_p ? `min-p ${min_p}` : ""];
  return [`temperature ${temperature}`, ...cuts].filter(Boolean).join(", ");
}

/** The settings a run was made with; a greedy one has temperature 0. */
export function ownSettings({ do_sample, temperature, top_k, top_p, min_p }: Settings): SamplerSettings {
  return do_sample ? { temperature, top_k, top_p, min_p } : { temperature: 0, top_k: null, top_p: null, min_p: null };
}
