/** Roles as text colours, findings as squiggles, a selected node as a frame around its tokens. */
import type { Finding, Syntax } from "./syntax";
import type { TokenArea } from "./token_area";

const CLASSES: Record<string, string> = {
  keyword: "yk",
  "identifier.definition": "yd",
  "identifier.type": "yt",
  "identifier.constant": "yb",
  comment: "yc",
  docstring: "yc",
  "literal.string": "ys",
  "literal.delimiter": "ys",
  "literal.regex": "ys",
  "literal.escape": "yn",
  "literal.boolean": "yb",
  "literal.none": "yb",
  literal: "yn",
  operator: "yo",
  punctuation: "yo",
};

/** The class that colours a role; empty for plain text. */
export function roleClass(role: string): string {
  return CLASSES[role] ?? CLASSES[role.split(".")[0]] ?? "";
}

const GRAVITY = { error: 3, warning: 2, note: 1 };

/** The gravest of what was found at each token. */
export function gravest(syntax: Syntax): Map<number, Finding> {
  const out = new Map<number, Finding>();
  for (const finding of syntax.findings) {
    if (finding.first < 0) continue;
    for (let i = finding.first; i <= finding.last; i++) {
      const before = out.get(i);
      if (!before || GRAVITY[finding.severity] > GRAVITY[before.severity]) out.set(i, finding);
    }
  }
  return out;
}

const SYNTAX_CLASS = /\s*\b(y[a-z]|w[ewn]|nd|nd0|nd1)\b/g;

export interface Painted {
  syntax: Syntax | null;
  /** First and last token of the selected node. */
  span: [number, number] | null;
}

export class SyntaxPaint {
  #key: unknown[] = [];

  /** Give every token its classes; only where something changed. */
  paint(area: TokenArea, { syntax, span }: Painted): void {
    const key = [syntax, span?.[0], span?.[1], area.length, area.spanOf(0)];
    if (key.every((part, i) => part === this.#key[i])) return;
    this.#key = key;
    const found = syntax ? gravest(syntax) : new Map<number, Finding>();
    for (let i = 0; i < area.length; i++) {
      const finding = found.get(i);
      let added = syntax && i < syntax.length ? roleClass(syntax.role(i)) : "";
      if (finding) added += ` w${finding.severity[0]}`;
      if (span && i >= span[0] && i <= span[1]) added += ` nd${i === span[0] ? " nd0" : ""}${i === span[1] ? " nd1" : ""}`;
      const parts = area.spansOf(i);
      parts.forEach((element, part) => {
        // a token that spans lines: the frame begins and ends once
        const ends = part ? added.replace(" nd0", "") : added;
        const own = part < parts.length - 1 ? ends.replace(" nd1", "") : ends;
        const name = `${element.className.replace(SYNTAX_CLASS, "").trimEnd()} ${own.trim()}`.trimEnd();
        if (element.className !== name) element.className = name;
      });
    }
  }
}

/** Percentile of each value among those with the same role, 0 … 100, equal ones counting half; NaN stays NaN. */
export function rolePercentiles(values: ArrayLike<number>, roles: ArrayLike<string>): Float64Array {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const group = groups.get(roles[i]);
    if (group) group.push(values[i]);
    else groups.set(roles[i], [values[i]]);
  }
  for (const group of groups.values()) group.sort((a, b) => a - b);
  const out = new Float64Array(values.length).fill(NaN);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const group = groups.get(roles[i])!;
    out[i] = (50 * (position(group, values[i], false) + position(group, values[i], true))) / group.length;
  }
  return out;
}

/** How many are smaller, or with `equal` not larger. */
function position(sorted: number[], value: number, equal: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (equal && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
