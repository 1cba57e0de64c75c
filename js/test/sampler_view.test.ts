import { expect, test, vi } from "vitest";
import { mounted, takeDown, withStillTime } from "./mounted";
import widget from "../src/sampler/index";
import { StaticModel } from "../src/shared/static_model";
import { runState } from "./sampler_fixtures";

withStillTime();

interface Sent {
  request: number;
  action: string;
  arguments: Record<string, unknown>;
}

function show(traits: Record<string, unknown> = {}, change: Parameters<typeof runState>[0] = {}) {
  const model = new StaticModel({});
  const state = { ...runState(change), temperature: 1, top_k: null, top_p: null, min_p: null, selected: null, status: "idle", progress: 0, error: "", _static: false, _model: { name: "tiny", available: true, vocabulary: 100 }, ...traits };
  for (const [name, value] of Object.entries(state)) model.set(name, value);
  const { el, settle, button } = mounted(widget, model);
  settle();
  const one = <T extends HTMLElement>(selector: string): T => el.querySelector<T>(selector)!;
  const text = (selector: string): string => one(selector)?.textContent ?? "";
  const texts = (selector: string): string[] => [...el.querySelectorAll(selector)].map((node) => node.textContent ?? "");
  const slider = (name: string): HTMLInputElement => one(`input[type=range][aria-label^="${name}:"]`);
  const field = (name: string): HTMLInputElement => one(`input[type=number][aria-label^="${name},"]`);
  const type = (input: HTMLInputElement, value: string): void => {
    input.value = value;
    input.dispatchEvent(new Event("input"));
    settle();
  };
  const token = (i: number): HTMLElement => one(`.ts-code [data-i="${i}"]`);
  const press = (key: string, target: Element = token(1)): boolean => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const asked = (): [string, Record<string, unknown>][] => (model.sent as Sent[]).filter(({ action }) => action !== "hello").map(({ action, arguments: args }) => [action, args]);
  const refuse = (error: string): void => model.receive({ kind: "reply", request: (model.sent as Sent[]).at(-1)!.request, ok: false, error });
  return { model, el, settle, one, text, texts, button, slider, field, type, token, press, asked, refuse };
}

test("the strip counts in words what it draws", () => {
  const view = show({ top_k: 1 });
  const words = view.one(".ts-sm-strip canvas").getAttribute("aria-label")!;
  expect(words).toMatch(/^The written tokens under these settings: \d+ likelier, \d+ less likely, \d+ impossible$/);
  const total = (text: string): number => text.match(/\d+/g)!.map(Number).reduce((a, b) => a + b);
  expect(total(words)).toBeGreaterThan(0);
  view.model.set("top_k", null);
  view.settle();
  expect(view.one(".ts-sm-strip canvas").getAttribute("aria-label")).toContain("0 likelier, 0 less likely, 0 impossible");
});

test("every stored alternative has a bar, the tail too, with its share before and now", () => {
  const view = show({ selected: 1, top_k: 2 });
  expect(view.texts(".ts-sm-bar code")).toEqual(["␣a", "␣b", "␣c", "all others"]);
  expect(view.texts(".ts-sm-bar .ts-share")).toEqual(["62.5 %", "37.5 %", "out: top-k", "out: top-k"]);
  expect(view.one(".ts-sm-bar.cur").getAttribute("aria-label")).toBe("␣a, which was written: 50.0 % at temperature 1, 62.5 % under these settings");
  expect(view.text(".ts-sm-exact")).toBe("exact Only stored tokens can be drawn: the tail plays no part.");
});

test("what is not known is an interval, drawn as a gap", () => {
  const view = show({ selected: 1, temperature: 2 });
  expect(view.text(".ts-sm-exact b")).toBe("within bounds ");
  expect(view.text(".ts-sm-bar.tail .ts-share")).toMatch(/^\d+–\d+ %$/);
  expect(parseFloat(view.one(".ts-sm-bar.tail .gap").style.width)).toBeGreaterThan(10);
});

test("a written token that is not stored has a bar of its own", () => {
  const view = show({ selected: 3 });
  expect(view.texts(".ts-sm-bar code")).toEqual(["␣a", "␣b", "␣c", "␣rare", "all others"]);
  expect(view.text(".ts-sm-bar.cur .ts-share")).toBe("2.0 %");
});

test("moving a slider sets the trait and redraws without making rows anew", () => {
  const view = show({ selected: 1 });
  const row = view.one(".ts-sm-bar");
  view.type(view.slider("temperature"), "0.5");
  expect([view.model.get("temperature"), view.field("temperature").value]).toEqual([0.5, "0.5"]);
  expect(view.one(".ts-sm-bar")).toBe(row);
  expect(view.text(".ts-sm-bar .ts-share")).not.toBe("50.0 %");
  expect([view.slider("temperature").getAttribute("aria-label"), view.slider("temperature").getAttribute("aria-valuetext")]).toEqual(["temperature: 0.5", "0.5"]);
});

test("a slider at its end, or an empty field, is off", () => {
  const view = show({ top_k: 2, top_p: 0.5, min_p: 0.2 });
  view.type(view.slider("top-p"), "1");
  view.type(view.slider("min-p"), "0");
  view.type(view.field("top-k"), "");
  expect(["top_k", "top_p", "min_p"].map((name) => view.model.get(name))).toEqual([null, null, null]);
  expect(view.slider("top-k").getAttribute("aria-label")).toBe("top-k: off");
});

test("a field takes what its slider has no place for, and refuses what is out of range", () => {
  const view = show();
  view.type(view.field("top-k"), "37");
  expect(view.model.get("top_k")).toBe(37);
  view.type(view.field("top-p"), "7");
  view.type(view.field("temperature"), "-1");
  view.type(view.field("temperature"), "");
  expect([view.model.get("top_p"), view.model.get("temperature")]).toEqual([null, 1]);
});

test("the run's own settings come back with a button", () => {
  const view = show({ temperature: 1.5, top_p: 0.5 }, { settings: { do_sample: true, temperature: 0.7, top_k: 20 } });
  view.button("As this run: temperature 0.7, top-k 20").click();
  view.settle();
  expect(["temperature", "top_k", "top_p"].map((name) => view.model.get(name))).toEqual([0.7, 20, null]);
  expect(view.button("As this run: temperature 0.7, top-k 20").disabled).toBe(true);
});

test("of a greedy run the own setting is temperature 0, and the others do nothing", () => {
  const view = show();
  view.button("As this run: greedy").click();
  view.settle();
  expect([view.model.get("temperature"), view.el.querySelectorAll(".ts-sm-slider.idle").length]).toEqual([0, 3]);
});

test("a run that cannot be drawn says where, and leads there; its tokens are struck", () => {
  const view = show({ top_p: 0.5 });
  expect([view.text(".ts-sm-whole b"), view.text(".ts-sm-whole .link")]).toEqual(["impossible", "token 2 ␣b is out: top-p, and 1 more"]);
  expect([1, 2, 3].map((i) => view.token(i).classList.contains("gone"))).toEqual([false, true, true]);
  view.one<HTMLButtonElement>(".ts-sm-whole .link").click();
  expect(view.model.get("selected")).toBe(2);
});

test("tokens are selected by click and by arrows, Escape selects none", () => {
  const view = show();
  view.token(2).click();
  view.settle();
  expect([view.model.get("selected"), view.token(2).getAttribute("aria-label")]).toEqual([2, expect.stringMatching(/20.0 % under these settings$/)]);
  view.press("Escape", view.token(2));
  expect(view.model.get("selected")).toBe(null);
});

test("with nothing selected the tokens that change the most are listed", () => {
  const view = show({ top_k: 1 });
  expect(view.texts(".ts-sm-changed li .ts-share")).toEqual(["20.0 % → out: top-k", "2.0 % → out: top-k", "50.0 % → 100 %"]);
  view.one<HTMLButtonElement>(".ts-sm-changed button").click();
  expect(view.model.get("selected")).toBe(2);
  expect(show().text(".ts-sm-changed .ts-hint")).toMatch(/^These settings change nothing/);
});

test("sampling again is asked of the kernel, by button and by key, from the selected token", () => {
  const view = show({ selected: 2 });
  view.button("Sample again from here").click();
  view.press("s");
  expect(view.asked()).toEqual([["sample_again", { at: 2 }], ["sample_again", { at: 2 }]]);
});

test("while it writes it shows how far it is, and can be cancelled", () => {
  const view = show({ selected: 2, status: "computing", progress: 0.25 });
  expect(view.text(".ts-sm-again .ts-hint")).toBe("Writing … 25 %");
  view.button("Cancel").click();
  expect(view.asked()).toEqual([["cancel", {}]]);
});

test.each([
  ["a saved page", { _static: true, selected: 2 }, "No kernel is behind this page."],
  ["a run without a model", { _model: { available: false }, selected: 2 }, "No model is behind this run: pass session=… to Sampler."],
  ["nothing selected", {}, "Select the token to be drawn anew."],
  ["the first token", { selected: 0 }, "Nothing stands before the first token."],
])("with %s the button says why it cannot be pressed", (_name, traits, reason) => {
  const view = show(traits);
  expect([view.button("Sample again from here").disabled, view.text(".ts-sm-again .ts-hint")]).toEqual([true, reason]);
  view.press("s");
  expect(view.asked()).toEqual([]);
});

test("what the kernel refuses is shown", async () => {
  const view = show({ selected: 2 });
  view.press("s");
  view.refuse("at: something is still being written.");
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text("[role=alert] span")).toBe("at: something is still being written.");
});

test("the first token says that nothing comes before it", () => {
  const view = show({ selected: 0 });
  expect(view.text(".ts-sm-head .fate")).toBe("Nothing comes before this token, so the model gave it no probability.");
  expect(view.one(".ts-sm-bars").hidden).toBe(true);
});

test("without a run, or without alternatives, the view says so", () => {
  expect(show({ _columns: [], _snapshot: null }).text(".ts-empty")).toBe("Nothing has been generated yet: the run appears here.");
  takeDown();
  expect(show({}, { alternatives: false }).text(".ts-empty")).toBe("This run was stored without alternatives: there is nothing to weigh.");
});

test("a repetition penalty is said to be left out", () => {
  const view = show({}, { settings: { repetition_penalty: 1.2 } });
  expect(view.text(".ts-sampler > .ts-note")).toMatch(/^This run was written with a repetition penalty of 1.2/);
});

test("letters typed into a field are no commands, and Control keys are the notebook's", () => {
  const view = show({ selected: 2 });
  view.press("s", view.field("top-k"));
  expect(view.token(2).dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true, cancelable: true }))).toBe(true);
  expect(view.asked()).toEqual([]);
});

test("taking the view down leaves no listener behind", () => {
  const view = show();
  takeDown();
  expect([view.model.listenerCount, view.el.childElementCount]).toEqual([0, 0]);
});
