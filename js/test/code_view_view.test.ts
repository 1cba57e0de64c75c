import { expect, test, vi } from "vitest";
import { mounted, withStillTime } from "./mounted";
import widget from "../src/code_view/index";
import { StaticModel } from "../src/shared/static_model";
import { STATES, type Name } from "./code_view_fixtures";

withStillTime();

function show(name: Name, traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...STATES[name], _static: false, ...traits });
  const saved: Record<string, unknown>[] = [];
  model.save_changes = () => void saved.push({ selected: model.get("selected"), span: model.get("span") });
  const { el, settle, text, button } = mounted(widget, model);
  const rows = (): HTMLElement[] => [...el.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const codes = (): string[] => rows().map((row) => row.querySelector("code")!.textContent!);
  const row = (code: string): HTMLElement => rows()[codes().findIndex((text) => text.startsWith(code))];
  const press = (key: string): boolean => el.querySelector<HTMLElement>("[role=treeitem][tabindex='0']")!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const current = (): string => el.querySelector("[role=treeitem][tabindex='0'] code")!.textContent!;
  const selected = (): string[] => rows().filter((one) => one.getAttribute("aria-selected") === "true").map((one) => one.querySelector("code")!.textContent!);
  const near = (): string[] => rows().filter((one) => one.getAttribute("aria-current") === "true").map((one) => one.querySelector("code")!.textContent!);
  return { model, saved, el, settle, rows, codes, row, press, button, text, current, selected, near };
}

test("a row tells what it is, where it stands, its metric and what was found in it", () => {
  const view = show("mistakes");
  expect(view.row("def mean").getAttribute("aria-description")).toBe("function, line 3, mean surprisal 0.11 nats, 38 tokens, 1 error inside");
  expect([view.row("def mean").getAttribute("aria-level"), view.row("def mean").getAttribute("aria-posinset"), view.row("def mean").getAttribute("aria-setsize")]).toEqual(["2", "2", "3"]);
});

test("a click selects the node: both traits, in one message", () => {
  const view = show("mistakes");
  view.row("for value").click();
  expect(view.saved).toEqual([{ selected: 24, span: [24, 32] }]);
  expect(view.selected()).toEqual(["for value in valeus:"]);
  expect(view.near()).toEqual([]);
  view.row("for value").click();
  expect(view.saved.length).toBe(1);
});

test("a span from outside opens what hides its node and marks it", () => {
  const view = show("mistakes");
  view.model.set("span", [27, 27]);
  view.settle();
  expect(view.selected()).toEqual(["valeus"]);
  expect(view.current()).toBe("valeus");
  expect(view.saved).toEqual([]);
});

test("a span that is no node marks the nearest node around it, lightly", () => {
  const view = show("mistakes", { span: [25, 27] });
  expect(view.selected()).toEqual([]);
  expect(view.near()).toEqual(["for value in valeus:"]);
});

test("a token from outside marks and reveals its statement, lightly", () => {
  const view = show("fibonacci");
  view.model.set("selected", 58);
  view.settle();
  expect(view.selected()).toEqual([]);
  expect(view.near()).toEqual(["for _ in range(n):"]);
});

test("what the reader closes over the selection stays closed until the selection changes", () => {
  const view = show("fibonacci", { selected: 53, span: [53, 69] });
  view.row("if n").querySelector<HTMLElement>(".tri")!.click();
  view.model.set("metric", "entropy");
  view.settle();
  expect(view.codes()).not.toContain("for _ in range(n):");
  view.model.set("span", [71, 72]);
  view.settle();
  expect(view.selected()).toEqual(["return a"]);
});

test("the keyboard moves among rows, opens, goes in and out, and selects with Enter only", () => {
  const view = show("fibonacci");
  view.press("ArrowDown");
  view.press("End");
  expect(view.current()).toBe(view.codes().at(-1));
  view.press("Home");
  for (let i = 0; i < 3; i++) view.press("ArrowDown");
  expect(view.current()).toBe("if n <= 0:");
  view.press("ArrowUp");
  view.press("ArrowDown");
  expect(view.current()).toBe("if n <= 0:");
  expect(view.saved).toEqual([]);
  view.press("ArrowRight");
  expect(view.codes()).toContain("return 0");
  view.press("ArrowRight");
  expect(view.current()).toBe("return 0");
  view.press("ArrowLeft");
  expect(view.current()).toBe("if n <= 0:");
  view.press("ArrowLeft");
  expect(view.codes()).not.toContain("return 0");
  view.press("Enter");
  expect(view.saved).toEqual([{ selected: 18, span: [18, 72] }]);
  view.press("Home");
  expect(view.current()).toBe("module");
});

test("letters and keys with Control are left to the notebook", () => {
  const view = show("fibonacci");
  expect(view.press("b")).toBe(true);
  expect(view.press("ArrowDown")).toBe(false);
});

test("Space shows the expressions of a row among its statements, and hides them", () => {
  const view = show("fibonacci", { span: [53, 69] });
  view.press(" ");
  expect(view.codes()).toContain("range(n):");
  view.press(" ");
  expect(view.codes()).not.toContain("range(n):");
});

test("Escape selects nothing any more, in one message", () => {
  const view = show("fibonacci", { selected: 53, span: [53, 69] });
  view.press("Escape");
  expect(view.saved).toEqual([{ selected: null, span: null }]);
  view.press("Escape");
  expect(view.saved.length).toBe(1);
});

test("the question mark lists the keys and Escape closes the list first", () => {
  const view = show("fibonacci", { selected: 3 });
  view.press("?");
  expect(view.el.querySelector<HTMLElement>(".ts-keys")!.hidden).toBe(false);
  view.press("Escape");
  expect(view.el.querySelector<HTMLElement>(".ts-keys")!.hidden).toBe(true);
  expect(view.model.get("selected")).toBe(3);
});

test("hottest first sorts the siblings, and the source order comes back", () => {
  const view = show("mistakes", { statistic: "sum" });
  const tops = (): string[] => view.rows().filter((row) => row.getAttribute("aria-level") === "2").map((row) => row.querySelector("code")!.textContent!);
  expect(tops()).toEqual(["import math", "def mean(values):", "class Shelf:"]);
  view.button("hottest first").click();
  view.settle();
  expect(tops()).toEqual(["class Shelf:", "def mean(values):", "import math"]);
  view.button("in source order").click();
  view.settle();
  expect(tops()).toEqual(["import math", "def mean(values):", "class Shelf:"]);
});

test("a sum is offered for surprisal only, and the reason is told", () => {
  const view = show("mistakes", { statistic: "sum" });
  expect(view.button("sum").disabled).toBe(false);
  expect(view.text(".ts-cv-head .num")).toBe("summed");
  view.button("entropy").click();
  view.settle();
  expect(view.button("sum").disabled).toBe(true);
  expect(view.button("sum").title).toBe("Only surprisal adds up: a sum of other metrics means nothing");
  expect([view.text(".ts-cv-head .num"), view.button("mean").getAttribute("aria-checked")]).toEqual(["mean", "true"]);
  view.button("mean").click();
  view.button("mean").focus();
  view.button("mean").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
  expect(view.model.get("statistic")).toBe("mean");
});

test("of probability the lowest is shown", () => {
  const view = show("mistakes", { metric: "probability", statistic: "max" });
  expect(view.button("min").getAttribute("aria-checked")).toBe("true");
  expect([view.text(".ts-cv-head .num"), view.text(".ts-cv-head .scale")]).toEqual(["lowest", "100 % … 0 %"]);
  expect(view.row("for value").querySelector(".num")!.textContent).toBe("62.0 %");
});

test("what is confidently wrong stands apart, with the sentence that says why", () => {
  const view = show("mistakes");
  expect(view.text(".sure .ts-hint")).toBe("No token of these was surprising (each at least 37 % likely): uncertainty would not have found them.");
  const sure = [...view.el.querySelectorAll(".sure li > .go")].map((one) => one.textContent);
  expect(sure).toEqual(["✗line 6: Nothing defines “valeus”.", "✗line 22: “(” is never closed."]);
  expect(view.text(".sure li > .ts-hint")).toMatch(/^pyflakes · surprisal 0.48 nats · p 62.0 % · percentile \d\d of (all written tokens|written [a-z ]+ tokens)$/);
  expect(view.text(".sure .ts-chips")).toBe("it also had␣values 31.0 %␣range 4.0 %");
});

test("a finding selects its tokens, and what stood where it went wrong can be reached", () => {
  const view = show("mistakes");
  const [first, second] = view.el.querySelectorAll<HTMLButtonElement>(".sure .go");
  first.click();
  expect(view.saved).toEqual([{ selected: 27, span: [27, 27] }]);
  expect(view.selected()).toEqual(["valeus"]);
  second.click();
  expect(view.model.get("selected")).toBe(109);
  view.button("at ))⏎ it also had").click();
  expect(view.model.get("span")).toEqual([125, 125]);
});

test("alternatives below one per cent are not worth a chip", () => {
  const message = STATES.mistakes._syntax as { findings: Record<string, unknown>[] };
  const findings = [{ ...message.findings[1], alternatives: [["a", 0.31], ["b", 0.0099]] }, { ...message.findings[1], alternatives: [["c", 0.004]] }];
  const view = show("mistakes", { _syntax: { ...message, findings, hesitations: [] } });
  expect([...view.el.querySelectorAll(".ts-chips li")].map((chip) => chip.textContent)).toEqual(["a 31.0 %"]);
});

test("the finding that is selected is marked, and keeps the keyboard", () => {
  const view = show("mistakes");
  const go = (): HTMLButtonElement => view.el.querySelector<HTMLButtonElement>(".sure .go")!;
  go().focus();
  go().click();
  expect(go().getAttribute("aria-current")).toBe("true");
  expect(document.activeElement).toBe(go());
});

test("hesitations are grouped by what hung on them", () => {
  const message = STATES.mistakes._syntax as { hesitations: Record<string, unknown>[] };
  const [first, second, third, fourth] = message.hesitations;
  const view = show("mistakes", { _syntax: { ...message, hesitations: [first, { ...second, fork: "naming" }, { ...third, fork: "none" }, fourth] } });
  const groups = [...view.el.querySelectorAll(".ts-cv-side section:not(.sure)")].map((group) => [group.querySelector("h5")!.textContent, group.querySelectorAll(".ts-cv-list > li").length]);
  expect(groups).toEqual([["Other findings", 1], ["Structural forks", 2], ["Naming forks", 1], ["Open choices", 1]]);
  const chips = [...view.el.querySelectorAll(".ts-cv-side section:not(.sure)")][1].querySelector(".ts-chips")!;
  expect(chips.textContent).toBe("or␣longest 24.0 %␣return 19.0 % other tree␣best 12.0 %");
  [...view.el.querySelectorAll<HTMLButtonElement>(".go")].find((one) => one.textContent!.includes("␣found"))!.click();
  expect(view.saved).toEqual([{ selected: 68, span: [68, 68] }]);
});

test("long lists show a dozen, and all of them on request", () => {
  const message = STATES.mistakes._syntax as { findings: Record<string, unknown>[] };
  const findings = Array.from({ length: 30 }, () => ({ ...message.findings[0] }));
  const view = show("mistakes", { _syntax: { ...message, findings, hesitations: [] } });
  expect(view.el.querySelectorAll(".ts-cv-list > li").length).toBe(12);
  view.button("show all 30").click();
  expect(view.el.querySelectorAll(".ts-cv-list > li").length).toBe(30);
});

test("where linters found nothing this is said", () => {
  const view = show("mistakes", { _syntax: { ...(STATES.mistakes._syntax as object), findings: [], hesitations: [] } });
  expect(view.text(".ts-cv-side")).toBe("FindingsLinters found nothing.HesitationsNo written token had much more entropy than others of its kind.");
});

test("while the text is being written there is an outline without bars, and findings are waited for", () => {
  const view = show("writing");
  expect(view.codes()).toContain("class Shelf:");
  expect(view.el.querySelector(".ts-cv-outline")!.classList.contains("bare")).toBe(true);
  expect(view.row("class Shelf").getAttribute("aria-description")).toMatch(/^class, line 10, unfinished, \d+ tokens$/);
  expect(view.text(".ts-cv-side")).toBe("FindingsReading …");
});

test("a text without code says how to name its language", () => {
  const view = show("prose");
  expect(view.text(".ts-empty")).toBe("No code was found in this text. Say which language it is: CodeView(run, language='python').");
  expect(view.el.querySelector<HTMLElement>(".ts-main")!.hidden).toBe(true);
});

test("before the syntax is there, it is waited for", () => {
  const view = show("mistakes", { _syntax: {} });
  expect(view.text(".ts-empty")).toBe("Reading the syntax …");
});

test("notes, errors and a saved page are told", () => {
  const view = show("mistakes", { _syntax: { ...(STATES.mistakes._syntax as object), notes: ["No grammar for cobol."] }, error: "span=[9]: is no range.", _static: true });
  expect([...view.el.querySelectorAll(".ts-note")].map((note) => note.textContent)).toEqual(["Saved page: there is no kernel behind it. Everything computed before can be explored; nothing new can be generated.", "No grammar for cobol."]);
  expect(view.text(".ts-error")).toContain("span=[9]: is no range.");
  view.el.querySelector<HTMLButtonElement>(".ts-error button")!.click();
  expect(view.model.get("error")).toBe("");
});

test("two views of one model agree, and taking them down leaves no listener", () => {
  const model = new StaticModel({ ...STATES.mistakes, _static: true });
  const { initialize, render } = widget();
  const end = initialize({ model });
  const before = model.listenerCount;
  const [one, two] = [document.createElement("div"), document.createElement("div")];
  document.body.append(one, two);
  const ends = [one, two].map((el) => render({ model, el }));
  model.set("span", [27, 27]);
  vi.advanceTimersByTime(50);
  const marked = (el: HTMLElement): string => el.querySelector("[aria-selected=true]")!.textContent!;
  expect(marked(one)).toBe(marked(two));
  for (const take of ends) take();
  expect(model.listenerCount).toBe(before);
  expect(one.childElementCount).toBe(0);
  end();
});
