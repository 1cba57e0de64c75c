/** Where a run was decided: what the kernel found, in words. */
import { number, percent } from "../shared/metrics";

export interface ForkArm {
  token: number;
  text: string;
  probability: number;
  written: boolean;
  done: number;
  passed: number;
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

/** What the token did, for a person. */
export function story(forks: Forks, point: ForkPoint): string {
  const rest = `${percent(point.tail)} of the probability was not tried`;
  if (forks.outcome === "tree") return `Another token here leads to another program in ${percent(point.figure[0])} of the cases; ${rest}.`;
  const before = point.before;
  const after = point.arms[0];
  return before ? `Before this token the tests pass in ${percent(before[0])} [${percent(before[1])}, ${percent(before[2])}] of the cases, after it in ${percent(after.passed / after.done)}; ${rest}.` : "";
}

export function armOutcome(forks: Forks, arm: ForkArm): { sign: string; text: string; kind: string } {
  if (!arm.done) return { sign: "", text: "not tried", kind: "" };
  if (forks.outcome === "tests") {
    const all = arm.passed === arm.done;
    const text = arm.done > 1 ? `${arm.passed} of ${arm.done} pass` : all ? "passes" : arm.message.replace("; first to fail:", ":") || "fails";
    return { sign: all ? "✓" : "✗", text, kind: all ? "good" : "bad" };
  }
  return { sign: arm.same ? "=" : "≠", text: arm.written ? "as written" : arm.same === arm.done ? "the same program" : arm.same ? `${arm.same} of ${arm.done} the same` : "another program", kind: "" };
}
