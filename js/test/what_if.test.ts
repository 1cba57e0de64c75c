import { expect, test } from "vitest";
import { mounted, withStillTime } from "./mounted";
import branches from "../../tests/fixtures/what_if/branches.json";
import decided from "../../tests/fixtures/what_if/decided.json";
import fresh from "../../tests/fixtures/what_if/fresh.json";
import { StaticModel } from "../src/shared/static_model";
import { countTests } from "../src/what_if/checks";
import { armOutcome, points, ranked, story, type ForkArm, type Forks } from "../src/what_if/forks";
import widget from "../src/what_if/index";

const STATES = { branches, decided, fresh } as unknown as Record<string, Record<string, unknown>>;
withStillTime();

function show(name: string, traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...STATES[name], _static: false, ...traits });
  const asked: [string, Record<string, unknown>][] = [];
  model.send = (content: { kind?: string; action?: string; arguments?: Record<string, unknown> }) => {
    if (content.action && content.action !== "hello") asked.push([content.action, content.arguments ?? {}]);
  };
  const { el, settle, text, button } = mounted(widget, model);
  settle();
  const all = (selector: string): string[] => [...el.querySelectorAll(selector)].map((one) => one.textContent ?? "");
  const set = (name: string, value: unknown): void => {
    model.set(name, value);
    settle();
  };
  return { model, asked, el, settle, all, text, button, set };
}

const forks = (decided as unknown as { _forks: Forks })._forks;

test("each column says what became of its run, in words and with a sign", () => {
  const view = show("branches");
  expect(view.all(".ts-wi-verdict b")).toEqual(["✓ all 2 tests passed", "✗ 1 of 2 tests passed", "✓ all 2 tests passed", "– cannot be run, does not parse"]);
  expect(view.all(".ts-wi-verdict span")[1]).toBe("first to fail: fibonacci(5) == 5 gave 120");
});

test("one line sums the alternatives up", () => {
  const view = show("branches");
  expect(view.text(".ts-wi-outcome")).toBe("These 3 alternatives: 2 parse; 1 passes all 2 tests.");
});

test("a single alternative is told of without counting", () => {
  const ids = STATES.branches._columns as string[];
  const view = show("branches", { _columns: ids.slice(0, 2) });
  expect(view.text(".ts-wi-outcome")).toBe("This alternative parses; 1 of 2 tests passed.");
});

test("while something is computed the line is empty, and the reader can stop it", () => {
  const view = show("branches", { work: "testing", progress: 0.4 });
  expect([view.text(".ts-wi-outcome"), view.text(".ts-wi-doing")]).toEqual(["", "running tests … 40 %"]);
  view.button("Stop").click();
  expect(view.asked).toEqual([["stop", {}]]);
});

test("alternatives that came out like another are counted, not shown twice", () => {
  const ids = STATES.branches._columns as string[];
  const view = show("branches", { _same: { [ids[2]]: [ids[1], "renaming"] } });
  expect(view.el.querySelectorAll(".ts-column").length).toBe(3);
  expect(view.all(".ts-wi-verdict span")[1]).toContain("first to fail");
  expect(view.text(".ts-wi-outcome")).toContain("1 came out the same as another");
});

test("with nothing selected the tokens that decided the run are listed, the strongest first", () => {
  const view = show("decided", { selected: null });
  expect(view.all(".ts-wi-decided li code")).toEqual(["␣a", "␣<="]);
  expect(view.all(".ts-wi-decided li .ts-share")).toEqual(["+60 points", "+55 points"]);
  view.el.querySelector<HTMLElement>(".ts-wi-decided li button")!.click();
  expect(view.model.get("selected")).toBe(43);
});

test("where all alternatives came out as the run did, the line is shown where they would have parted", () => {
  const ids = STATES.branches._columns as string[];
  const view = show("branches", { _columns: ids.slice(0, 2), _same: { [ids[1]]: [ids[0], "renaming"] } });
  expect(view.all(".ts-fork-token")).toEqual(["␣a"]);
  expect(view.all(".ts-column .ts-row")[0]).toBe("        a, b = 0, 1");
  expect(view.all(".ts-wi-verdict span")).toEqual(["also from ␣max: the same after renaming"]);
});

test("the run's own card is called as written", () => {
  expect(show("branches").all(".ts-column:has(.ts-title) .ts-title")).toEqual(["as written"]);
});

test("tokens that certainly decided carry the sign of the legend, by which way", () => {
  const marks = (view: ReturnType<typeof show>): string[] => [...view.el.querySelectorAll<HTMLElement>(".ts-code .t[data-mark]")].map((span) => `${span.dataset.i} ${span.dataset.mark}`);
  const lowered = forks.points.map((point) => (point.at === 20 ? { ...point, figure: [-0.5, -0.6, -0.4] } : point));
  expect(marks(show("decided"))).toEqual(["20 ▲", "43 ▲"]);
  expect(marks(show("decided", { _forks: { ...forks, points: lowered } }))).toEqual(["20 ▼", "43 ▲"]);
  expect(marks(show("decided", { _forks: { ...forks, outcome: "tree" } }))).toEqual(["20 ◆", "43 ◆"]);
});

test("at a position that was asked about, each token says what came of it, and one can be shown", () => {
  const view = show("decided", { selected: 43 });
  const rows = view.all(".ts-wi-arms tr");
  expect(rows[0]).toBe("␣a28.2 %✓ passes");
  expect(rows[1]).toContain("✗ 1 of 2 passed: fibonacci(5) == 5 gave 120");
  expect(view.text(".ts-wi-decided")).toContain("after it in 100 %");
  view.el.querySelector<HTMLElement>(".ts-wi-arms button")!.click();
  expect(view.asked[0][0]).toBe("show_arm");
  expect(view.asked[0][1].at).toBe(43);
});

test("brackets lead from one such position to the next", () => {
  const view = show("decided", { selected: 30 });
  const press = (key: string): void => {
    view.el.querySelector(".ts-code")!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    view.settle();
  };
  press("]");
  expect(view.model.get("selected")).toBe(43);
  press("[");
  expect(view.model.get("selected")).toBe(20);
});

test("tests are not run until that is allowed", () => {
  const view = show("fresh");
  view.button("Tests: none").click();
  const run = view.button("Run tests");
  expect([run.disabled, view.button("Allow running generated code").hidden]).toEqual([true, false]);
  view.button("Allow running generated code").click();
  expect(view.asked).toEqual([["allow", {}]]);
  view.set("_allowed", true);
  expect([run.disabled, view.button("Allow running generated code").hidden]).toEqual([false, true]);
  view.el.querySelector("textarea")!.value = "assert f(1)";
  run.click();
  expect(view.asked[1]).toEqual(["check", { tests: "assert f(1)" }]);
});

test("what the reader types is not overwritten by what the kernel has", () => {
  const view = show("fresh");
  view.el.querySelector("textarea")!.value = "assert half typed";
  view.set("progress", 0.5);
  expect(view.el.querySelector("textarea")!.value).toBe("assert half typed");
});

test("how far alternatives are written is a trait", () => {
  const view = show("fresh");
  const select = view.el.querySelector<HTMLSelectElement>(".ts-wi-controls select")!;
  expect(select.value).toBe("function");
  select.value = "line";
  select.dispatchEvent(new Event("change"));
  expect(view.model.get("until")).toBe("line");
});

test("a saved page says why nothing can be computed, once", () => {
  const view = show("decided", { _static: true });
  expect([view.button("Where was it decided?").disabled, view.el.querySelector<HTMLSelectElement>(".ts-wi-controls select")!.disabled]).toEqual([true, true]);
  expect(view.text(".ts-wi-doing")).toBe("");
});

test("an analysis of a run that is gone is not shown", () => {
  const view = show("decided", { _forks: { ...forks, run: "another" } });
  expect([view.text(".ts-wi-decided"), view.el.querySelector<HTMLElement>(".ts-wi-lane")!.hidden]).toEqual(["", true]);
});

test("an unfinished analysis can be gone on with", () => {
  const view = show("decided", { _forks: { ...forks, finished: false, asked: 12 } });
  expect(view.button("Go on looking").disabled).toBe(false);
  expect(view.text(".ts-wi-decided")).toContain("3 of 12 positions tried so far");
});

test("certain points come before uncertain ones, and figures read as points of a hundred", () => {
  expect(ranked(forks).map(({ at }) => at)).toEqual([43, 20, 54]);
  expect([points(0.6), points(-0.25)]).toEqual(["+60", "−25"]);
  expect(armOutcome({ ...forks, outcome: "tree" }, { ...forks.points[2].arms[1], same: 1 }).text).toBe("the same program");
});

const ARM: ForkArm = { token: 1, text: "x", probability: 0.9, written: false, done: 1, passed: 0, unknown: 0, status: "failed", same: 0, message: "" };

test("how often other tokens lead elsewhere leaves the written token out", () => {
  const arms = [{ ...ARM, written: true, same: 1 }, { ...ARM, probability: 0.06, same: 0 }, { ...ARM, probability: 0.02, same: 1 }];
  const told = (more: ForkArm[]): string => story({ ...forks, outcome: "tree" }, { ...forks.points[0], tail: 0.02, arms: more });
  expect(told(arms)).toBe("The other tokens that were tried lead to another program in 75.0 % of the cases, by their probability; 2.0 % of the probability was not tried.");
  expect(told(arms.slice(0, 1))).toBe("No other token was tried; 2.0 % of the probability was not tried.");
});

test("what ran out of time, could not be run or was cut off does not count as a plain failure", () => {
  const told = (change: Partial<ForkArm>): string[] => {
    const { sign, text, kind } = armOutcome(forks, { ...ARM, ...change });
    return [sign, text, kind];
  };
  expect(told({ status: "timeout" })).toEqual(["✗", "runs out of time", "bad"]);
  expect(told({ status: "not_runnable" })).toEqual(["–", "cannot be run", "odd"]);
  expect(told({ status: "not_runnable", message: "does not parse: line 8" })).toEqual(["–", "does not parse: line 8", "odd"]);
  expect(told({ status: "unknown", unknown: 1 })[0]).toBe("?");
  expect(told({ done: 6, passed: 2, unknown: 1, status: "passed" })).toEqual(["✗", "2 of 5 pass, 1 cut off", "bad"]);
  expect(told({ status: "passed", passed: 1, message: "5 of 5 passed" })).toEqual(["✓", "passes", "good"]);
});

test("asserts are counted, else test functions", () => {
  expect([countTests("assert a\nassert b\n# assert c"), countTests("def test_a():\n    pass"), countTests("")]).toEqual([2, 1, 0]);
});

const FILLS = { _model: { name: "m", available: true, fills: true } };

test("Shift and an arrow key mark a stretch of tokens, which a press on a button writes anew", () => {
  const view = show("fresh", { ...FILLS, selected: 20 });
  const press = (key: string, shiftKey = false): void => {
    (view.el.querySelector(".t.sel") as HTMLElement).dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
    view.settle();
  };
  press("ArrowRight", true);
  press("ArrowRight", true);
  expect([view.model.get("span"), view.model.get("selected")]).toEqual([[20, 22], 22]);
  expect(view.el.querySelectorAll(".t.nd").length).toBe(3);
  expect(view.text(".ts-wi-stretch h4")).toContain("3 tokens");
  view.button("Write these anew").click();
  expect(view.asked).toEqual([["rewrite", { start: 20, stop: 23 }]]);
  press("ArrowRight");
  expect([view.model.get("span"), view.el.querySelectorAll(".t.nd").length]).toEqual([null, 0]);
});

test("a stretch can shrink past where it began", () => {
  const view = show("fresh", { ...FILLS, selected: 20 });
  const click = (i: number, shiftKey: boolean): void => {
    (view.el.querySelector(`[data-i="${i}"]`) as HTMLElement).dispatchEvent(new MouseEvent("click", { shiftKey, bubbles: true }));
    view.settle();
  };
  click(24, true);
  click(18, true);
  expect(view.model.get("span")).toEqual([18, 20]);
  click(19, false);
  expect([view.model.get("span"), view.model.get("selected")]).toEqual([null, 19]);
});

test("text that is marked with the mouse is a stretch", () => {
  const view = show("fresh", FILLS);
  const at = (i: number): Node => view.el.querySelector(`[data-i="${i}"]`)!.firstChild!;
  document.body.append(view.el);
  document.getSelection()!.setBaseAndExtent(at(20), 0, at(23), 0);
  view.el.querySelector(".ts-code")!.dispatchEvent(new Event("pointerup", { bubbles: true }));
  view.settle();
  expect(view.model.get("span")).toEqual([20, 22]);
});

test("without tokens for it, or with no model, the button says why nothing can be filled", () => {
  const view = show("fresh", { selected: 20, span: [20, 21], _model: { name: "m", available: true } });
  expect(view.button("Write these anew").disabled).toBe(true);
  expect(view.text(".ts-wi-stretch .ts-hint")).toContain("no tokens for filling a gap");
  view.set("_model", { name: "m", available: false });
  expect(view.text(".ts-wi-stretch .ts-hint")).toContain("No model is behind this run");
});
