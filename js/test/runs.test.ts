import { expect, test } from "vitest";
import { RunStore } from "../src/shared/runs";
import { buffers, rows } from "./fixtures";

test("rows from the kernel are read", () => {
  const store = new RunStore();
  expect(store.apply(rows, buffers)).toBe(true);
  const run = store.runs.get("run-1")!;
  expect(run.texts).toEqual(["def", " é", "\n"]);
  expect(run.probability(0)).toBeNaN();
  expect(run.probability(1)).toBeCloseTo(0.5);
  expect(run.model.top(1).map(([id]) => id)).toEqual([1, 2]);
  expect(run.label(9)).toBe("#9");
  expect(store.have()).toEqual({ "run-1": 3 });
});

test("rows that came before change nothing", () => {
  const store = new RunStore();
  store.apply(rows, buffers);
  expect(store.apply(rows, buffers)).toBe(true);
  expect(store.runs.get("run-1")!.length).toBe(3);
});

test("a hole is noticed and adds nothing", () => {
  const store = new RunStore();
  expect(store.apply({ ...rows, start: 2 }, buffers)).toBe(false);
  expect(store.runs.get("run-1")!.length).toBe(0);
});
