/** Signs for findings and hesitations; each has a word beside it, for those who do not see or know the sign. Pure. */
import type { Finding, Hesitation, Syntax } from "../shared/syntax";

export const SIGNS: Record<Finding["severity"], string> = { error: "✗", warning: "!", note: "i" };
export const HESITATION = "◆";
const GRAVEST = ["error", "warning", "note"] as const;

export interface Marks {
  /** The gravest of the findings inside, and how many are as grave; null: none. */
  severity: Finding["severity"] | null;
  findings: number;
  hesitations: number;
  /** "2 errors, 1 hesitation inside"; "" for nothing. */
  words: string;
}

/** What lies inside a node: it begins there, so that of two siblings only one is marked. */
export function marksOf(syntax: Syntax, node: number): Marks {
  const [first, last] = [Math.min(syntax.first(node), syntax.last(node)), Math.max(syntax.first(node), syntax.last(node))];
  const inside = (token: number): boolean => token >= first && token <= last;
  const findings = syntax.findings.filter((finding) => inside(finding.first));
  const hesitations = syntax.hesitations.filter(({ token }) => inside(token)).length;
  const counts = GRAVEST.map((severity) => findings.filter((finding) => finding.severity === severity).length);
  const gravest = counts.findIndex((n) => n > 0);
  const words = [...counts.map((n, i) => plural(n, GRAVEST[i])), plural(hesitations, "hesitation")].filter(Boolean).join(", ");
  return { severity: GRAVEST[gravest] ?? null, findings: counts[gravest] ?? 0, hesitations, words: words && `${words} inside` };
}

export function plural(n: number, word: string): string {
  return n ? `${n} ${word}${n === 1 ? "" : "s"}` : "";
}

export const FORKS: readonly (readonly [Hesitation["fork"], string, string])[] = [
  ["structural", "Structural forks", "Other likely tokens parse to another tree: the program's shape hung on this choice."],
  ["naming", "Naming forks", "Other likely tokens only rename."],
  ["wording", "Wording", "Other likely tokens only change a literal, a comment or a docstring."],
  ["none", "Open choices", "No single other token was likely, or none could be compared."],
];
