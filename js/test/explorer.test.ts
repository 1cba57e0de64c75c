import { afterEach, beforeEach, expect, test } from "vitest";
import { mounted, takeDown, withStillTime } from "./mounted";
import decided from "../../tests/fixtures/what_if/decided.json";
import widget from "../src/explorer/index";
import { PartModel, withBuffers, type PartMessage } from "../src/explorer/part";
import { StaticModel } from "../src/shared/static_model";

const STATE = decided as unknown as Record<string, unknown>;
/** The code of a part whose view says which token is selected. */
const CODE = `export default () => ({ render({ model, el }) {
  const show = () => { el.textContent = "token " + model.get("selected"); };
  model.on("change:selected", show); show();
  el.addEventListener("click", () => { model.set("selected", 7); model.save_changes(); model.send({ kind: "request" }); });
  return () => { globalThis.takenDown = (globalThis.takenDown ?? 0) + 1; };
} })`;

withStillTime();
beforeEach(() => localStorage.clear());
afterEach(() => localStorage.clear());

function show(traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...STATE, panels: [], _past: 0, _static: false, prompt: "p", settings: {}, ...traits });
  const asked: string[] = [];
  const parts: Record<string, unknown>[] = [];
  model.send = (content: Record<string, unknown>) => {
    if (content.kind === "part") parts.push(content);
    else if (content.action !== "hello") asked.push(String(content.action));
  };
  const view = mounted(widget, model);
  view.settle();
  const key = (name: string): void => {
    view.el.querySelector(".ts-root")!.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    view.settle();
  };
  return { ...view, model, asked, parts, key, panels: () => [...view.el.querySelectorAll<HTMLElement>(".ts-ex-panel")].map((one) => one.dataset.panel) };
}

test("a panel opens and closes at a press, and the kernel hears of it", () => {
  const view = show();
  view.button("Cause").click();
  view.settle();
  expect([view.model.get("panels"), view.panels()]).toEqual([["cause"], ["cause"]]);
  expect(view.button("Cause").getAttribute("aria-pressed")).toBe("true");
  (view.el.querySelector('[aria-label="Close Cause"]') as HTMLElement).click();
  view.settle();
  expect([view.model.get("panels"), view.panels()]).toEqual([[], []]);
});

test("number keys open panels, in the order of the buttons, whatever is opened first", () => {
  const view = show();
  view.key("3");
  view.key("1");
  expect(view.panels()).toEqual(["cause", "tree"]);
  view.key("3");
  expect(view.panels()).toEqual(["cause"]);
});

test("while its state is awaited a panel says so, and a reason in place of it is shown", () => {
  const view = show({ panels: ["lens"] });
  expect(view.asked).toEqual(["parts"]);
  expect(view.text('[data-panel="lens"] .ts-ex-part')).toBe("Opening …");
  view.model.receive({ kind: "part", part: "lens", method: "failed", error: "No layers here." });
  expect(view.text('[data-panel="lens"] .ts-ex-part')).toBe("No layers here.");
});

test("the panels that were open the last time open again, unless some were asked for", () => {
  show().button("Branches").click();
  expect(show().panels()).toEqual(["tree"]);
  expect(show({ panels: ["sampler"] }).panels()).toEqual(["sampler"]);
});

test("undo is there once something was changed", () => {
  const view = show();
  expect(view.button("Undo").disabled).toBe(true);
  view.key("u");
  expect(view.asked).toEqual([]);
  view.model.set("_past", 1);
  view.settle();
  view.key("u");
  view.button("Undo").click();
  expect(view.asked).toEqual(["undo", "undo"]);
});

test("a saved page shows what was open, and says so of what was not", async () => {
  const view = show({ _static: true, panels: ["cause"], _parts: { cause: { _esm: CODE, _css: "", selected: 3, _columns: STATE._columns } } });
  await expect.poll(() => view.text('[data-panel="cause"] .ts-ex-part')).toContain("token 3");
  view.button("Layers").click();
  view.settle();
  expect(view.text('[data-panel="lens"] .ts-ex-part')).toContain("was not open when the page was saved");
});

test("without a kernel the selection of one is that of all", async () => {
  const view = show({ _static: true, panels: ["cause"], _parts: { cause: { _esm: CODE, _css: "", selected: 3, _columns: STATE._columns } } });
  await expect.poll(() => view.text('[data-panel="cause"] .ts-ex-part')).toContain("token 3");
  view.model.set("selected", 12);
  expect(view.text('[data-panel="cause"] .ts-ex-part')).toContain("token 12");
  (view.el.querySelector('[data-panel="cause"] .ts-ex-part > div') as HTMLElement).click();
  expect(view.model.get("selected")).toBe(7);
  expect(view.parts.map(({ method }) => method)).toEqual(["custom"]);
});

test("a part's changes and messages travel under its name", () => {
  const holder = new StaticModel({});
  const part = new PartModel(holder, "tree", { selected: 1, other: 2 });
  const heard: unknown[] = [];
  part.on("change:selected", () => heard.push(part.get("selected")));
  part.on("msg:custom", ((content: unknown, buffers: unknown[]) => heard.push(content, buffers.length)) as never);
  part.set("selected", 4);
  part.set("selected", 4);
  part.save_changes();
  part.save_changes();
  part.send({ kind: "request" });
  expect(holder.sent).toEqual([
    { kind: "part", part: "tree", method: "update", state: { selected: 4 } },
    { kind: "part", part: "tree", method: "custom", content: { kind: "request" } },
  ]);
  part.receive({ kind: "part", part: "tree", method: "update", state: { selected: 9 } }, []);
  part.receive({ kind: "part", part: "tree", method: "custom", content: "rows" }, [new DataView(new ArrayBuffer(1))]);
  expect(heard).toEqual([4, 9, "rows", 1]);
});

test("bytes come back where they were", () => {
  const bytes = new DataView(new ArrayBuffer(3));
  const message: PartMessage = { kind: "part", part: "x", method: "open", state: { a: { list: [{}, {}] } }, buffer_paths: [["a", "list", 1, "buffer"]] };
  expect(withBuffers(message, [bytes])).toEqual({ a: { list: [{}, { buffer: bytes }] } });
});

test("all is taken down with the view", async () => {
  const view = show({ _static: true, panels: ["cause"], _parts: { cause: { _esm: CODE, _css: "", selected: 3, _columns: STATE._columns } } });
  await expect.poll(() => view.text('[data-panel="cause"] .ts-ex-part')).toContain("token 3");
  const count = (): number => (globalThis as { takenDown?: number }).takenDown ?? 0;
  const before = count();
  takeDown();
  expect([count() - before, view.model.listenerCount]).toEqual([1, 0]);
});
