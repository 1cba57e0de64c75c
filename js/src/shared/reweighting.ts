/**
 * What a stored distribution becomes under other sampler settings, in transformers' order, as bounds where only its
 * likeliest tokens are known. The twin of analysis/reweighting.py, which says how; tests/fixtures/reweighting.json holds both.
 */
import { floor, max, min } from "./math";

const { exp, pow } = Math;
const MASS_ERROR = 2e-6;
const NEAR = 1e-6;
const EXACT = 1e-6;
const SMALLEST = 1e-300;

export interface SamplerSettings {
  /** 0 takes the first choice. */
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  min_p: number | null;
}

/** What takes a token out; "" where nothing does for certain. */
export type Removal = "" | "top-k" | "top-p" | "min-p" | "temperature 0";

/** Between which a probability lies, and what takes the token out. */
export type Bounds = readonly [low: number, high: number, removed: Removal];

export interface Reweighted {
  low: number[];
  high: number[];
  removed: Removal[];
  tail: Bounds;
  /** Whether all bounds meet. */
  exact: boolean;
  /** Bounds for a token that is not stored, by its ln p at temperature 1 and its rank. */
  outside(logprob: number, rank: number): Bounds;
}

/** `logprobs`: of the stored tokens, likeliest first, one or more; `vocabulary`: how many tokens there are, null where unknown. */
export function reweighted(logprobs: ArrayLike<number>, tailMass: number, vocabulary: number | null, settings: SamplerSettings): Reweighted {
  const { temperature, top_k: topK } = settings;
  const size = logprobs.length;
  if (temperature === 0) {
    const one = Array.from({ length: size }, (_, i) => (i ? 0 : 1));
    return { low: one, high: one, removed: one.map((p) => (p ? "" : "temperature 0")), tail: [0, 0, "temperature 0"], exact: true, outside: () => [0, 0, "temperature 0"] };
  }
  const power = 1 / temperature;
  const topP = settings.top_p ?? 1;
  const minP = settings.min_p ?? 0;
  const first = logprobs[0];
  const weights = Array.from(logprobs, (logprob) => exp((logprob - first) * power));
  const last = weights[size - 1];
  const tail = tailOf(logprobs, tailMass, vocabulary, power);

  const floorOfK = topK !== null && topK < size ? logprobs[topK - 1] : -Infinity;
  const room = topK === null ? tail.count : min(tail.count, max(0, topK - size));
  const stored = weights.reduce((sum, w, i) => (logprobs[i] >= floorOfK ? sum + w : sum), 0);
  const [lowInK, highInK] = tail.sums(room);
  let [low, high] = [lowInK, highInK];

  let [least, most] = [Infinity, Infinity];
  if (topP < 1) {
    least = (topP - NEAR) * (stored + low);
    most = (topP + NEAR) * (stored + high);
    low = max(0, least - stored);
    high = most > stored ? min(high, most - stored + last) : 0;
  }
  if (minP) {
    low = 0;
    high = last >= minP * (1 - NEAR) || size === 1 ? min(high, tail.mostAbove(minP, room)) : 0;
  }

  const removed: Removal[] = [];
  const sure: boolean[] = [];
  let before = 0;
  let [possible, certain] = [0, 0];
  const upTo = weights.map((w, i) => {
    const inK = logprobs[i] >= floorOfK;
    removed[i] = !inK ? "top-k" : i && before >= most ? "top-p" : i && w < minP * (1 - NEAR) ? "min-p" : "";
    sure[i] = inK && (!i || (before < least && w >= minP * (1 + NEAR)));
    if (inK) before += w;
    if (sure[i]) certain += w;
    return removed[i] ? possible : (possible += w);
  });
  const [lowest, highest] = [certain + low, possible + high];
  // a token that stays has all before it beside it
  const upper = weights.map((w, i) => (removed[i] ? 0 : w / max(lowest, upTo[i])));
  const lower = weights.map((w, i) => (sure[i] ? min(w / highest, upper[i]) : 0));
  const shares = [low === Infinity ? 1 : low / (low + possible), high === Infinity ? 1 : high / (high + stored)] as const;
  const tailGone = high > 0 || !tail.count ? "" : !room ? "top-k" : most <= stored ? "top-p" : highInK ? "min-p" : "";
  const exact = shares[1] - shares[0] <= EXACT && upper.every((p, i) => p - lower[i] <= EXACT);

  const outside = (logprob: number, rank: number): Bounds => {
    const w = exp((logprob - first) * power);
    const between = max(0, rank - size - 1);
    const ahead = stored + between * w;
    const gone = topK && rank > topK ? "top-k" : ahead >= most ? "top-p" : w < minP * (1 - NEAR) ? "min-p" : "";
    if (gone) return [0, 0, gone];
    const certain = (topP >= 1 || stored + min(highInK - w, between * last) < least) && w >= minP * (1 + NEAR);
    const p = w / max(lowest, ahead + w);
    return [certain ? min(w / highest, p) : 0, p, ""];
  };
  return { low: lower, high: upper, removed, tail: [...shares, tailGone], exact, outside };
}

interface Tail {
  count: number;
  /** The least and the most that the likeliest so many of the tail can weigh together. */
  sums(top: number): [number, number];
  /** The most that those can that weigh at least so much. */
  mostAbove(weight: number, top: number): number;
}

/** Weights of the tail are known by its mass: spread evenly, or piled up on as few tokens as can hold it. */
function tailOf(logprobs: ArrayLike<number>, tailMass: number, vocabulary: number | null, power: number): Tail {
  const size = logprobs.length;
  const count = vocabulary === null ? Infinity : max(0, vocabulary - size);
  const each = exp(logprobs[size - 1] - logprobs[0]);
  const room = each ? count * each : 0;
  const [lower, mass, upper] = [-MASS_ERROR, 0, MASS_ERROR].map((error) => min(room, max(0, tailMass + error) / exp(logprobs[0])));

  const piled = (mass: number, top: number): number => {
    if (mass <= 0 || top <= 0) return 0;
    const full = min(top, floor(mass / each));
    return full * pow(each, power) + (full < top ? pow(max(0, mass - full * each), power) : 0);
  };
  const spread = (mass: number, top: number, over: number): number => {
    if (mass <= 0 || top <= 0) return 0;
    if (over === Infinity) return top < Infinity || power > 1 ? 0 : power < 1 ? Infinity : mass;
    return top * pow(min(each, mass / over), power);
  };
  const sums = (top: number): [number, number] => {
    if (power === 1 && top >= count) return [mass, mass];
    return [min(piled(lower, top), spread(lower, top, count)), max(piled(upper, top), spread(upper, top, top))];
  };
  const mostAbove = (weight: number, top: number): number => sums(min(top, floor((upper / max(pow(weight, 1 / power), SMALLEST)) * (1 + NEAR))))[1];
  return { count, sums, mostAbove };
}
