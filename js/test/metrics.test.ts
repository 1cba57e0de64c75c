import { expect, test } from "vitest";
import { absoluteScale, count, HEAT_STEPS, metricOf, METRICS, number, percent } from "../src/shared/metrics";

test("shares are written without claiming certainty", () => {
  expect([percent(1), percent(0.99999), percent(0.5), percent(0.00001), percent(0), percent(NaN)]).toEqual(["100 %", "> 99.9 %", "50.0 %", "< 0.1 %", "0.0 %", "–"]);
  expect([number(1.234), number(Infinity), count(1234)]).toEqual(["1.23", "–", "1,234"]);
});

test("the absolute scale goes from sure to unsure", () => {
  const scale = absoluteScale(METRICS.probability);
  expect([scale(1), scale(0), scale(NaN)]).toEqual([0, HEAT_STEPS, -1]);
  expect(absoluteScale(METRICS.rank)(1)).toBe(0);
  expect(absoluteScale(METRICS.surprisal)(99)).toBe(HEAT_STEPS);
});

test("an unknown metric falls back to surprisal", () => expect(metricOf("no such").name).toBe("surprisal"));
