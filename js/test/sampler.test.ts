import { expect, test } from "vitest";
import { Reading } from "../src/sampler/reading";
import { placeOf, stopsOf, valueAt } from "../src/sampler/sliders";
import { barOf } from "../src/sampler/strip";
import { exactText, fateWords, leftOut, shareText, wholeText } from "../src/sampler/words";
import { reweighted, type SamplerSettings } from "../src/shared/reweighting";
import { RunStore } from "../src/shared/runs";
import { runState } from "./sampler_fixtures";

const PLAIN: SamplerSettings = { temperature: 1, top_k: null, top_p: null, min_p: null };

function readingOf(settings: Partial<SamplerSettings>, vocabulary: number | null = 100, change = {}): Reading {
  const store = new RunStore();
  store.load(runState(change)._snapshot);
  const reading = new Reading(store.runs.get("r")!, vocabulary);
  reading.use({ ...PLAIN, ...settings });
  return reading;
}

test("at temperature 1 every written token keeps its probability", () => {
  const whole = readingOf({}).whole();
  expect(whole.high).toBeCloseTo(Math.log(0.5 * 0.2 * 0.02), 5);
  expect(whole.low).toBeCloseTo(whole.was, 5);
  expect([whole.impossible, whole.tokens, whole.unknown]).toEqual([[], 3, 0]);
});

test("a written token that is not stored is judged by its rank and its own probability", () => {
  expect(readingOf({ top_k: 4 }).written(3)!.removed).toBe("top-k");
  expect(readingOf({ top_k: 5 }).written(3)!.removed).toBe("");
  expect(readingOf({ min_p: 0.1 }).written(3)!.removed).toBe("min-p");
  expect(readingOf({ temperature: 0 }).written(3)!.removed).toBe("temperature 0");
});

test("a run is impossible where one of its tokens is, and says which", () => {
  const whole = readingOf({ top_p: 0.5 }).whole();
  expect([whole.impossible, wholeText(whole)]).toEqual([[2, 3], "impossible"]);
});

test("tokens that were put in by hand do not count", () => {
  const whole = readingOf({}, 100, { role: 2 }).whole();
  expect([whole.tokens, Math.exp(whole.was)]).toEqual([2, expect.closeTo(0.01, 5)]);
  expect([leftOut(whole), leftOut(readingOf({}).whole())]).toEqual(["without 1 token put in by hand", ""]);
});

test("of the first token, and of a run without alternatives, nothing is known", () => {
  expect([readingOf({}).written(0), readingOf({}).at(0)]).toEqual([null, null]);
  const bare = readingOf({}, 100, { alternatives: false });
  expect([bare.widest, bare.whole().tokens, leftOut(bare.whole())]).toEqual([0, 0, "without 3 tokens of unknown probability"]);
});

test("what changes the most comes first, impossible tokens before all", () => {
  expect(readingOf({ temperature: 0.5, top_k: 3 }).changed(2)).toEqual([3, 2]);
  expect(readingOf({}).changed(5)).toEqual([]);
});

test("a slider of top-k goes through the stored tokens one by one, then in leaps, and ends off", () => {
  const stops = stopsOf(3);
  expect(stops).toEqual([1, 2, 3, 20, 50, 100, 200, 500, 1000]);
  expect([placeOf("top_k", 2, stops), placeOf("top_k", 30, stops), placeOf("top_k", null, stops)]).toEqual([1, 4, 9]);
  expect([valueAt("top_k", 1, stops), valueAt("top_k", 9, stops)]).toEqual([2, null]);
});

test("top-p at 1 and min-p at 0 are off; temperature 0 is not", () => {
  expect([valueAt("top_p", 1, []), valueAt("min_p", 0, []), valueAt("temperature", 0, [])]).toEqual([null, null, 0]);
  expect([placeOf("top_p", null, []), placeOf("min_p", null, []), placeOf("temperature", 3, [])]).toEqual([1, 0, 2]);
});

test("shares are figures where known and intervals where not", () => {
  expect([shareText(0.123, 0.1231), shareText(0.1, 0.14), shareText(0.001, 0.012), shareText(0, 0.2)]).toEqual(["12.3 %", "10–14 %", "0.1–1.2 %", "0–20 %"]);
  expect([fateWords(0.2, 0.2, ""), fateWords(0.1, 0.2, ""), fateWords(0, 0.2, ""), fateWords(0, 0, "top-p")]).toEqual(["20.0 % under these settings", "between 10.0 % and 20.0 % under these settings", "at most 20.0 % under these settings", "cannot be drawn (top-p)"]);
});

test("the run's probability is a number, an interval or an upper bound", () => {
  const whole = { was: -3, impossible: [], unknown: 0, replaced: 0, tokens: 2 };
  expect([wholeText({ ...whole, low: -2, high: -2 }), wholeText({ ...whole, low: -3, high: -2 }), wholeText({ ...whole, low: -Infinity, high: -2 }), wholeText({ ...whole, low: 0, high: 0 })]).toEqual(["−2.00 nats", "−3.00 to −2.00 nats", "at most −2.00 nats", "certain: 0 nats"]);
});

test("it says why numbers are exact, and what is missing where they are not", () => {
  const logprobs = [0.5, 0.3, 0.1].map(Math.log);
  const text = (settings: Partial<SamplerSettings>, vocabulary: number | null = 49_152): string => exactText(reweighted(logprobs, 0.1, vocabulary, { ...PLAIN, ...settings }), 0.1, vocabulary, 3, 0.1);
  expect(text({})).toBe("The tail keeps its share, whatever it is made of.");
  expect(text({ top_k: 2 })).toBe("Only stored tokens can be drawn: the tail plays no part.");
  expect(text({ temperature: 2 })).toMatch(/^Of the other 49,149 tokens only their sum is known \(10.0 %\), and that none exceeds 10.0 %/);
  expect(exactText(reweighted(logprobs, 0.1, 1000, { ...PLAIN, temperature: 2 }), 0.1, 1000, 3, 0.0002)).toContain("none exceeds 0.02 %.");
  expect(text({ temperature: 2 }, null)).toMatch(/^Of the other tokens, of unknown number, only/);
});

test("a bar of the strip is solid as far as it surely reaches", () => {
  const e = Math.E;
  expect(barOf(0.1, 0.1 * e, 0.1 * e)).toEqual({ sure: expect.closeTo(0.5), from: expect.closeTo(0.5), to: expect.closeTo(0.5) });
  expect(barOf(0.5, 0.5 / e, 0.6)).toMatchObject({ sure: 0, from: expect.closeTo(-0.5) });
  expect(barOf(0.5, 0, 0.5 / e)).toMatchObject({ sure: expect.closeTo(-0.5), from: -1 });
});
