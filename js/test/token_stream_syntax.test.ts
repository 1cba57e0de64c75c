import { expect, test } from "vitest";
import { mounted, withStillTime } from "./mounted";
import { revive, StaticModel } from "../src/shared/static_model";
import widget from "../src/token_stream/index";
import { runNamed, STATES, syntaxNamed, type Name } from "./code_view_fixtures";

withStillTime();

function show(name: Name, traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...STATES[name], status: "done", settings: { max_new_tokens: 8 }, syntax: true, span: null, _static: false, ...traits });
  const saved: unknown[] = [];
  model.save_changes = () => void saved.push([model.get("selected") ?? null, model.get("span") ?? null]);
  const { el, settle, text, button } = mounted(widget, model);
  const one = (i: number): HTMLElement => el.querySelector<HTMLElement>(`.ts-code [data-i="${i}"]`)!;
  const marked = (mark: string): number[] => [...new Set([...el.querySelectorAll<HTMLElement>(`.ts-code .${mark}`)].map((span) => Number(span.dataset.i)))];
  const press = (key: string, shiftKey = false): boolean => one(Number(model.get("selected") ?? 0)).dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
  const steps = (): string[] => [...el.querySelectorAll(".ts-crumbs button")].map((step) => step.textContent!);
  const heats = (): number[] => [...el.querySelectorAll<HTMLElement>(".ts-code .t")].map((span) => Number(/ h(\d+)/.exec(span.className)?.[1] ?? 0));
  return { model, saved, el, settle, one, marked, text, button, press, steps, heats };
}

test("with syntax, tokens have the class of their role; without it, none", () => {
  const view = show("mistakes");
  const run = runNamed("mistakes");
  const keywords = view.marked("yk").map((i) => run.texts[i].trim());
  expect([...new Set(keywords)]).toEqual(["import", "def", "for", "in", "return", "class", "if", "is", "or", "lambda"]);
  expect(view.marked("yb").map((i) => run.texts[i].trim())).toContain("None");
  view.button("Syntax").click();
  view.settle();
  expect([view.model.get("syntax"), view.marked("yk"), view.el.querySelector<HTMLElement>(".ts-syntax-bar")!.hidden]).toEqual([false, [], true]);
});

test("what was found is underlined by its severity, and told in words where the pointer is", () => {
  const view = show("mistakes");
  const found = syntaxNamed("mistakes").findings;
  const errors = found.filter(({ severity, first }) => severity === "error" && first >= 0);
  expect(errors.length).toBeGreaterThan(0);
  for (const { first, last } of errors) for (let i = first; i <= last; i++) expect(view.marked("we")).toContain(i);
  view.one(errors[0].first).dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(view.text(".ts-tooltip:not([hidden])")).toContain(`✗ ${errors[0].message}`);
  view.one(0).dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(view.text(".ts-tooltip:not([hidden])")).not.toContain("✗");
});

test("with nothing selected the findings are listed; one leads to its token, which tells the whole of it", () => {
  const view = show("mistakes");
  const [first] = syntaxNamed("mistakes").findings.filter((finding) => finding.first >= 0);
  const items = [...view.el.querySelectorAll<HTMLButtonElement>(".ts-findings button")];
  expect(items.length).toBe(Math.min(6, syntaxNamed("mistakes").findings.length));
  items.find((item) => item.textContent!.includes(first.message))!.click();
  expect(view.model.get("selected")).toBe(first.first);
  expect(view.text(".ts-findings")).toContain(first.message);
  expect(view.text(".ts-findings")).toContain(first.tool);
});

test("a finding without a token leads nowhere", () => {
  const message = STATES.mistakes._syntax as { findings: object[] };
  const lost = { ...message.findings[0], message: "lost", first: -1, last: -1 };
  const view = show("mistakes", { _syntax: { ...message, findings: [lost] } });
  const item = view.el.querySelector<HTMLButtonElement>(".ts-findings button")!;
  item.click();
  expect([item.disabled, view.model.get("selected")]).toEqual([true, null]);
});

test("a step of the path selects its node, and its tokens are framed", () => {
  const view = show("fibonacci", { selected: 54 });
  expect(view.steps().slice(0, 3)).toEqual(["module", "function fibonacci", "block"]);
  view.button("for statement").click();
  view.settle();
  expect(view.model.get("span")).toEqual([53, 69]);
  expect([view.marked("nd").length, view.marked("nd0"), view.marked("nd1")]).toEqual([17, [53], [69]]);
  expect(view.el.querySelector(".ts-crumbs [aria-current]")!.textContent).toBe("for statement");
});

test("a token that spans lines begins and ends the frame once", () => {
  const run = runNamed("fibonacci");
  const spanning = run.texts.findIndex((text) => /\n +/.test(text) || /\n\n/.test(text));
  const view = show("fibonacci", { span: [spanning, spanning] });
  const parts = view.el.querySelectorAll(`.ts-code [data-i="${spanning}"]`).length;
  expect(parts).toBeGreaterThan(1);
  expect([view.el.querySelectorAll(".nd").length, view.el.querySelectorAll(".nd0").length, view.el.querySelectorAll(".nd1").length]).toEqual([parts, 1, 1]);
});

test("Shift and an arrow grow and shrink the node around the token; Escape lets go of it", () => {
  const view = show("fibonacci", { selected: 54 });
  const spans: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    view.press("ArrowUp", true);
    spans.push(view.model.get("span"));
  }
  expect(spans).toEqual([[54, 54], [53, 69], expect.anything()]);
  view.press("ArrowDown", true);
  expect(view.model.get("span")).toEqual([53, 69]);
  view.press("ArrowDown", true);
  view.press("ArrowDown", true);
  expect(view.model.get("span")).toBe(null);
  view.press("ArrowUp", true);
  view.press("Escape");
  expect([view.model.get("span"), view.model.get("selected")]).toEqual([null, 54]);
});

test("growing stops at the module", () => {
  const view = show("fibonacci", { selected: 54 });
  for (let i = 0; i < 20; i++) view.press("ArrowUp", true);
  const { first, last } = { first: syntaxNamed("fibonacci").first(0), last: syntaxNamed("fibonacci").last(0) };
  expect(view.model.get("span")).toEqual([first, last]);
});

test("without syntax Shift and an arrow move as the arrow does", () => {
  const view = show("fibonacci", { selected: 54, syntax: false });
  view.press("ArrowUp", true);
  expect(view.model.get("span")).toBe(null);
});

test("colour within the role compares a token with its like, as the kernel does", () => {
  const view = show("mistakes", { metric: "surprisal" });
  const absolute = view.heats();
  view.button("colour within role").click();
  view.settle();
  expect(view.model.get("scale")).toBe("role");
  expect(view.text(".ts-legend")).toContain("hottest of its role");
  expect(view.heats()).not.toEqual(absolute);
  const finding = syntaxNamed("mistakes").findings.find(({ kind }) => kind === "undefined")!;
  const step = Number(/ h(\d+)/.exec(view.one(finding.first).className)![1]);
  expect(step).toBe(Math.round((finding.percentile! / 100) * 15));
  view.button("colour within role").click();
  view.settle();
  expect([view.model.get("scale"), view.heats()]).toEqual(["absolute", absolute]);
});

test("the percentiles of the settings and of the role exclude each other", () => {
  const view = show("mistakes", { scale: "role" });
  const box = [...view.el.querySelectorAll("label")].find((label) => label.textContent!.startsWith("percentiles"))!.querySelector("input")!;
  expect([box.checked, view.button("colour within role").getAttribute("aria-pressed")]).toEqual([false, "true"]);
  box.click();
  view.settle();
  expect([view.model.get("scale"), view.button("colour within role").getAttribute("aria-pressed")]).toEqual(["percentile", "false"]);
});

test("within the role, what is still being written gets its colour with the syntax that covers it", () => {
  const view = show("writing", { scale: "role", status: "generating", _syntax: { ...(STATES.writing._syntax as object), length: 60 } });
  const late = (): number[] => runNamed("writing").ids.flatMap((_, i) => (i >= 60 && / h\d/.test(view.one(i).className) ? [i] : []));
  expect(late()).toEqual([]);
  view.model.set("_syntax", revive(STATES.writing._syntax));
  view.settle();
  expect(late().length).toBeGreaterThan(15);
});

test("the text is repainted within the role only when there is a reason", () => {
  const view = show("mistakes", { scale: "role" });
  view.one(40).classList.add("h15");
  view.model.set("selected", 3);
  view.settle();
  expect(view.one(40).classList.contains("h15")).toBe(true);
  view.model.set("metric", "entropy");
  view.settle();
  expect(view.one(40).classList.contains("h15")).toBe(false);
});

test.each([
  [{ _static: true }, "No kernel is behind this page. The syntax was not read before."],
  [{}, "Reading the syntax …"],
  [{ error: "the grammar fell over" }, "The syntax could not be read."],
])("where there is no syntax the bar says why: %j", (traits, hint) => {
  const view = show("mistakes", { _syntax: {}, syntax: false, ...traits });
  view.button("Syntax").click();
  view.settle();
  expect([view.text(".ts-crumbs"), view.button("Syntax").getAttribute("aria-pressed")]).toEqual([hint, "true"]);
  expect(view.button("colour within role").hidden).toBe(true);
});

test("a page saved with its syntax can hide and show it", () => {
  const view = show("mistakes", { _static: true });
  view.button("Syntax").click();
  view.settle();
  expect(view.marked("yk").length).toBe(0);
  view.button("Syntax").click();
  view.settle();
  expect(view.marked("yk").length).toBeGreaterThan(5);
});

test("prose is said to hold no code", () => {
  const view = show("prose");
  expect([view.text(".ts-crumbs"), view.marked("yk")]).toEqual(["No code was found in this text.", []]);
});

test("the syntax of another run is not taken for this one's", () => {
  const view = show("mistakes", { _syntax: { ...(STATES.mistakes._syntax as object), run: "another" } });
  expect([view.marked("yk"), view.marked("we")]).toEqual([[], []]);
});

test("who does not see the colours hears the role and what was found", () => {
  const finding = syntaxNamed("mistakes").findings.find(({ kind }) => kind === "undefined")!;
  const view = show("mistakes", { selected: finding.first });
  expect(view.one(finding.first).getAttribute("aria-label")).toMatch(/, identifier reference, ✗ .*valeus/);
});

test("the list of keys has those of the syntax", () => {
  const view = show("fibonacci");
  expect(view.text(".ts-keys")).toContain("select the node around, a smaller one");
});

test("with syntax, the tokens underlined are those more open than their kind, and they are listed", () => {
  const view = show("mistakes");
  view.settle();
  const { hesitations } = syntaxNamed("mistakes");
  expect(view.marked("u")).toEqual(hesitations.map(({ token }) => token));
  const list = [...view.el.querySelectorAll(".ts-side h4")].find((title) => title.textContent === "Hesitant for what they are")!.nextElementSibling!;
  expect(list.querySelectorAll("button").length).toBe(hesitations.length);
  list.querySelector("button")!.click();
  expect(view.model.get("selected")).toBe(hesitations[0].token);
});

test("without syntax, an entropy alone underlines a token", () => {
  const view = show("mistakes", { syntax: false });
  view.settle();
  const run = runNamed("mistakes");
  const open = run.texts.flatMap((_, i) => (i >= run.meta.prompt_length && run.model.scalars.entropy.at(i) >= 1.25 ? [i] : []));
  expect(view.marked("u")).toEqual(open);
});
