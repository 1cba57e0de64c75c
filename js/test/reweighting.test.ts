import { expect, test } from "vitest";
import cases from "../../tests/fixtures/reweighting.json";
import { reweighted } from "../src/shared/reweighting";

const name = ({ vocabulary_size, settings }: (typeof cases)[number]): string => `${vocabulary_size ?? "unknown"} tokens, ${Object.entries(settings).filter(([, value]) => value !== null).join(" ")}`;

test.each(cases.map((one) => [name(one), one] as const))("of %s the view finds what Python finds", (_name, one) => {
  const found = reweighted(one.top_logprobs, one.tail_mass, one.vocabulary_size, one.settings);
  one.low.forEach((low, i) => expect(found.low[i]).toBeCloseTo(low, 8));
  one.high.forEach((high, i) => expect(found.high[i]).toBeCloseTo(high, 8));
  expect(found.removed).toEqual(one.removed_by);
  expect(found.removed.map((why) => !why)).toEqual(one.kept);
  const [tailLow, tailHigh, tailRemoved] = one.tail as [number, number, string];
  expect(found.tail[0]).toBeCloseTo(tailLow, 8);
  expect(found.tail[1]).toBeCloseTo(tailHigh, 8);
  expect(found.tail[2]).toBe(tailRemoved);
  expect(found.exact).toBe(one.exact);
  for (const [logprob, rank, low, high, removed] of one.outside as [number, number, number, number, string][]) {
    const bounds = found.outside(logprob, rank);
    expect(bounds[0]).toBeCloseTo(low, 8);
    expect(bounds[1]).toBeCloseTo(high, 8);
    expect(bounds[2]).toBe(removed);
  }
});

test("the cases hold all removals, and what is exact and what is not", () => {
  expect(new Set(cases.flatMap((one) => one.removed_by))).toEqual(new Set(["", "top-k", "top-p", "min-p", "temperature 0"]));
  expect(new Set(cases.map((one) => one.exact))).toEqual(new Set([true, false]));
});
