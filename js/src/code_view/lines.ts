/** The text of nodes and the lines of tokens, from the rows of a run. Pure. */
import { Role, type Run } from "../shared/runs";
import type { Syntax } from "../shared/syntax";
import { displayText } from "../shared/text";

export interface Piece {
  text: string;
  role: string;
}

const LONGEST = 200;
const READABLE = /[\p{L}\p{N}]/u;

/**
 * The first line of a node, token by token; a first line of signs only (an opening of quotes) goes on with the next.
 * Token borders are not cut, so a neighbour's bracket may show.
 */
export function firstLine(run: Run, syntax: Syntax, node: number): Piece[] {
  if (syntax.structure(node) === "module" && syntax.parent(node) < 0) return [{ text: "module", role: "" }];
  const out: Piece[] = [];
  const last = Math.min(Math.max(syntax.first(node), syntax.last(node)), run.length - 1);
  let size = 0;
  let readable = false;
  for (let i = Math.min(syntax.first(node), syntax.last(node)); i >= 0 && i <= last && size < LONGEST; i++) {
    if (run.roles[i] === Role.Special) continue;
    const [line, ...rest] = (out.length ? run.texts[i] : run.texts[i].trimStart()).split(/\r?\n/);
    readable ||= READABLE.test(line);
    const more = rest.length > 0 && !readable;
    const text = more ? `${line} ${rest.join(" ").trim()}` : line;
    readable ||= READABLE.test(text);
    if (text) out.push({ text: displayText(out.at(-1)?.text.endsWith(" ") ? text.trimStart() : text), role: syntax.role(i) });
    size += text.length;
    if (rest.length && !more) break;
  }
  return out;
}

/** The line, from 1, on which each token's first dark character stands. */
export function tokenLines(run: Run): Uint32Array {
  const out = new Uint32Array(run.length);
  let line = 1;
  for (let i = 0; i < run.length; i++) {
    const text = run.texts[i];
    const blank = text.trim() === "" ? "" : text.slice(0, text.length - text.trimStart().length);
    out[i] = line + breaks(blank);
    line += breaks(text);
  }
  return out;
}

function breaks(text: string): number {
  let found = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) found++;
  return found;
}
