import { expect, test } from "vitest";
import { Comparison, type ComparisonHost, type ComparisonInput } from "../src/shared/comparison";
import { absoluteScale, METRICS } from "../src/shared/metrics";
import type { RunMeta } from "../src/shared/protocol";
import { Role, Run } from "../src/shared/runs";
import { Strip } from "../src/shared/strip";

const META: RunMeta = { model: "m", dtype: "float32", finish: "length", prompt_length: 1, lineage: null, settings: { max_new_tokens: 9, do_sample: false, temperature: 1, top_k: null, top_p: null, min_p: null, repetition_penalty: 1, seed: null, stop_strings: [] } };
const VOCABULARY: string[] = [];

/** A run of these tokens, of which nothing was measured. */
function runOf(texts: string[], meta: Partial<RunMeta> = {}): Run {
  const run = new Run(texts.join("|") + Math.random(), { ...META, ...meta });
  for (const text of texts) {
    if (!VOCABULARY.includes(text)) VOCABULARY.push(text);
    run.texts.push(text);
    run.ids.push(VOCABULARY.indexOf(text));
    run.roles.push(Role.Generated);
  }
  return run;
}

function shown(runs: Run[], host: Partial<ComparisonHost> = {}, input: Partial<ComparisonInput> = {}) {
  const comparison = new Comparison({ select: () => {}, keep: () => {}, keepLabel: () => null, ...host });
  comparison.update({ runs, reference: 0, alignments: {}, metric: METRICS.surprisal, scales: runs.map(() => absoluteScale(METRICS.surprisal)), special: false, ...input });
  const all = (selector: string): string[] => [...comparison.element.querySelectorAll(selector)].map((one) => one.textContent ?? "");
  return { comparison, all, lines: (column: number) => all(`[data-column="${column}"] .ts-row`) };
}

const HEAD = ["def f():\n", " a\n", " b\n"];

test("each column is headed by the token with which it parts from the reference", () => {
  const { all } = shown([runOf([...HEAD, " c", " d"]), runOf([...HEAD, " x", " d"]), runOf([...HEAD, " c", " y"])]);
  expect(all(".ts-fork-token")).toEqual(["␣c", "␣x", "␣y"]);
  expect(all(".t.fork")).toEqual([" c", " x", " y"]);
});

test("the token that a column parts with leads to the one it stands for in the others", () => {
  const { comparison } = shown([runOf([...HEAD, " c", " d"]), runOf([...HEAD, " x", " d"]), runOf([...HEAD, " c", " y"])]);
  expect([comparison.partner(2, 4, 0), comparison.partner(0, 4, 2), comparison.partner(1, 3, 2), comparison.partner(1, 4, 0)]).toEqual([4, 4, 3, -1]);
});

test("a line that was put in is shown, not folded away with what is shared", () => {
  const [run, longer] = [runOf([...HEAD, " c\n", " d"]), runOf([...HEAD, " new\n", " c\n", " d"])];
  const spans: ComparisonInput["alignments"] = { [longer.id]: [[0, 0, 3, 0, 3], [1, 3, 3, 3, 4], [0, 3, 5, 4, 6]] };
  const { all, lines } = shown([run, longer], {}, { alignments: spans });
  expect(all("button.ts-fold")).toEqual(["… 3 lines shared", "… 3 lines shared"]);
  expect(lines(1)).toEqual([" new", " c", " d"]);
  expect(all(".ts-fork-token")).toEqual(["␣c⏎", "␣new⏎"]);
});

test("runs of the same tokens say so, and one that only ends sooner says that", () => {
  expect(shown([runOf(HEAD), runOf(HEAD)]).all("header div")).toEqual(["same text", "same text"]);
  expect(shown([runOf(HEAD), runOf(HEAD.slice(0, 2))]).all(".ts-fork-token")).toEqual(["␣b⏎", "(ends)"]);
});

test("alone, a run is unfolded from where the others that came out the same part from it", () => {
  const alone = shown([runOf([...HEAD, " c"])], {}, { parts: 2 });
  expect([alone.all(".ts-fork-token"), alone.lines(0)]).toEqual([["␣b⏎"], [" b", " c"]]);
});

test("the rest of a long line is set in further than the line", () => {
  const { comparison } = shown([runOf(["x\n", "    y\n", "\t\tz"])]);
  const indents = [...comparison.element.querySelectorAll<HTMLElement>(".ts-row")].map((row) => row.style.getPropertyValue("--indent"));
  expect(indents.at(-1)).toBe("4ch");
});

test("a run that has a title goes by it", () => {
  const { all, comparison } = shown([runOf([...HEAD, " c"]), runOf([...HEAD, " d"])], { title: (column) => ["as it was", null][column] });
  expect(all(".ts-title")).toEqual(["as it was"]);
  expect([...comparison.element.children].map((column) => column.getAttribute("aria-label"))).toEqual(["as it was, from ␣c", "run 2, from ␣d"]);
});

test("of a text that was given all tokens are counted", () => {
  const { all } = shown([runOf(HEAD, { finish: "scored", prompt_length: 3 }), runOf([...HEAD, " c"], { prompt_length: 3, finish: "boundary" })]);
  expect(all("header small")).toEqual(["3 tokens · perplexity – · a given text", "1 token · perplexity – · boundary"]);
});

test("only tokens are among the options of a column", () => {
  const { comparison } = shown([runOf([...HEAD, " c"]), runOf([...HEAD, " d"])]);
  const lists = [...comparison.element.querySelectorAll("[role=listbox]")];
  expect(lists.map((list) => [list.querySelectorAll("button, header").length, list.querySelectorAll("[role=option]").length > 0])).toEqual([[0, true], [0, true]]);
});

test("the strip names what it draws and the token that stands out", () => {
  const run = runOf(["a", " b", " c"], { prompt_length: 1 });
  const strip = new Strip(() => {});
  const metric = { ...METRICS.surprisal, value: (_run: Run, i: number) => [9, 1, 2][i] };
  strip.draw(run, metric, -1);
  expect(strip.element.querySelector("canvas")!.getAttribute("aria-label")).toBe("surprisal along the run, hottest at position 2: ␣c");
  strip.draw(run, { ...metric, value: () => NaN }, -1);
  expect(strip.element.querySelector("canvas")!.getAttribute("aria-label")).toBe("surprisal along the run");
});
