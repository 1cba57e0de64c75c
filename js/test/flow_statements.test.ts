import { expect, test } from "vitest";
import { costStatement, edgeLabel, exactShare, flowStatement, mapStatement, share, trustStatement, trustVerdict, weightText } from "../src/flow/statements";
import type { FlowInfo, Trust } from "../src/shared/protocol";

const info: FlowInfo = { title: "attention, mean of 30 layers × 9 heads", quantity: "share", signed: false, direction: "read", unit: "token", at: null, edges_total: 50000, edges_kept: 5000, mass_kept: 0.83, scale: 1, notes: [], partial: false };
const edges = (n: number) => Array.from({ length: n }, (_, far) => ({ far, weight: 1 }));
const flow = { near: 43, shown: edges(7), edges: 7, sources: 43, mass: 1, shownMass: 0.53 };
const trust: Trust = { top: 7, unit: "tokens", drop: 13.22, random: 3.06, random_low: 2, random_high: 4.4, quantity: "nats", against: false, text: null };

test("one sentence states what is shown and what is left out", () => {
  expect(flowStatement(info, flow, false)).toBe("attention, mean of 30 layers × 9 heads · 7 of 43 sources, 53 % of the mass · sink removed");
  expect(flowStatement({ ...info, direction: "readers" }, flow, true)).toContain("7 of 43 readers");
  expect(flowStatement({ ...info, quantity: "nats", signed: true, unit: "line" }, flow, true)).toContain("7 of 43 source lines, 53 % of the effect, signs aside");
  expect(flowStatement(info, { ...flow, shown: [], sources: 0 }, true)).toContain("no sources");
  expect(mapStatement(info, true)).toContain("5,000 of 50,000 edges, 83 % of the mass");
});

test("of a map that was stopped, shares are those of what was computed", () => {
  const one = { ...flow, shown: edges(1), edges: 1, sources: 23, mass: 0.5, shownMass: 0.5 };
  expect(flowStatement({ ...info, title: "ablation", quantity: "nats", unit: "line", partial: true }, one, true)).toBe("ablation · 1 of 23 source lines computed so far · 1 shown, 100 % of what was computed");
});

test("a long title is cut, unless all of it is asked for", () => {
  const long = { ...info, title: "x".repeat(3000) };
  expect(flowStatement(long, flow, true).length).toBeLessThan(200);
  expect(flowStatement(long, flow, true, Infinity).length).toBeGreaterThan(3000);
});

test("shares claim neither all nor nothing", () => {
  expect([share(1, 1), share(0.999, 1), share(0.001, 1), share(0, 1), share(1, 0)]).toEqual(["100 %", "> 99 %", "< 1 %", "0 %", "–"]);
  expect([exactShare(0.0824, 1), exactShare(0.0001, 1)]).toEqual(["8.2 %", "< 0.1 %"]);
});

test("signed weights carry their sign, with a true minus", () => {
  expect([weightText(1.234, true), weightText(-0.0456, true), weightText(12.34, false), weightText(NaN, true)]).toEqual(["+1.23", "−0.046", "12.3", "–"]);
});

test("trust is a comparison with random deletions, in figures and in a plain word", () => {
  expect(trustStatement(trust, 7)).toBe("Deleting the strongest 7 tokens costs 13.2 nats; 7 at random, 3.1 (2.0–4.4).");
  expect(trustStatement({ ...trust, top: 1, random: 0.034, random_low: -0.3 }, 5)).toBe("Deleting the strongest token (of the 5 shown) costs 13.2 nats; 1 at random, 0.03 (−0.30 … 4.4).");
  expect(trustVerdict(trust)).toBe("worth 4.3 random ones");
  expect(trustVerdict({ ...trust, drop: 4 })).toBe("within the range of chance");
  expect(trustVerdict({ ...trust, drop: 2 })).toBe("no better than chance");
  expect(trustVerdict({ ...trust, drop: -1 })).toBe("deleting them costs nothing: do not trust these arcs");
});

test("what speaks against the token gains when it is deleted", () => {
  const against: Trust = { ...trust, top: 2, unit: "lines", drop: 6.9, random: -0.3, random_low: -1, random_high: 0.4, against: true };
  expect(trustStatement(against, 2)).toBe("Deleting the strongest 2 lines, all against it, gains 6.9 nats; 2 at random, −0.30 (−1.0 … 0.40).");
  expect(trustVerdict(against)).toBe("far beyond random ones");
  expect(trustVerdict({ ...against, drop: -0.1 })).toBe("deleting them gains nothing: do not trust these arcs");
});

test("nothing is divided by almost nothing", () => {
  expect(trustVerdict({ ...trust, random: 0.0144, random_low: 0.01, random_high: 0.02 })).toBe("far beyond random ones");
  expect(trustVerdict({ ...trust, random_low: 0 })).toBe("far beyond random ones");
});

test("costs and what is out of sight", () => {
  expect(costStatement(34, "19 tokens, 20 forward passes")).toBe("About 34 s: 19 tokens, 20 forward passes");
  expect(costStatement(200, "")).toBe("About 3 min");
  expect([edgeLabel(3, false, "source", "above"), edgeLabel(1, true, "source", "below"), edgeLabel(0, false, "source", "above")]).toEqual(["3 sources above", "the token, 1 source below", ""]);
});
