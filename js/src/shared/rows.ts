/** Which lines of several runs stand side by side. Pure; the reference is one of the runs. */
import { fragments, isBlank } from "./text";

/** A span of an alignment: [operation, reference start, reference end, other start, other end]; 0 is "equal". */
export type Span = [number, number, number, number, number];

export interface Piece {
  token: number;
  text: string;
  newline: boolean;
}

/** Texts of tokens, cut into lines. */
export function linesOf(texts: readonly string[]): Piece[][] {
  const lines: Piece[][] = [[]];
  texts.forEach((text, token) => {
    for (const fragment of fragments(text)) {
      lines[lines.length - 1].push({ token, ...fragment });
      if (fragment.newline) lines.push([]);
    }
  });
  if (lines.length > 1 && lines[lines.length - 1].length === 0) lines.pop();
  return lines;
}

/** For each token, the line where it begins. */
export function lineIndex(lines: readonly Piece[][], tokens: number): Int32Array {
  const out = new Int32Array(tokens).fill(lines.length - 1);
  for (let l = lines.length - 1; l >= 0; l--) for (const piece of lines[l]) out[piece.token] = l;
  return out;
}

/** For each token of the reference its equal in the other run, or −1. */
export function partners(spans: readonly Span[], tokens: number): Int32Array {
  const out = new Int32Array(tokens).fill(-1);
  for (const [operation, from, to, other] of spans) {
    if (operation === 0) for (let i = from; i < to && i < tokens; i++) out[i] = other + i - from;
  }
  return out;
}

/** The inverse of `partners`. */
export function inverse(forward: Int32Array, tokens: number): Int32Array {
  const out = new Int32Array(tokens).fill(-1);
  forward.forEach((other, i) => {
    if (other >= 0 && other < tokens) out[other] = i;
  });
  return out;
}

/** Spans for a run that is still being written: equal up to the first difference, then not compared yet. */
export function prefixSpans(reference: readonly number[], other: readonly number[]): Span[] {
  const shortest = Math.min(reference.length, other.length);
  let n = 0;
  while (n < shortest && reference[n] === other[n]) n++;
  return n ? [[0, 0, n, 0, n]] : [];
}

export interface Side {
  lineOf: Int32Array;
  /** Tokens in each line that are more than white space. */
  weights: number[];
  /** Reference token to this run's token. */
  partner: Int32Array;
}

export interface Arrangement {
  reference: number[];
  others: number[][];
  rows: number;
}

/** How many tokens of each line are more than white space. */
export function lineWeights(lines: readonly Piece[][]): number[] {
  return lines.map((line) => line.filter((piece) => !isBlank(piece.text)).length);
}

/** Rows (from 0) for the lines of the reference and of each other run, so that like lines stand in one row. */
export function arrange(reference: Omit<Side, "partner">, others: readonly Side[]): Arrangement {
  const count = reference.weights.length;
  const anchored = others.map((side) => anchors(reference, side));
  const extras = new Int32Array(count + 1);
  for (const pairs of anchored) {
    for (let g = 1; g < pairs.length; g++) {
      const [fromRef, fromOther] = pairs[g - 1];
      const [toRef, toOther] = pairs[g];
      extras[toRef] = Math.max(extras[toRef], toOther - fromOther - (toRef - fromRef));
    }
  }
  const placed: number[] = [];
  let row = 0;
  for (let l = 0; l < count; l++) {
    row += extras[l];
    placed.push(row++);
  }
  return { reference: placed, others: anchored.map((pairs) => place(pairs, placed, extras)), rows: row + extras[count] };
}

/** Pairs of lines that are alike, in order, between a virtual start and end: half of their tokens are shared. */
function anchors(reference: Omit<Side, "partner">, side: Side): [number, number][] {
  const shared = new Map<string, number>();
  side.partner.forEach((other, i) => {
    if (other < 0) return;
    const key = `${reference.lineOf[i]},${side.lineOf[other]}`;
    shared.set(key, (shared.get(key) ?? 0) + 1);
  });
  const pairs: [number, number][] = [[-1, -1]];
  for (const [key, tokens] of shared) {
    const [ref, line] = key.split(",").map(Number);
    const [lastRef, lastOther] = pairs[pairs.length - 1];
    const alike = tokens * 2 >= Math.max(reference.weights[ref], side.weights[line]);
    if (alike && ref > lastRef && line > lastOther) pairs.push([ref, line]);
  }
  pairs.push([reference.weights.length, side.weights.length]);
  return pairs;
}

/** Lines between two anchors take the reference's rows between them, then the extra rows before the second. */
function place(pairs: readonly [number, number][], reference: readonly number[], extras: Int32Array): number[] {
  const out: number[] = [];
  for (let g = 1; g < pairs.length; g++) {
    const [fromRef, fromOther] = pairs[g - 1];
    const [toRef, toOther] = pairs[g];
    const room = toRef - fromRef - 1;
    for (let k = 0; k < toOther - fromOther - 1; k++) {
      const end = toRef < reference.length ? reference[toRef] - extras[toRef] : (reference[reference.length - 1] ?? -1) + 1;
      out.push(k < room ? reference[fromRef + 1 + k] : end + k - room);
    }
    if (toRef < reference.length) out.push(reference[toRef]);
  }
  return out;
}
