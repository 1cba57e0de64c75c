/** Which line of the text a token stands in, as a reader counts lines. Pure. */
import { isBlank } from "../shared/text";

export interface Lines {
  /** Line of each token, from 0; a token that spans lines belongs to its last visible one. */
  of: Int32Array;
  count: number;
  /** What a line says, in short. */
  text(line: number): string;
}

export function linesIn(texts: readonly string[]): Lines {
  const of = new Int32Array(texts.length);
  const contents: string[] = [""];
  texts.forEach((text, i) => {
    const parts = text.split("\n");
    // ":\n" ends its line, "\n    " indents the next
    const own = parts.length > 1 && parts[parts.length - 1] === "" ? parts.length - 2 : parts.length - 1;
    of[i] = contents.length - 1 + own;
    parts.forEach((part, j) => (j ? contents.push(part) : (contents[contents.length - 1] += part)));
  });
  const count = contents.length > 1 && contents[contents.length - 1] === "" ? contents.length - 1 : contents.length;
  return { of, count, text: (line) => (contents[line] ?? "").trim() };
}

/** The first token of a range that is more than white space, or the first. */
export function headOf(texts: readonly string[], [from, to]: [number, number]): number {
  for (let i = from; i < to; i++) if (!isBlank(texts[i] ?? "")) return i;
  return from;
}
