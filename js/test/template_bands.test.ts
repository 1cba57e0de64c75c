import { expect, test } from "vitest";
import { HeatArea } from "../src/shared/heat_area";
import { absoluteScale, metricOf } from "../src/shared/metrics";
import { Role, Run } from "../src/shared/runs";

type Token = [text: string, role: Role];

const CHAT: Token[] = [
  ["<|im_start|>", Role.Special],
  ["system", Role.Template],
  ["\n", Role.Template],
  ["Be brief", Role.Template],
  ["<|im_end|>", Role.Special],
  ["\n", Role.Template],
  ["<|im_start|>", Role.Special],
  ["us", Role.Template],
  ["er", Role.Template],
  ["\n", Role.Template],
  ["hi", Role.Prompt],
  ["<|im_end|>", Role.Special],
  ["\n", Role.Template],
  ["<|im_start|>", Role.Special],
  ["assistant", Role.Template],
  ["\n", Role.Template],
];
const ANSWER: Token[] = [
  ["x", Role.Generated],
  ["<|im_end|>", Role.Special],
];

/** A run of these tokens; those of `CHAT` are the prompt unless told. */
function runOf(tokens: Token[], promptLength = tokens.length - ANSWER.length, id = "run"): Run {
  const settings = { max_new_tokens: 8, stop_strings: [] };
  const run = new Run(id, { model: "m", dtype: "float32", finish: "length", prompt_length: promptLength, settings, lineage: null } as never);
  tokens.forEach(([text, role], i) => {
    run.ids.push(i);
    run.texts.push(role === Role.Special ? "" : text);
    run.roles.push(role);
    run.vocabulary.set(i, text);
  });
  return run;
}

function areaOf(run: Run): HeatArea {
  const area = new HeatArea();
  area.sync(run);
  return area;
}

/** Each line as it is read while the template is folded: bands in brackets. */
function lines(area: HeatArea): string[] {
  return [...area.element.querySelectorAll(".x")].map((line) =>
    [...line.children].map((part) => (part.matches(".ts-band") ? `[${part.textContent}]` : part.matches(".sp") ? "" : part.textContent)).join(""),
  );
}

const OPTIONS = { lineNumbers: true, whitespace: false, special: false, colorPrompt: false };

test("what the template put is folded to bands with the names of the roles", () => {
  expect(lines(areaOf(runOf([...CHAT, ...ANSWER])))).toEqual(["[system]", "[Be brief]", "[user]", "hi", "[assistant]", "x"]);
});

test("a band stands where its text stands, so that no line comes or goes when it unfolds", () => {
  const area = areaOf(runOf([...CHAT, ...ANSWER]));
  const band = area.element.querySelectorAll(".ts-band")[2];
  expect(band.nextElementSibling).toBe(area.spanOf(7));
  const before = area.lineCount;
  area.setOptions({ ...OPTIONS, special: true }, undefined);
  expect([area.element.classList.contains("show-special"), area.lineCount]).toEqual([true, before]);
});

test("marks without text are named, except the one that begins every text", () => {
  const run = runOf([["<s>", Role.Special], ["[INST]", Role.Special], ["hi", Role.Prompt], ["[/INST]", Role.Special], ...ANSWER]);
  expect(lines(areaOf(run))).toEqual(["[INST]hi[/INST]x"]);
  expect(lines(areaOf(runOf([["<s>", Role.Special], ["hi", Role.Prompt], ...ANSWER])))).toEqual(["hix"]);
  const fill = runOf([["<｜fim▁begin｜>", Role.Special], ["a", Role.Prompt], ["<｜fim▁hole｜>", Role.Special], ["b", Role.Prompt], ["<｜fim▁end｜>", Role.Special], ...ANSWER]);
  expect(lines(areaOf(fill))).toEqual(["a[fim▁hole]b[fim▁end]x"]);
});

test("what was written has no bands, and a prompt that is no chat has none", () => {
  expect(lines(areaOf(runOf([["a", Role.Prompt], ["b", Role.Generated], ["<|end|>", Role.Special]], 1)))).toEqual(["ab"]);
});

test("rows that come later change the bands that they belong to", () => {
  const all = runOf([...CHAT, ...ANSWER]);
  const growing = runOf(CHAT.slice(0, 8), CHAT.length);
  const area = areaOf(growing);
  expect(lines(area)).toEqual(["[system]", "[Be brief]", "[us]"]);
  for (const name of ["ids", "texts", "roles"] as const) (growing[name] as unknown[]).push(...all[name].slice(8));
  area.sync(growing);
  expect(lines(area)).toEqual(["[system]", "[Be brief]", "[user]", "hi", "[assistant]", "x"]);
});

test("another run has its own bands, and drawing white space keeps them", () => {
  const area = areaOf(runOf([...CHAT, ...ANSWER]));
  const other = runOf([["a b", Role.Prompt], ["[/INST]", Role.Special], ...ANSWER], 2, "other");
  area.sync(other);
  expect(lines(area)).toEqual(["a b[/INST]x"]);
  area.setOptions({ ...OPTIONS, whitespace: true }, other);
  expect(lines(area)).toEqual(["a·b[/INST]x"]);
});

test("what a template put is text, never markup", () => {
  const area = areaOf(runOf([["<b>x</b>", Role.Template], ["y", Role.Prompt], ...ANSWER]));
  expect([area.element.querySelector(".ts-band")!.textContent, area.element.querySelector("b")]).toEqual(["<b>x</b>", null]);
});

test("colouring the tokens leaves the bands as they are", () => {
  const run = runOf([...CHAT, ...ANSWER]);
  const area = areaOf(run);
  area.setOptions({ ...OPTIONS, colorPrompt: true }, run);
  area.paint(run, metricOf("surprisal"), absoluteScale(metricOf("surprisal")), true);
  expect([...area.element.querySelectorAll(".ts-band")].map((band) => band.className)).toEqual(["ts-band", "ts-band", "ts-band", "ts-band"]);
});

test("while nothing is selected Tab comes to the text, though its first token is folded", () => {
  const area = areaOf(runOf([...CHAT, ...ANSWER]));
  area.select(-1, false);
  expect(area.element.tabIndex).toBe(0);
  area.select(10, false);
  expect([area.element.tabIndex, area.spanOf(10)!.tabIndex]).toEqual([-1, 0]);
});
