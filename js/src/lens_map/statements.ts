/** Sentences about cells and columns. */
import { count, number, percent } from "../shared/metrics";
import { labelText } from "../shared/text";
import type { Cell, LensData } from "./data";

const MANY_BLANKS = /(␣{4,})/g;

const OTHER_SPACES = /\p{Zs}/gu;

/** A token in one line: every kind of blank is seen, long runs are counted. */
export function tokenLabel(text: string): string {
  if (!text) return "∅";
  return labelText(text).replace(OTHER_SPACES, "⍽").replace(MANY_BLANKS, (blanks) => `␣×${blanks.length}`);
}

export const FIRST_TOKEN = "Nothing is predicted before the first token.";

/** When the layers settled on the token that was written. */
export function decisionStatement(data: LensData, column: number, layers: readonly number[], token: string): string {
  if (column === 0) return FIRST_TOKEN;
  if (!data.known(column)) return "";
  const rows = layers.length;
  const decided = data.decidedAt(column, rows);
  const first = data.firstAt(column, rows);
  if (decided < 0) {
    const led = first < 0 ? "No layer prefers it." : `It first led after layer ${layers[first]}, and lost the lead.`;
    return `Never decided: the last layer prefers “${tokenLabel(data.first(rows - 1, column))}”; “${token}” has rank ${count(data.rank(rows - 1, column))}. ${led}`;
  }
  const before = first < decided ? ` It first led after layer ${layers[first]}, and lost the lead again.` : "";
  if (decided === rows - 1) return `Decided at layer ${layers[decided]}, the last: only there is “${token}” the first choice.${before}`;
  return `Decided at layer ${layers[decided]}: from there on “${token}” stays the first choice.${before}`;
}

/** What the columns that are known say together. */
export function summaryStatement(decided: readonly number[], layers: readonly number[]): string {
  if (!decided.length) return "";
  const settled = decided.filter((row) => row >= 0).sort((a, b) => a - b);
  const read = `${decided.length.toLocaleString("en")} ${decided.length === 1 ? "token" : "tokens"} read. `;
  if (!settled.length) return `${read}None is the last layer's first choice.`;
  const all = settled.length === decided.length ? "All" : settled.length.toLocaleString("en");
  return `${read}${all} end as the model's first choice; half of those are decided by layer ${layers[settled[Math.floor((settled.length - 1) / 2)]]}.`;
}

/** A cell in words, for screen readers. */
export function spokenCell(cell: Cell | null, layer: number, column: number, token: string): string {
  const place = `layer ${layer}, token ${column}, ${token}`;
  if (!cell) return `${place}: ${column === 0 ? "nothing is predicted before the first token" : "not computed"}`;
  const leads = cell.rank === 1 ? "which was written" : `${token} has rank ${count(cell.rank)}`;
  return `${place}: first choice ${tokenLabel(cell.top[0].text)}, ${percent(cell.top[0].p)}, ${leads}, probability ${percent(cell.p)}, KL ${number(cell.kl)} nats`;
}

/** What computing costs: seconds, then what for. */
export function costStatement(seconds: number, text: string): string {
  const time = seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
  return `About ${time}: ${text}`;
}
