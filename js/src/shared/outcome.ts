/** How a run ended, as a sign, a short text and words. Pure. */

/** What is known of a program, set from outside; each part may be missing. */
export interface Verdict {
  parses?: boolean | null;
  findings?: number;
  status?: string;
  passed?: number;
  total?: number;
  message?: string;
}

export interface Outcome {
  sign: string;
  text: string;
  words: string;
  /** Only tests are good or bad. */
  kind: "good" | "bad" | "odd" | "";
  /** The better the lower. */
  order: number;
}

const FINISHES: Record<string, readonly [text: string, words: string]> = {
  running: ["writing …", "still being written"],
  length: ["cut off", "cut off at the limit of tokens"],
  end_token: ["ended", "ended by itself"],
  stop_string: ["stop text", "stopped at a stop text"],
  boundary: ["boundary", "stopped at the boundary that was asked for"],
  context: ["context full", "the model's context is full"],
  cancelled: ["stopped", "stopped by you"],
  error: ["broke off", "broken off by an error"],
  scored: ["given", "a text that was given, not written"],
};

export function finishWords(finish: string): string {
  return FINISHES[finish]?.[1] ?? finish;
}

export function isCut(finish: string): boolean {
  return ["length", "context", "cancelled", "error", "running"].includes(finish);
}

export function outcomeOf(verdict: Verdict | undefined, finish: string): Outcome {
  const found = tested(verdict) ?? parsed(verdict) ?? { sign: "", text: FINISHES[finish]?.[0] ?? finish, words: finishWords(finish), kind: "" as const, order: 1 };
  const findings = verdict?.findings ?? 0;
  const more = [verdict?.status && verdict.parses === false ? "does not parse" : "", findings ? `${findings} ${findings === 1 ? "finding" : "findings"} of linters` : ""].filter(Boolean);
  return { ...found, words: [found.words, ...more].join(", ") };
}

function tested(verdict: Verdict | undefined): Outcome | null {
  const { status = "", passed = 0, total = 0 } = verdict ?? {};
  const share = total ? passed / total : 0;
  if (status === "passed") return { sign: "✓", text: total ? `${passed}/${total}` : "passed", words: total === 1 ? "its test passed" : total ? `all ${total} tests passed` : "tests passed", kind: "good", order: 0 };
  if (status === "failed") return { sign: "✗", text: total ? `${passed}/${total}` : "failed", words: total ? `${passed} of ${total} tests passed` : "tests failed", kind: "bad", order: 3 - share };
  if (status === "error") return { sign: "✗", text: "error", words: "stopped with an error", kind: "bad", order: 3.1 };
  if (status === "timeout") return { sign: "✗", text: "time-out", words: "ran out of time", kind: "bad", order: 3.2 };
  if (status === "not_runnable") return { sign: "–", text: "not run", words: "cannot be run", kind: "odd", order: 4 };
  return null;
}

function parsed(verdict: Verdict | undefined): Outcome | null {
  if (verdict?.parses === false) return { sign: "✗", text: "parse", words: "does not parse", kind: "odd", order: 5 };
  if (verdict?.parses) return { sign: "", text: "parses", words: "parses", kind: "", order: 1 };
  return null;
}

/** "2 pass · 5 fail · 1 does not parse", for the runs of a tree; "" where nobody has looked. */
export function tally(outcomes: readonly Outcome[], verdicts: readonly (Verdict | undefined)[]): string[] {
  const good = outcomes.filter(({ kind }) => kind === "good").length;
  const bad = outcomes.filter(({ kind }) => kind === "bad").length;
  const broken = verdicts.filter((verdict) => verdict?.parses === false).length;
  return [good ? `✓ ${good} pass` : "", bad ? `✗ ${bad} fail` : "", broken ? `${broken} ${broken === 1 ? "does" : "do"} not parse` : ""].filter(Boolean);
}
