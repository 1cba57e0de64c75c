import { expect, test } from "vitest";
import { contentSize, layoutOf, modeOf, moved, placeAt, scrollTo, visibleColumns } from "../src/lens_map/geometry";
import internal from "../src/lens_map/internal.json";
import { SHADES } from "../src/lens_map/shade";
import { costStatement, decisionStatement, spokenCell, summaryStatement, tokenLabel } from "../src/lens_map/statements";
import protocol from "../src/shared/protocol.ts?raw";
import { COLUMNS, LAYERS, lensData, windows } from "./lens_map_fixtures";

const data = lensData();
const TOP = { left: 0, top: 0 };

test("words are shown where there is room for them, unless the reader chose", () => {
  expect(modeOf("auto", 760, 75)).toBe("words");
  expect(modeOf("auto", 420, 75)).toBe("compact");
  expect(modeOf("auto", 760, 300)).toBe("compact");
  expect(modeOf("words", 420, 300)).toBe("words");
});

test("columns in sight fill the room and none of them is cut", () => {
  const { cellWidth, gutter } = layoutOf("words", 75, 30, 728);
  const shown = Math.floor((728 - gutter) / cellWidth);
  expect(cellWidth).toBeGreaterThanOrEqual(46);
  expect(728 - gutter - shown * cellWidth).toBeLessThan(shown);
});

test("rows keep their height between words and compact, and get lower only for very deep models", () => {
  expect([layoutOf("words", 75, 30, 728), layoutOf("compact", 75, 30, 728)].map((layout) => layout.cellHeight)).toEqual([16, 16]);
  expect(layoutOf("compact", 75, 80, 728).cellHeight).toBe(10);
});

test("a point names its cell; at the labels only a layer or a token; beside the map nothing", () => {
  const layout = layoutOf("words", 75, 30, 728);
  const size = { width: 728, height: contentSize(layout).height };
  const x = layout.gutter + 3 * layout.cellWidth + 5;
  expect(placeAt(layout, TOP, size, x, 2 * 16 + 3)).toEqual({ row: 2, column: 3 });
  expect(placeAt(layout, { left: layout.cellWidth, top: 0 }, size, x, 3)).toEqual({ row: 0, column: 4 });
  expect(placeAt(layout, TOP, size, 5, 40)).toEqual({ row: 2, column: -1 });
  expect(placeAt(layout, TOP, size, x, size.height - 4)).toEqual({ row: -1, column: 3 });
  expect(placeAt(layout, TOP, size, 5, size.height - 4)).toBeNull();
  expect(placeAt(layoutOf("words", 2, 30, 728), TOP, size, 700, 40)).toBeNull();
});

test("a selection comes into sight: by little at the edge, in the middle from afar, the first column whole", () => {
  const layout = layoutOf("words", 75, 30, 728);
  const size = { width: 728, height: 516 };
  const [, stop] = visibleColumns(layout, TOP, size);
  const next = scrollTo(layout, TOP, size, { row: 29, column: stop - 1 });
  expect(next.left % layout.cellWidth).toBe(0);
  expect(visibleColumns(layout, next, size)[0]).toBeLessThan(4);
  const far = scrollTo(layout, TOP, size, { row: 29, column: 60 });
  const [from, to] = visibleColumns(layout, far, size);
  expect(Math.abs((from + to) / 2 - 60)).toBeLessThan(3);
  expect(scrollTo(layout, far, size, { row: 29, column: 60 })).toEqual(far);
});

test("arrows stay inside the map, and the first one starts at the last layer", () => {
  const layout = layoutOf("words", COLUMNS, 30, 728);
  expect(moved("ArrowRight", layout, { row: -1, column: -1 })).toEqual({ row: 29, column: 1 });
  expect(moved("ArrowDown", layout, { row: 29, column: 4 })).toEqual({ row: 29, column: 4 });
  expect(moved("ArrowUp", layout, { row: 3, column: 4 })).toEqual({ row: 2, column: 4 });
  expect(moved("End", layout, { row: 3, column: 4 })).toEqual({ row: 3, column: 74 });
  expect(moved("Home", layout, { row: 3, column: 4 })).toEqual({ row: 3, column: 0 });
  expect(moved("x", layout, { row: 3, column: 4 })).toBeNull();
});

test("the windows of the real model decode to cells", () => {
  const cell = data.cell(29, 43)!;
  expect(cell.top[0].text).toBe(" a");
  expect(cell.rank).toBe(1);
  expect(cell.p).toBeCloseTo(0.282, 2);
  expect(cell.top[0].p).toBeCloseTo(cell.p, 2);
  expect(cell.kl).toBe(0);
  expect(cell.top.map(({ p }) => p)).toEqual([...cell.top.map(({ p }) => p)].sort((a, b) => b - a));
});

test("nothing is known of the first token, nor of windows that are not here", () => {
  expect(data.cell(3, 0)).toBeNull();
  const part = lensData(windows.slice(0, 1));
  expect([part.known(5), part.known(40), part.complete(5), part.complete(40)]).toEqual([true, false, true, false]);
});

test("a token is decided where it becomes the first choice for good", () => {
  const row = data.decidedAt(43, 30);
  expect(row).toBe(24);
  expect(LAYERS.slice(row).every((layer) => data.rank(layer, 43) === 1)).toBe(true);
  expect(data.rank(row - 1, 43)).not.toBe(1);
});

test("the decision is told in words, and a lead that was lost with it", () => {
  expect(decisionStatement(data, 43, LAYERS, "␣a")).toBe("Decided at layer 24: from there on “␣a” stays the first choice.");
  expect(decisionStatement(data, 20, LAYERS, "␣<=")).toBe("Decided at layer 29, the last: only there is “␣<=” the first choice.");
  expect(decisionStatement(data, 50, LAYERS, "␣")).toMatch(/^Decided at layer 14: .* It first led after layer 0, and lost the lead again\.$/);
  expect(decisionStatement(data, 1, LAYERS, "␣fib")).toMatch(/^Never decided: the last layer prefers “.+”; “␣fib” has rank [\d,]+\. /);
  expect(decisionStatement(data, 0, LAYERS, "def")).toBe("Nothing is predicted before the first token.");
});

test("the whole run is summed up", () => {
  expect(summaryStatement([], LAYERS)).toBe("");
  expect(summaryStatement([24, -1, 20, 28], LAYERS)).toBe("4 tokens read. 3 end as the model's first choice; half of those are decided by layer 24.");
  expect(summaryStatement([-1], LAYERS)).toBe("1 token read. None is the last layer's first choice.");
});

test("invisible and empty tokens can be seen, long indentation is counted", () => {
  expect(tokenLabel("\n" + " ".repeat(7))).toBe("⏎␣×7");
  expect(tokenLabel("\u00a0")).toBe("⍽");
  expect(tokenLabel("")).toBe("∅");
  expect(tokenLabel("\u202eabc")).toBe("⟨202E⟩abc");
});

test("a cell is spoken with all its numbers", () => {
  expect(spokenCell(data.cell(29, 43), 29, 43, "␣a")).toMatch(/^layer 29, token 43, ␣a: first choice ␣a, 28\.\d %, which was written, probability 28\.\d %, KL 0\.00 nats$/);
  expect(spokenCell(data.cell(20, 43), 20, 43, "␣a")).toMatch(/␣a has rank \d+, /);
  expect(spokenCell(null, 3, 0, "def")).toMatch(/nothing is predicted/);
});

test("what it costs is told in seconds or minutes", () => {
  expect(costStatement(34.2, "31 tokens × 30 layers")).toBe("About 34 s: 31 tokens × 30 layers");
  expect(costStatement(300, "x")).toBe("About 5 min: x");
});

test("every shade is pale where the model is sure and hot where it is not", () => {
  for (const [name, sure, unsure] of [["rank", 1, 10_000], ["probability", 1, 0], ["kl", 0, 16]] as const) {
    expect(SHADES[name].heat(sure)).toBe(0);
    expect(SHADES[name].heat(unsure)).toBe(1);
  }
  expect(SHADES.rank.heat(100)).toBeCloseTo(0.5);
});

test("no name that the build shortens is a field of a message or a property of an element", () => {
  const fields = new Set([...protocol.matchAll(/^  (\w+)\??:/gm)].map((match) => match[1]));
  expect(internal.filter((name) => name !== "version" && fields.has(name))).toEqual([]);
  const tags = ["div", "span", "button", "canvas", "table", "tr", "td"];
  expect(internal.filter((name) => name in document || tags.some((tag) => name in document.createElement(tag)))).toEqual([]);
});
