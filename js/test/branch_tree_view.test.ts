import { expect, test, vi } from "vitest";
import { mounted, takeDown, withStillTime } from "./mounted";
import widget from "../src/branch_tree/index";
import { StaticModel } from "../src/shared/static_model";
import { STATES, type Name } from "./branch_tree_fixtures";

withStillTime();

interface Sent {
  request: number;
  action: string;
  arguments: Record<string, unknown>;
}

function show(name: Name, traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...STATES[name], _static: false, ...traits });
  const { el, settle, text, button } = mounted(widget, model);
  settle();
  const rows = (): HTMLElement[] => [...el.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const ids = (): string[] => rows().map((row) => row.dataset.run!);
  const row = (id: string): HTMLElement => el.querySelector<HTMLElement>(`[data-run="${id}"]`)!;
  const current = (): string => el.querySelector<HTMLElement>("[role=treeitem][tabindex='0']")!.dataset.run!;
  const press = (key: string, target: Element = row(current())): boolean => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const asked = (): [string, Record<string, unknown>][] => (model.sent as Sent[]).filter(({ action }) => action !== "hello").map(({ action, arguments: args }) => [action, args]);
  const refuse = (error: string): void => model.receive({ kind: "reply", request: (model.sent as Sent[]).at(-1)!.request, ok: false, error });
  const label = (id: string): string => row(id).getAttribute("aria-description")!;
  const search = (): HTMLInputElement => el.querySelector<HTMLInputElement>("input[type=search]")!;
  const find = (wanted: string): void => {
    search().value = wanted;
    search().dispatchEvent(new Event("input"));
  };
  return { model, el, settle, rows, ids, row, current, press, button, text, asked, refuse, label, search, find };
}

test("there is a row for every run, below the one it hangs off", () => {
  const view = show("story");
  expect(view.ids()).toEqual(["greedy", "line", "max", "x", "none", "return", "b", "fib", "not"]);
  expect(view.rows().map((row) => row.getAttribute("aria-level"))).toEqual(["1", "2", "2", "3", "3", "2", "3", "2", "2"]);
  expect([view.row("max").getAttribute("aria-posinset"), view.row("max").getAttribute("aria-setsize"), view.row("max").getAttribute("aria-expanded")]).toEqual(["2", "5", "true"]);
  expect(view.row("fib").hasAttribute("aria-expanded")).toBe(false);
});

test("a row says where it parts, how it ended and how likely it is", () => {
  const view = show("story");
  expect(view.label("max")).toBe("run 2, branched from #1 at token 43: ␣max instead of ␣a, 2 of 5 tests passed, 74.1 % per token, 47 written tokens");
  expect(view.label("greedy")).toBe("run 1, all 5 tests passed, 86.4 % per token, 56 written tokens");
  expect(view.row("max").querySelector(".head.ring")!.textContent).toBe("␣max");
  expect([view.row("max").querySelector(".outcome")!.textContent, view.row("not").querySelector(".outcome")!.textContent, view.row("line").querySelector(".outcome")!.textContent]).toEqual(["✗2/5", "✗parse", "cut off"]);
});

test("a token that the model chose itself is not ringed", () => {
  expect(show("many").el.querySelectorAll(".what .head:not(.ring)").length).toBeGreaterThan(0);
});

test("a click opens a run: it is selected, and the kernel is asked to show it", () => {
  const view = show("story");
  view.row("fib").click();
  view.settle();
  expect([view.model.get("selected"), view.asked()]).toEqual(["fib", [["open", { run: "fib" }]]]);
  expect([view.row("fib").getAttribute("aria-selected"), document.activeElement]).toEqual(["true", view.row("fib")]);
});

test("arrows walk the rows, Home and End go to the ends, and nothing is opened", () => {
  const view = show("story");
  const walked = ["ArrowDown", "ArrowDown", "ArrowUp", "End", "ArrowDown", "Home", "ArrowUp", "PageDown"].map((key) => (view.press(key), view.current()));
  expect(walked).toEqual(["line", "max", "line", "not", "not", "greedy", "greedy", "not"]);
  expect(view.asked()).toEqual([]);
});

test("the keyboard goes on at once after a run was opened, and to what others select", () => {
  const view = show("story");
  view.press("ArrowDown");
  view.press("Enter");
  view.press("End");
  view.settle();
  expect([view.current(), view.model.get("selected")]).toEqual(["not", "line"]);
  view.model.set("selected", "max");
  view.settle();
  expect(view.current()).toBe("max");
});

test("left closes and then goes to what the run hangs off; right opens and then goes in", () => {
  const view = show("story", { selected: "x" });
  expect(view.current()).toBe("x");
  view.press("ArrowLeft");
  expect(view.current()).toBe("max");
  view.press("ArrowLeft");
  expect([view.ids(), view.row("max").getAttribute("aria-expanded"), view.row("max").querySelector(".more")!.textContent]).toEqual([["greedy", "line", "max", "return", "b", "fib", "not"], "false", "+2"]);
  expect(view.label("max")).toContain("2 below");
  view.press("ArrowRight");
  expect([view.ids().length, view.current()]).toEqual([9, "max"]);
  view.press("ArrowRight");
  expect(view.current()).toBe("x");
  view.press("ArrowRight");
  expect(view.current()).toBe("x");
});

test("the triangle opens and closes without opening the run", () => {
  const view = show("story");
  view.row("greedy").querySelector<HTMLElement>(".tri")!.click();
  expect([view.ids(), view.asked(), view.current()]).toEqual([["greedy"], [], "greedy"]);
});

test("the keyboard stays with what a hidden run hung off", () => {
  const view = show("story", { selected: "none" });
  view.row("greedy").querySelector<HTMLElement>(".tri")!.click();
  expect(view.current()).toBe("greedy");
});

test("Enter opens, Space marks, p pins", () => {
  const view = show("story");
  view.press("ArrowDown");
  for (const key of ["Enter", " ", "p"]) view.press(key);
  view.settle();
  expect([view.model.get("selected"), view.model.get("marked"), view.model.get("pinned")]).toEqual(["line", ["line"], ["line"]]);
  expect(view.label("line")).toMatch(/marked A for comparison, pinned$/);
  expect([view.row("line").querySelector(".mark")!.textContent, view.row("line").querySelectorAll(".pin").length]).toEqual(["A", 1]);
  for (const key of [" ", "p"]) view.press(key);
  view.settle();
  expect([view.model.get("marked"), view.model.get("pinned"), view.row("line").querySelectorAll(".pin").length]).toEqual([[], [], 0]);
});

test("of two marked runs the older goes when a third is marked", () => {
  const view = show("story", { marked: ["greedy", "max"] });
  view.press("End");
  view.press(" ");
  expect(view.model.get("marked")).toEqual(["max", "not"]);
});

test("two marked runs can be compared, by button and by key", () => {
  const view = show("story", { marked: ["max"], labels: { max: "the max one" } });
  expect(view.button("Compare").disabled).toBe(true);
  view.press(" ");
  view.settle();
  view.button("Compare the max one and #1").click();
  view.press("c");
  expect(view.asked().map(([action, args]) => [action, (args.runs as string[]).at(-1)])).toEqual([["compare", "greedy"], ["compare", "greedy"]]);
});

test("F2 names a run in its row; Escape leaves the name as it was; an empty name is taken away", async () => {
  const view = show("story", { labels: { greedy: "old" } });
  const box = (): HTMLInputElement => view.row("greedy").querySelector("input")!;
  view.press("F2");
  expect(box().value).toBe("old");
  box().value = " the   greedy one ";
  view.press("Enter", box());
  await vi.advanceTimersByTimeAsync(50);
  expect(view.model.get("labels")).toEqual({ greedy: "the greedy one" });
  expect([view.row("greedy").querySelector(".name")!.textContent, document.activeElement]).toEqual(["the greedy one", view.row("greedy")]);
  view.press("r");
  box().value = "other";
  view.press("Escape", box());
  await vi.advanceTimersByTimeAsync(50);
  expect(view.model.get("labels")).toEqual({ greedy: "the greedy one" });
  view.press("r");
  box().value = "";
  view.press("Enter", box());
  await vi.advanceTimersByTimeAsync(50);
  expect([view.model.get("labels"), view.row("greedy").querySelector(".name")!.textContent]).toEqual([{}, "#1"]);
});

test("letters typed into a name are no commands", () => {
  const view = show("story");
  view.press("F2");
  const box = view.row("greedy").querySelector("input")!;
  for (const key of ["p", " ", "Delete", "c", "?"]) view.press(key, box);
  expect([view.model.get("pinned"), view.model.get("marked"), view.asked()]).toEqual([[], [], []]);
});

test("Delete asks the kernel to prune, but for a pinned run", () => {
  const view = show("story", { pinned: ["greedy"] });
  view.press("Delete");
  expect([view.asked(), view.text("[role=alert] span")]).toEqual([[], "This run is pinned: unpin it first (p), then prune it."]);
  view.press("ArrowDown");
  view.press("Delete");
  expect(view.asked()).toEqual([["prune", { run: "line" }]]);
});

test("what the kernel refuses is shown", async () => {
  const view = show("story");
  view.press("Delete");
  view.refuse("run='greedy': was pruned. Bring it back first: tree.restore().");
  await vi.advanceTimersByTimeAsync(50);
  expect(view.text("[role=alert] span")).toBe("run='greedy': was pruned. Bring it back first: tree.restore().");
});

test("what was pruned is counted and can be brought back", () => {
  const view = show("story");
  expect(view.el.querySelector<HTMLElement>(".restore")!.hidden).toBe(true);
  view.model.set("_tree", { ...(view.model.get("_tree") as object), pruned: 3 });
  view.settle();
  view.button("3 pruned · restore").click();
  expect(view.asked()).toEqual([["restore", {}]]);
});

test("another tree keeps the keyboard on its run, and on the same row where the run is gone", () => {
  const view = show("many");
  view.press("ArrowDown");
  const id = view.current();
  view.row(id).focus();
  view.model.set("_tree", { ...(view.model.get("_tree") as object) });
  view.settle();
  expect([view.current(), document.activeElement]).toEqual([id, view.row(id)]);
  view.model.set("_tree", new StaticModel(STATES.story).get("_tree"));
  view.settle();
  expect(view.current()).toBe("line");
  expect(document.activeElement).toBe(view.row("line"));
});

test("runs can be ordered by probability and by outcome", () => {
  const view = show("story");
  view.button("outcome").click();
  view.settle();
  expect([view.model.get("sort"), view.ids()[0], view.ids().at(-1)]).toEqual(["outcome", "greedy", "not"]);
  view.button("likeliest").click();
  view.settle();
  const first = view.ids().filter((id) => view.row(id).getAttribute("aria-level") === "2");
  expect(first).toEqual(["line", "fib", "return", "max", "not"]);
});

test("the bar counts runs and outcomes", () => {
  const view = show("story");
  expect([view.text(".ts-share[role=status]"), view.text(".ts-metrics .ts-summary")]).toEqual(["9 runs", "✓ 1 pass✗ 5 fail1 does not parse"]);
});

test("a search is offered from twenty runs on, and finds outcomes, labels and text", () => {
  expect(show("story").search().hidden).toBe(true);
  takeDown();
  const view = show("many", { labels: { "run-7": "Golden" } });
  view.find("passed");
  expect([view.el.querySelectorAll(".outcome.good").length, view.text(".ts-share[role=status]")]).toEqual([9, "9 of 60 runs"]);
  view.find("golden");
  expect([view.text(".ts-share[role=status]"), view.ids().includes("run-7"), view.ids().length < 60]).toEqual(["1 of 60 runs", true, true]);
  view.find("no such thing");
  expect(view.text(".ts-share[role=status]")).toBe("0 of 60 runs");
  view.press("Escape", view.search());
  expect(view.rows().length).toBe(60);
});

test("the panel tells about the run that the keyboard is on", () => {
  const view = show("story", { labels: { max: "max" } });
  for (const key of ["ArrowDown", "ArrowDown"]) view.press(key);
  expect([view.text(".ts-side h4"), view.text(".ts-side .swap"), view.text(".ts-side .verdict"), view.text(".ts-side .message")]).toEqual(["maxrun 2", "␣max instead of ␣a", "✗ 2 of 5 tests passed", "assert fibonacci(6) == 8"]);
  expect([...view.el.querySelectorAll(".ts-side dl > div")].map((one) => one.textContent)).toEqual(["p per token74.1 %", "perplexity1.35", "log-probability−14.12 nats", "since it parts−10.60 nats", "written47 tokens", "endstopped at a stop text"]);
  view.el.querySelector<HTMLButtonElement>(".ts-side .link")!.click();
  expect([view.current(), view.text(".ts-side h4")]).toEqual(["greedy", "Run 1"]);
});

test("the panel's buttons do what the keys do, and keep the keyboard", () => {
  const view = show("story");
  view.button("Pin").focus();
  view.button("Pin").click();
  view.settle();
  expect([view.model.get("pinned"), document.activeElement]).toEqual([["greedy"], view.button("Unpin")]);
  expect(view.button("Prune").disabled).toBe(true);
  view.button("Mark").click();
  view.button("Open").click();
  view.button("Rename").click();
  expect([view.model.get("marked"), view.model.get("selected"), view.row("greedy").querySelectorAll("input").length]).toEqual([["greedy"], "greedy", 1]);
});

test("? lists the keys; Escape closes the list, and then unmarks", () => {
  const view = show("story", { marked: ["max"] });
  const keys = (): boolean => !view.el.querySelector<HTMLElement>(".ts-keys")!.hidden;
  view.press("?");
  expect(keys()).toBe(true);
  view.press("Escape");
  expect([keys(), view.model.get("marked")]).toEqual([false, ["max"]]);
  view.press("Escape");
  expect(view.model.get("marked")).toEqual([]);
});

test("keys with Control and other letters are left to the notebook", () => {
  const view = show("story");
  expect(view.press("b")).toBe(true);
  expect(view.press("ArrowDown")).toBe(false);
});

test("a tree without runs says what will appear", () => {
  const view = show("none");
  expect([view.rows().length, view.text(".ts-empty")]).toEqual([0, "No runs yet: what the session generates appears here."]);
});

test("a saved page opens, marks, pins and names, but neither prunes nor compares", () => {
  const view = show("story", { _static: true, marked: ["greedy", "max"] });
  view.row("fib").click();
  view.press("p");
  view.settle();
  expect([view.model.get("selected"), view.model.get("pinned"), view.model.sent]).toEqual(["fib", ["fib"], []]);
  expect([view.button("Comparing needs the kernel").disabled, view.button("Prune").disabled]).toEqual([true, true]);
});

test("text of a model, of labels and of tests is never markup", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const view = show("story", { labels: { greedy: hostile }, verdicts: { greedy: { status: "failed", passed: 0, total: 1, message: hostile } } });
  expect([view.el.querySelectorAll("img").length, view.row("greedy").querySelector(".name")!.textContent, view.text(".ts-side .message")]).toEqual([0, hostile, hostile]);
});

test("taking the view down leaves no listener behind", () => {
  const view = show("story");
  takeDown();
  expect([view.model.listenerCount, view.el.childElementCount]).toEqual([0, 0]);
});
