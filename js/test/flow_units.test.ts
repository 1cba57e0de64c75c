/** Statements and functions as sources. */
import { expect, test, vi } from "vitest";
import { mounted, withStillTime } from "./mounted";
import widget from "../src/flow/index";
import { linesIn } from "../src/flow/lines";
import { FlowMap } from "../src/flow/maps";
import { lineFlows, type LineFlow } from "../src/flow/overview";
import type { FlowMessage } from "../src/shared/protocol";
import { StaticModel } from "../src/shared/static_model";
import { liveModel, mapOf, stored75 } from "./flow_fixtures";

const AT = stored75.at;
const NO_CODE = "unit='statement': no syntax tree. Use 'line'.";
withStillTime();

/** The map by line under another unit: what a far end is called is all that differs. */
function mapsBy(unit: "statement" | "function") {
  const byLine = stored75.maps.find((map) => map.key === "attention|mean|mean|read|line|nosink")!;
  return { ...byLine, key: `attention|mean|mean|read|${unit}|nosink`, map: { ...byLine.map, unit } };
}

function render(model: StaticModel) {
  const { el, text } = mounted(widget, model);
  const press = (label: string): void => [...el.querySelectorAll("button")].find((found) => found.textContent === label)!.click();
  return { el, text, press };
}

function live(traits: Record<string, unknown> = {}) {
  const kernel = liveModel({ ...stored75, maps: [...stored75.maps, mapsBy("statement"), mapsBy("function")] as typeof stored75.maps }, traits);
  const view = render(kernel.model);
  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(300);
    kernel.answer();
    await vi.advanceTimersByTimeAsync(50);
  };
  return { ...kernel, ...view, settle };
}

function saved(traits: Record<string, unknown> = {}) {
  const maps = [...stored75.maps.filter((map) => map.key?.startsWith("attention|mean|mean|read|")), mapsBy("function")];
  const view = render(new StaticModel({ ...stored75.state, selected: AT, _maps: maps, _static: true, ...traits }));
  vi.advanceTimersByTime(50);
  return view;
}

test.each(["statement", "function"])("the unit can be a %s, and the kernel is asked for it", async (unit) => {
  const view = live({ selected: AT });
  await view.settle();
  view.press(`${unit}s`);
  await vi.advanceTimersByTimeAsync(50);
  expect(view.model.get("unit")).toBe(unit);
  expect(view.asked.filter(({ action }) => action === "map").map((sent) => sent.arguments.unit)).toEqual([unit]);
  await view.settle();
  expect(view.text(".ts-statement")).toMatch(new RegExp(`^attention, .* · \\d+ of \\d+ source ${unit}s, \\d+ % of the mass`));
});

test("a source is named by its first line, and the token's own is marked", async () => {
  const view = live({ selected: AT, unit: "statement", threshold: 0 });
  await view.settle();
  const labels = [...view.el.querySelectorAll(".ts-sources tbody th")].map((cell) => cell.textContent!);
  expect(labels.filter((label) => label.endsWith("(its own statement)")).length).toBe(1);
  expect(labels.length).toBe(mapOf(stored75, "attention|mean|mean|read|line|nosink").flow(AT, 0).shown.length);
});

test("a text without code says so, and the flow goes on by line", async () => {
  const view = live({ selected: AT });
  await view.settle();
  view.press("statements");
  await vi.advanceTimersByTimeAsync(50);
  const [sent] = view.asked.splice(0);
  view.model.receive({ kind: "reply", request: sent.request, ok: false, error: NO_CODE });
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-statement")).toBe(NO_CODE);
  expect(view.el.querySelectorAll(".ts-sources tbody tr").length).toBe(0);
  view.press("lines");
  await view.settle();
  expect(view.text(".ts-statement")).toMatch(/source lines/);
});

test("with nothing selected, a statement's flows begin at its first line", () => {
  const byLine = mapsBy("function");
  // two pieces, of lines 1 – 2 and 3 – 4; every token of the second reads the first
  const info = { ...byLine.map, unit: "function" as const };
  const columns = { near_start: [0, 0, 0, 0, 0, 1, 2, 3, 4], far: [0, 0, 0, 0], weight: [1, 1, 1, 1], mass: Array(8).fill(1), sources: Array(8).fill(1), unit_start: [0, 4, 8] };
  const kinds = { near_start: "u32", far: "u32", weight: "f32", mass: "f32", sources: "u32", unit_start: "u32" } as const;
  const described = Object.entries(kinds).map(([name, dtype]) => ({ name, dtype, width: 1 }));
  const buffers = Object.entries(kinds).map(([name, dtype]) => new DataView((dtype === "u32" ? Uint32Array : Float32Array).from(columns[name as keyof typeof columns]).buffer));
  const map = new FlowMap({ ...byLine, map: info, columns: described } as unknown as FlowMessage, buffers);
  const out: LineFlow[] = [];
  for (const _ of lineFlows(map, linesIn(["def f():", "\n    ", "x", "\n", "def g():", "\n    ", "y", "\n"]), 5, out)) void _;
  expect(out.map(({ near, far, weight }) => [far, near, weight])).toEqual([[0, 3, 3], [0, 2, 1]]);
});

test("a saved page shows the units it holds, and says of the others what there is instead", () => {
  const view = saved({ unit: "function" });
  expect(view.text(".ts-statement")).toMatch(/source functions/);
  view.press("statements");
  vi.advanceTimersByTime(50);
  expect(view.text(".ts-statement")).toBe("Not in this saved page: it holds attention, mean of 30 layers × 9 heads by token, line, function.");
});

test("a saved page without any flow says so", () => {
  expect(saved({ _maps: [], unit: "statement" }).text(".ts-statement")).toBe("Not in this saved page: it holds no flows.");
});
