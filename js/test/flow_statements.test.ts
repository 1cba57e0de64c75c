import { expect, test } from "vitest";
import { costStatement, edgeLabel, exactShare, flowStatement, mapStatement, share, trustStatement, trustVerdict, weightText } from "../src/flow/statements";
import type { FlowInfo, Trust } from "../src/shared/protocol";

const info: FlowInfo = { title: "attention, mean of 30 layers × 9 heads", quantity: "share", signed: false, direction: "read", unit: "token", at: null, targets: null, edges_total: 50000, edges_kept: 5000, mass_kept: 0.83, scale: 1, notes: [], partial: false };
const edges = (n: number) => Array.from({ length: n }, (_, far) => ({ far, weight: 1 }));
const flow = { near: 43, shown: edges(7), hidden: [], sources: 43, mass: 1, shownMass: 0.53 };
const trust: Trust = { top: 7, unit: "tokens", drop: 13.22, random: 3.06, random_low: 2, random_high: 4.4, quantity: "nats", text: null };

test("one sentence states what is shown and what is left out", () => {
  expect(flowStatement(info, flow, false)).toBe("attention, mean of 30 layers × 9 heads · 7 of 43 sources, 53 % of the mass · sink removed");
  expect(flowStatement({ ...info, direction: "readers" }, flow, true)).toContain("7 of 43 readers");
  expect(flowStatement({ ...info, quantity: "nats", signed: true, unit: "line", partial: true }, flow, true)).toContain("7 of 43 source lines, 53 % of the effect, signs aside · partial");
  expect(flowStatement(info, { ...flow, shown: [], sources: 0 }, true)).toContain("no sources");
  expect(mapStatement(info, true)).toContain("5,000 of 50,000 edges, 83 % of the mass");
});

test("shares claim neither all nor nothing", () => {
  expect([share(1, 1), share(0.999, 1), share(0.001, 1), share(0, 1), share(1, 0)]).toEqual(["100 %", "> 99 %", "< 1 %", "0 %", "–"]);
  expect([exactShare(0.0824, 1), exactShare(0.0001, 1)]).toEqual(["8.2 %", "< 0.1 %"]);
});

test("signed weights carry their sign, with a true minus", () => {
  expect([weightText(1.234, true), weightText(-0.0456, true), weightText(12.34, false), weightText(NaN, true)]).toEqual(["+1.23", "−0.046", "12.3", "–"]);
});

test("trust is a comparison with random deletions, in figures and in a plain word", () => {
  expect(trustStatement(trust)).toBe("Deleting the strongest 7 tokens costs 13.2 nats; 7 at random, 3.1 (2.0–4.4).");
  expect(trustVerdict(trust)).toBe("worth 4.3 random ones");
  expect(trustVerdict({ ...trust, drop: 4 })).toBe("within the range of chance");
  expect(trustVerdict({ ...trust, drop: 2 })).toBe("no better than chance");
  expect(trustVerdict({ ...trust, drop: -1 })).toContain("do not trust");
});

test("costs and what is out of sight", () => {
  expect(costStatement(34, "19 tokens, 20 forward passes")).toBe("About 34 s: 19 tokens, 20 forward passes");
  expect(costStatement(200, "")).toBe("About 3 min");
  expect([edgeLabel(3, false, "source", "above"), edgeLabel(1, true, "source", "below"), edgeLabel(0, false, "source", "above")]).toEqual(["3 sources above", "the token, 1 source below", ""]);
});
