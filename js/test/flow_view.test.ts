import { expect, test, vi } from "vitest";
import { mounted, withStillTime } from "./mounted";
import widget from "../src/flow/index";
import { liveModel, stored75 } from "./flow_fixtures";

const AT = stored75.at;
const RUN = stored75.maps[0].run;
withStillTime();

function show(traits: Record<string, unknown> = {}) {
  const kernel = liveModel(stored75, traits);
  const { el, text } = mounted(widget, kernel.model);
  const settle = (ms = 300): void => void vi.advanceTimersByTime(ms);
  const answer = async (ms = 300): Promise<void> => {
    settle(ms);
    kernel.answer();
    await vi.advanceTimersByTimeAsync(50);
  };
  return { ...kernel, el, settle, answer, text };
}

test("the view asks for the map that its traits mean, once, and states what it shows", async () => {
  const view = show({ selected: AT });
  view.settle();
  expect(view.asked.filter(({ action }) => action === "map").map((sent) => [sent.arguments.source, sent.arguments.at])).toEqual([["attention", AT]]);
  await view.answer();
  expect(view.text(".ts-statement")).toMatch(/^attention, mean of 30 layers × 9 heads · \d+ of 43 sources, \d+ % of the mass · sink removed$/);
  expect(view.el.querySelectorAll(".ts-sources tbody tr").length).toBe(Number(/· (\d+) of/.exec(view.text(".ts-statement"))![1]));
  expect(view.el.querySelector("caption")!.textContent).toBe(view.text(".ts-statement"));
});

test("a map that would take long is offered with its cost, and started by the button", async () => {
  const view = show({ selected: 30, source: "ablation" });
  await view.answer();
  expect(view.text(".ts-job-text")).toBe("About 34 s: 19 tokens, 20 forward passes");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  const [sent] = view.asked;
  expect([sent.action, sent.arguments.source, sent.arguments.at]).toEqual(["attribute", "ablation", 30]);
});

test("while it is computed the attention stands in, labelled; cancel asks the kernel to stop", async () => {
  const view = show({ selected: AT });
  await view.answer();
  view.model.set("source", "ablation");
  view.settle();
  view.reply(view.asked.find(({ action }) => action === "map")!.request, { started: true });
  view.model.set("_job", "ablation of 8 lines");
  view.model.set("progress", 0.4);
  view.model.set("status", "computing");
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-statement")).toMatch(/^Preview, attention instead: attention/);
  expect(view.text(".ts-job-text")).toBe("ablation of 8 lines … 40 %");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  expect(view.asked.at(-1)!.action).toBe("cancel");
  view.send(`ablation|${AT}||token|nosink`);
  view.model.set("status", "idle");
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-statement")).toMatch(/^ablation of each token/);
});

test("a computation that ends without a map can be tried again", async () => {
  const view = show({ selected: 30, source: "ablation" });
  view.settle();
  view.reply(view.asked.find(({ action }) => action === "map")!.request, { started: true });
  await vi.advanceTimersByTimeAsync(20);
  view.model.set("status", "computing");
  view.model.set("status", "idle");
  await vi.advanceTimersByTimeAsync(2000);
  expect(view.text(".ts-job button")).toBe("Try again");
});

test("a token left while it was computed is asked for again when the reader comes back", async () => {
  const view = show({ selected: 30, source: "ablation" });
  const maps = () => view.asked.splice(0).filter(({ action }) => action === "map");
  const started = async (): Promise<void> => {
    view.settle();
    for (const { request } of maps()) view.reply(request, { started: true });
    await vi.advanceTimersByTimeAsync(50);
  };
  await started();
  view.model.set("status", "computing");
  view.model.set("selected", 31);
  await started();
  view.model.set("selected", 30);
  await vi.advanceTimersByTimeAsync(50);
  view.model.receive({ kind: "dropped", run: RUN, key: "ablation|30||token|nosink" });
  await vi.advanceTimersByTimeAsync(300);
  const [again] = maps();
  expect(again.arguments.at).toBe(30);
  // what is merely asked for will be answered all the same
  view.model.receive({ kind: "dropped", run: RUN, key: "ablation|30||token|nosink" });
  await vi.advanceTimersByTimeAsync(300);
  expect(maps()).toEqual([]);
  expect(view.text(".ts-job")).not.toContain("Stopped");
});

test("what was started and does not run any more is asked for again when it is current again", async () => {
  const view = show({ selected: 30, source: "ablation" });
  view.settle();
  view.reply(view.asked.splice(0).find(({ action }) => action === "map")!.request, { started: true });
  await vi.advanceTimersByTimeAsync(50);
  view.model.set("selected", null);
  view.settle();
  view.model.set("selected", 30);
  view.settle();
  expect(view.asked.filter(({ action }) => action === "map").map((sent) => sent.arguments.at)).toEqual([30]);
});

test("a map that was stopped says so, can be asked for again, and is replaced by the whole one", async () => {
  const view = show({ selected: AT, source: "ablation" });
  view.settle();
  view.asked.splice(0);
  const key = `ablation|${AT}||token|nosink`;
  const { buffers, ...message } = stored75.maps.find((map) => map.key === key)!;
  view.model.receive({ ...message, map: { ...message.map, partial: true } }, buffers);
  await vi.advanceTimersByTimeAsync(1000);
  expect(view.text(".ts-statement")).toContain("computed so far");
  expect(view.text(".ts-statement")).toContain("of what was computed");
  expect(view.text(".ts-trust")).toContain("Not measured: not every source was computed.");
  view.model.set("selected", null);
  view.settle();
  view.model.set("selected", AT);
  view.settle();
  expect(view.text(".ts-job-text")).toBe("Stopped before it was done.");
  expect(view.text(".ts-job button")).toBe("Try again");
  view.el.querySelector<HTMLButtonElement>(".ts-job button")!.click();
  expect(view.asked.map(({ action }) => action)).toEqual(["attribute"]);
  view.reply(view.asked[0].request, { started: true });
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-job")).not.toContain("Stopped");
  view.send(key);
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-statement")).not.toContain("computed so far");
});

test("trust of another run is not taken for this one's", async () => {
  const view = show({ selected: AT });
  await view.answer();
  const trust = { top: 3, unit: "tokens", drop: 13.22, random: 3.06, random_low: 2, random_high: 4.4, quantity: "nats", against: false, text: null };
  const top = view.el.querySelectorAll(".ts-sources tbody tr").length;
  view.model.receive({ kind: "trust", run: "another", key: "attention|mean|mean|read|token|nosink", at: AT, top, trust });
  await vi.advanceTimersByTimeAsync(50);
  expect(view.el.querySelector(".ts-verdict")).toBe(null);
});

test("the figure of trust is asked for with the number of shown sources, and shown when it comes", async () => {
  const view = show({ selected: AT });
  await view.answer();
  expect(view.text(".ts-trust")).toContain("measuring how far to trust it");
  view.settle(1000);
  const sent = view.asked.find(({ action }) => action === "trust")!;
  expect([sent.arguments.at, sent.arguments.top]).toEqual([AT, view.el.querySelectorAll(".ts-sources tbody tr").length]);
  const trust = { top: sent.arguments.top, unit: "tokens", drop: 13.22, random: 3.06, random_low: 2, random_high: 4.4, quantity: "nats", against: false, text: null };
  view.model.receive({ kind: "trust", run: RUN, key: "attention|mean|mean|read|token|nosink", at: AT, top: sent.arguments.top, trust });
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text(".ts-verdict")).toBe("worth 4.3 random ones");
});

test("a figure of trust that was given up for another token's map is asked for again", async () => {
  const view = show({ selected: AT, source: "ablation" });
  await view.answer();
  view.settle(1000);
  const trusts = () => view.asked.splice(0).filter(({ action }) => action === "trust").map((sent) => sent.arguments.at);
  expect(trusts()).toEqual([AT]);
  view.model.set("selected", 30);
  view.settle(1000);
  expect(trusts()).toEqual([]);
  view.model.set("selected", AT);
  view.settle(1000);
  expect(trusts()).toEqual([AT]);
});

test("a higher threshold shows fewer sources, without asking for a map again", async () => {
  const view = show({ selected: AT });
  await view.answer();
  const rows = (): number => view.el.querySelectorAll(".ts-sources tbody tr").length;
  const before = rows();
  view.model.set("threshold", 0.4);
  view.settle(50);
  expect(rows()).toBeLessThan(before);
  expect(view.asked.filter(({ action }) => action === "map")).toEqual([]);
});

test("an attribution without a selected token asks for one, not the kernel", () => {
  const view = show({ source: "saliency" });
  view.settle();
  expect(view.text(".ts-statement")).toContain("click one");
  expect(view.asked.filter(({ action }) => action === "map")).toEqual([]);
});

test("a contrast is explained by the kernel's words and committed on Enter", async () => {
  const view = show({ source: "ablation", selected: AT });
  const input = view.el.querySelector<HTMLInputElement>(".ts-contrast input")!;
  input.focus();
  input.value = " max";
  input.dispatchEvent(new Event("input"));
  await view.answer(500);
  expect(view.text(".ts-contrast .ts-hint")).toBe("read as one token");
  input.dispatchEvent(new Event("change"));
  expect(view.model.get("contrast")).toEqual({ text: " max" });
});

test("line ends are typed as \\n, and a long contrast does not push the view", async () => {
  const view = show({ source: "ablation", selected: AT });
  const input = view.el.querySelector<HTMLInputElement>(".ts-contrast input")!;
  input.value = "a\\n\\tb";
  input.dispatchEvent(new Event("change"));
  expect(view.model.get("contrast")).toEqual({ text: "a\n\tb" });
  await vi.advanceTimersByTimeAsync(50);
  expect(input.value).toBe("a\\n\\tb");
  view.asked.splice(0);
  view.model.set("contrast", { text: "y".repeat(3000) });
  view.settle();
  view.reply(view.asked.find(({ action }) => action === "contrast_info")!.request, { text: "x".repeat(3000) });
  await vi.advanceTimersByTimeAsync(50);
  const hint = view.el.querySelector<HTMLElement>(".ts-contrast .ts-hint")!;
  expect([hint.textContent!.length, hint.title.length]).toEqual([160, 3000]);
});

test("what cannot be used says why", () => {
  const sources = [{ name: "attention", label: "attention", help: "", available: true, reason: null }, { name: "saliency", label: "saliency", help: "", available: false, reason: "no gradients" }];
  const view = show({ _capabilities: { sources, layers: [0], heads: [0, 1], live: true } });
  const option = view.el.querySelector<HTMLOptionElement>("option[value=saliency]")!;
  expect([option.disabled, option.textContent]).toEqual([true, "saliency (no gradients)"]);
});
