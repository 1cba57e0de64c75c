import { expect, test } from "vitest";
import { headOf, linesIn } from "../src/flow/lines";
import { lineFlows, type LineFlow } from "../src/flow/overview";
import { isAttention, keyOf, type Question } from "../src/flow/question";
import { tintsOf } from "../src/flow/tints";
import { keys, mapOf, stored20, stored75 } from "./flow_fixtures";

const READ = "attention|mean|mean|read|token|nosink";

test("keys are those of the kernel", () => {
  for (const { question, key } of keys) expect(keyOf(question as Question)).toBe(key);
  expect([isAttention("attention_rollout"), isAttention("ablation")]).toEqual([true, false]);
});

test("the sources of a token are cut at a share of the strongest; what is left out is known", () => {
  const map = mapOf(stored20, READ);
  const all = map.flow(17, 0);
  const few = map.flow(17, 0.3);
  expect(all.shown.length).toBe(all.sources);
  expect(all.shownMass).toBeCloseTo(all.mass, 4);
  expect(few.edges).toBe(all.shown.length);
  expect(few.shown.every(({ weight }) => weight >= 0.3 * all.shown[0].weight)).toBe(true);
  expect(few.mass).toBe(all.mass);
});

test("shares stay those of everything, also where the map keeps the strongest edges only", () => {
  const flow = mapOf(stored75, READ).flow(74, 0);
  expect(flow.shown.length).toBe(32);
  expect(flow.sources).toBeGreaterThan(32);
  expect(flow.shownMass).toBeLessThan(flow.mass);
});

test("a token outside has no arcs; an attribution covers its own token only", () => {
  const map = mapOf(stored75, `ablation|${stored75.at}||token|nosink`);
  expect([map.covers(stored75.at), map.covers(3), map.covers(-1), map.covers(75)]).toEqual([true, false, false, false]);
  expect(map.flow(999, 0).shown).toEqual([]);
});

test("a line stands for its tokens, and a token leads to its line", () => {
  const map = mapOf(stored75, "attention|mean|mean|read|line|nosink");
  for (const far of [0, 3, 7]) {
    const [from, to] = map.range(far);
    expect([map.farOf(from), map.farOf(to - 1)]).toEqual([far, far]);
  }
  expect(map.farOf(999)).toBe(-1);
  expect(mapOf(stored75, READ).farOf(12)).toBe(12);
});

test("of a token's own line, only what comes before it can have been read", () => {
  const map = mapOf(stored75, "attention|mean|mean|read|line|nosink");
  const own = map.farOf(45);
  const [from, to] = map.range(own);
  expect(from).toBeLessThan(45);
  expect(to).toBeGreaterThan(45);
  expect([map.reach(own, 45), map.reach(own - 1, 45)]).toEqual([[from, 45], map.range(own - 1)]);
  const tinted = [...tintsOf(map.flow(45, 0), map).keys()];
  expect(tinted.length).toBeGreaterThan(0);
  expect(Math.max(...tinted)).toBe(44);
  expect(mapOf(stored75, READ).reach(12, 12)).toEqual([12, 13]);
});

test("lines are those that a reader counts", () => {
  const texts = ["def", " f():", "\n   ", " x", ":\n", "y"];
  const lines = linesIn(texts);
  expect([[...lines.of], lines.count, lines.text(1)]).toEqual([[0, 0, 1, 1, 1, 2], 3, "x:"]);
  expect(headOf(texts, [2, 5])).toBe(3);
});

test("the strongest flows from line to line come first, in slices", () => {
  const map = mapOf(stored75, READ);
  const texts = Array.from({ length: 75 }, (_, i) => (i % 10 === 9 ? "x\n" : "x"));
  const out: LineFlow[] = [];
  for (const _ of lineFlows(map, linesIn(texts), 5, out)) void _;
  expect(out.length).toBe(5);
  expect(out.every((flow, i) => i === 0 || flow.weight <= out[i - 1].weight)).toBe(true);
  expect(out.every(({ near, far }) => far < near)).toBe(true);
});
