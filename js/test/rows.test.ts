import { expect, test } from "vitest";
import { arrange, inverse, lineIndex, linesOf, lineWeights, partners, prefixSpans, type Side, type Span } from "../src/shared/rows";

function side(texts: string[], spans: Span[], reference: string[]): Side {
  const lines = linesOf(texts);
  return { lineOf: lineIndex(lines, texts.length), weights: lineWeights(lines), partner: partners(spans, reference.length) };
}

const REFERENCE = ["a\n", "b\n", "c\n"];
const same: Span[] = [[0, 0, 3, 0, 3]];

test("identical runs share every row", () => {
  const a = side(REFERENCE, same, REFERENCE);
  expect(arrange(a, [a])).toEqual({ reference: [0, 1, 2], others: [[0, 1, 2]], rows: 3 });
});

test("an inserted line gets a row of its own", () => {
  const other = side(["a\n", "x\n", "b\n", "c\n"], [[0, 0, 1, 0, 1], [0, 1, 3, 2, 4]], REFERENCE);
  expect(arrange(side(REFERENCE, same, REFERENCE), [other])).toEqual({ reference: [0, 2, 3], others: [[0, 1, 2, 3]], rows: 4 });
});

test("a replaced line stands beside what it replaces, also with several runs", () => {
  const replaced = side(["a\n", "x\n", "c\n"], [[0, 0, 1, 0, 1], [0, 2, 3, 2, 3]], REFERENCE);
  const longer = side(["a\n", "b\n", "c\n", "d\n"], same, REFERENCE);
  expect(arrange(side(REFERENCE, same, REFERENCE), [replaced, longer])).toEqual({ reference: [0, 1, 2], others: [[0, 1, 2], [0, 1, 2, 3]], rows: 4 });
});

test("partners and their inverse agree", () => {
  const forward = partners([[0, 0, 1, 0, 1], [0, 1, 3, 2, 4]], 3);
  expect([...forward]).toEqual([0, 2, 3]);
  expect([...inverse(forward, 4)]).toEqual([0, -1, 1, 2]);
  expect(prefixSpans([1, 2, 3], [1, 2, 4])).toEqual([[0, 0, 2, 0, 2]]);
});
