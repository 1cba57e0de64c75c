/** Where a run was decided: what the kernel found, in words. */
import { number, percent } from "../shared/metrics";

export interface ForkArm {
  token: number;
  text: string;
  probability: number;
  written: boolean;
  done: number;
  passed: number;
  /** Those that were cut off before the tests could tell. */
  unknown?: number;
  /** What became of the first; "" without tests. */
  status?: string;
  same: number;
  message: string;
}

export type Interval = [value: number, low: number, high: number];

export interface ForkPoint {
  at: number;
  figure: Interval;
  before: Interval | null;
  certain: boolean;
  tail: number;
  arms: ForkArm[];
}

export interface Forks {
  run: string;
  outcome: "tests" | "tree";
  until: string;
  drawn: boolean;
  finished: boolean;
  asked: number;
  points: ForkPoint[];
}

/** The points that certainly matter, the strongest first, then the others. */
export function ranked(forks: Forks): ForkPoint[] {
  return [...forks.points].sort((a, b) => Number(b.certain) - Number(a.certain) || Math.abs(b.figure[0]) - Math.abs(a.figure[0]) || a.at - b.at);
}

/** A change in points of a hundred, with a sign. */
export function points(value: number): string {
  return `${value < 0 ? "−" : "+"}${number(Math.abs(value) * 100, 0)}`;
}

export function figureText({ outcome }: Forks, { figure: [value, low, high] }: ForkPoint): string {
  return outcome === "tests" ? `${points(value)} points [${points(low)}, ${points(high)}]` : `${percent(value)} [${percent(low)}, ${percent(high)}]`;
}

/** The sign of a token that certainly mattered, as in the legend of the strip. */
export function markOf({ outcome }: Forks, { figure: [value] }: ForkPoint): string {
  return outcome === "tree" ? "◆" : value < 0 ? "▼" : "▲";
}

/** What the token did, for a person. */
export function story(forks: Forks, point: ForkPoint): string {
  const rest = `${percent(point.tail)} of the probability was not tried`;
  if (forks.outcome === "tree") {
    const share = elsewhere(point);
    return share === null ? `No other token was tried; ${rest}.` : `The other tokens that were tried lead to another program in ${percent(share)} of the cases, by their probability; ${rest}.`;
  }
  const before = point.before;
  const after = point.arms[0];
  return before ? `Before this token the tests pass in ${percent(before[0])} [${percent(before[1])}, ${percent(before[2])}] of the cases, after it in ${percent(after.passed / known(after))}; ${rest}.` : "";
}

/** How often the other tokens lead to another program than the written one; null where none was tried. */
function elsewhere({ arms }: ForkPoint): number | null {
  const others = arms.filter((arm) => !arm.written && arm.done);
  const sum = (value: (arm: ForkArm) => number): number => others.reduce((total, arm) => total + value(arm), 0);
  return others.length ? sum((arm) => arm.probability * (1 - arm.same / arm.done)) / sum((arm) => arm.probability) : null;
}

/** How many continuations the tests could tell about. */
function known(arm: ForkArm): number {
  return arm.done - (arm.unknown ?? 0);
}

const WORDS: Record<string, [sign: string, text: string, kind: string]> = {
  passed: ["✓", "passes", "good"],
  failed: ["✗", "fails", "bad"],
  error: ["✗", "stops with an error", "bad"],
  timeout: ["✗", "runs out of time", "bad"],
  not_runnable: ["–", "cannot be run", "odd"],
  unknown: ["?", "not known: cut off before the tests could tell", "odd"],
};

function tested(arm: ForkArm): { sign: string; text: string; kind: string } {
  const n = known(arm);
  const cut = arm.unknown ? `, ${arm.unknown} cut off` : "";
  const [sign, text, kind] = WORDS[!n ? "unknown" : arm.passed === n ? "passed" : arm.done > 1 ? "failed" : (arm.status ?? "")] ?? WORDS.failed;
  if (arm.done > 1 && n) return { sign, text: `${arm.passed} of ${n} pass${cut}`, kind };
  const reason = kind === "good" || !n ? "" : arm.message.replace("; first to fail:", ":");
  return { sign, text: reason || text, kind };
}

export function armOutcome(forks: Forks, arm: ForkArm): { sign: string; text: string; kind: string } {
  if (!arm.done) return { sign: "", text: "not tried", kind: "" };
  if (forks.outcome === "tests") return tested(arm);
  return { sign: arm.same ? "=" : "≠", text: arm.written ? "as written" : arm.same === arm.done ? "the same program" : arm.same ? `${arm.same} of ${arm.done} the same` : "another program", kind: "" };
}
