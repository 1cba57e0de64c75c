import { expect, test, vi } from "vitest";
import { mounted, withStillTime } from "./mounted";
import widget from "../src/lens_map/index";
import { liveModel, state, windows } from "./lens_map_fixtures";
import { StaticModel } from "../src/shared/static_model";

withStillTime();

function render(model: StaticModel) {
  const { el, text } = mounted(widget, model);
  const settle = async (ms = 300): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
  const press = (key: string): void => void el.querySelector(".ts-lens-area")!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  return { el, settle, text, press };
}

function show(traits: Record<string, unknown> = {}) {
  const kernel = liveModel(traits);
  return { ...kernel, ...render(kernel.model) };
}

function showSaved(traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...state, ...traits, _windows: windows, _static: true });
  return { model, ...render(model) };
}

test("the view asks for the window in sight once the reader has settled, once", async () => {
  const view = show();
  expect(view.asked).toEqual([]);
  await view.settle();
  expect(view.asked.map(({ action, arguments: args }) => [action, args.start, args.stop])).toEqual([["lens", 0, 32]]);
  view.reply(view.asked[0].request, { started: true });
  view.send(0);
  await view.settle(3000);
  expect(view.asked.length).toBe(1);
  expect(view.text(".ts-statement")).toMatch(/^31 tokens read\./);
});

test("the map scrolls to the selected token and asks for the window there", async () => {
  const view = show({ selected: 50 });
  await view.settle();
  expect(view.el.querySelector(".ts-lens-area")!.scrollLeft).toBeGreaterThan(0);
  expect(view.asked[0].arguments).toEqual({ start: 32, stop: 64 });
});

test("what would take long is offered with its cost, and computed when the reader says so", async () => {
  const view = show();
  await view.settle();
  view.reply(view.asked[0].request, { missing: true, seconds: 34, text: "31 tokens × 30 layers" });
  await view.settle();
  expect(view.text(".ts-job-text")).toBe("About 34 s: 31 tokens × 30 layers");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  expect(view.asked.at(-1)).toMatchObject({ action: "compute", arguments: { start: 0, stop: 32 } });
});

test("while it is computed there is progress, and a way to stop; what is left can be gone on with", async () => {
  const view = show();
  await view.settle();
  view.reply(view.asked[0].request, { started: true });
  view.model.set("_job", "reading layers, tokens 0 – 31");
  view.model.set("progress", 0.4);
  view.model.set("status", "computing");
  await view.settle(50);
  expect(view.text(".ts-job-text")).toBe("reading layers, tokens 0 – 31 … 40 %");
  expect(view.el.querySelector(".ts-progress")!.getAttribute("aria-valuenow")).toBe("40");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  expect(view.asked.at(-1)!.action).toBe("cancel");
  view.model.set("status", "idle");
  await view.settle(2000);
  expect(view.text(".ts-job-text")).toBe("Stopped before it was done.");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  expect(view.asked.at(-1)!.action).toBe("compute");
});

test("a refusal is told and can be tried again", async () => {
  const view = show();
  await view.settle();
  view.refuse(view.asked[0].request, "model=Odd: no way to read its layers.");
  await view.settle();
  expect(view.text(".ts-job")).toContain("model=Odd: no way to read its layers.Try again");
});

test("without a model nothing is asked for, and the reason is given", async () => {
  const view = show({ _capabilities: { ...(state._capabilities as object), live: false } });
  await view.settle();
  expect(view.asked).toEqual([]);
  expect(view.text(".ts-job-text")).toBe("No model is behind this map: pass session=… to LensMap.");
});

test("without layers there is a sentence instead of a map", async () => {
  const view = show({ _capabilities: { layers: [], size: 32, live: false } });
  await view.settle();
  expect(view.text(".ts-empty")).toMatch(/^No model is behind this map/);
  expect(view.el.querySelector<HTMLElement>(".ts-main")!.hidden).toBe(true);
});

test("the profile says in words how many layers agree", () => {
  const view = showSaved({});
  expect(view.el.querySelector(".ts-lens-profile canvas")!.getAttribute("aria-label")).toBe("How many layers agree on each token, the last 5.0 of 30 on average; none on 6 of 74 tokens");
});

test("the panel says what the selected layer would say and where the token was decided", () => {
  const view = showSaved({ selected: 43, layer: 23 });
  expect(view.text(".ts-chip")).toBe("␣a");
  expect(view.text(".ts-statement")).toMatch(/^Decided at layer 24/);
  expect(view.text(".ts-lens-cell h4")).toBe("layer 23 would say");
  const bars = [...view.el.querySelectorAll(".ts-lens-bar")].map((bar) => bar.getAttribute("aria-label"));
  expect(bars.length).toBe(6);
  expect(bars[1]).toMatch(/^␣a, 24\.\d %, which was written$/);
  expect(bars.at(-1)).toMatch(/^all others/);
  expect(view.text(".ts-lens-figures")).toMatch(/rank2/);
});

test("with a token and no layer, the last layer answers; a token outside the first five is listed after them", () => {
  const view = showSaved({ selected: 43 });
  expect(view.text(".ts-lens-cell h4")).toBe("layer 29 says: the model's own answer");
  view.model.set("layer", 3);
  view.model.set("selected", 20);
  vi.advanceTimersByTime(50);
  const bars = [...view.el.querySelectorAll(".ts-lens-bar")];
  expect(bars.length).toBe(7);
  expect(bars[5].classList.contains("written")).toBe(true);
});

test("the keyboard moves, jumps to the deciding layer, clears, and says where it is", () => {
  const view = showSaved({ selected: 43, layer: 20 });
  view.press("ArrowUp");
  expect([view.model.get("selected"), view.model.get("layer")]).toEqual([43, 19]);
  view.press("ArrowRight");
  expect(view.model.get("selected")).toBe(44);
  view.press("ArrowLeft");
  view.press("d");
  expect(view.model.get("layer")).toBe(24);
  expect(view.text("[role=gridcell]")).toMatch(/^layer 24, token 43, ␣a: first choice ␣a/);
  expect(view.el.querySelector("[role=row]")!.getAttribute("aria-rowindex")).toBe("25");
  view.press("Escape");
  expect([view.model.get("selected"), view.model.get("layer")]).toEqual([null, null]);
  view.press("?");
  expect(view.el.querySelector<HTMLElement>(".ts-keys")!.hidden).toBe(false);
});

test("the table has one row per layer and chooses layers", () => {
  const view = showSaved({ selected: 43, layer: 20 });
  view.el.querySelector<HTMLButtonElement>(".ts-lens-table button")!.click();
  const rows = [...view.el.querySelectorAll<HTMLElement>(".ts-lens-table tbody tr")];
  expect(rows.length).toBe(30);
  expect(rows[24].textContent).toMatch(/^24␣a/);
  rows[24].click();
  expect(view.model.get("layer")).toBe(24);
  expect(rows[24].getAttribute("aria-selected")).toBe("true");
});

test("shade and cells are chosen above the map, and the scale follows", () => {
  const view = showSaved();
  const choose = (label: string): void => [...view.el.querySelectorAll<HTMLButtonElement>("[role=radio]")].find((radio) => radio.textContent === label)!.click();
  choose("KL to the end");
  choose("compact");
  vi.advanceTimersByTime(50);
  expect([view.model.get("shade"), view.model.get("cells")]).toEqual(["kl", "compact"]);
  expect(view.text(".ts-ramp")).toBe("0816 nats");
});

test("two views of one model agree, and taking them down leaves no listener", async () => {
  const kernel = liveModel();
  const { initialize, render } = widget();
  const end = initialize({ model: kernel.model });
  const before = kernel.model.listenerCount;
  const [one, two] = [document.createElement("div"), document.createElement("div")];
  document.body.append(one, two);
  const ends = [one, two].map((el) => render({ model: kernel.model, el }));
  await vi.advanceTimersByTimeAsync(300);
  expect(kernel.asked.length).toBe(1);
  kernel.send(0);
  kernel.model.set("selected", 9);
  await vi.advanceTimersByTimeAsync(50);
  expect(one.querySelector(".ts-chip")!.textContent).toBe(two.querySelector(".ts-chip")!.textContent);
  for (const take of ends) take();
  // the store of a link listens for as long as the link lives
  expect(kernel.model.listenerCount).toBeLessThanOrEqual(before + 3);
  expect(one.childElementCount).toBe(0);
  end();
});
