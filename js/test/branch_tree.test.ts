import { expect, test } from "vitest";
import { graphOf, ROW, trail } from "../src/branch_tree/graph";
import { linesOf, ranked, textOf, visible, type Line } from "../src/branch_tree/lines";
import { outcomeOf, tally } from "../src/shared/outcome";
import { Scale } from "../src/branch_tree/scale";
import { treeNamed, treeOf } from "./branch_tree_fixtures";

const made = (data: ReturnType<typeof treeOf>): Line[] => linesOf(data, ranked(data.runs, (run) => run.index));
/** Each line as "run<the one it hangs off>". */
const shape = (lines: Line[]): string[] => lines.map(({ run, above }) => `${run.number}<${above < 0 ? "" : lines[above].run.number}`);
const everything = (lines: Line[]): number[] => visible(lines, new Set(), null);

test("a single run is a single line", () => {
  expect(shape(made(treeOf("abc")))).toEqual(["1<"]);
});

test("of what goes on from a fork the first run goes straight on, and the others hang off it", () => {
  expect(shape(made(treeOf("abcd", "abxy", "abz")))).toEqual(["1<", "2<1", "3<1"]);
});

test("what parts last hangs first, so that lanes never cross a line", () => {
  expect(shape(made(treeOf("pabcdef", "px", "pabcy", "paz")))).toEqual(["1<", "3<1", "4<1", "2<1"]);
});

test("a branch of a branch hangs off the branch", () => {
  expect(shape(made(treeOf("pabcd", "paxyz", "paxq")))).toEqual(["1<", "2<1", "3<2"]);
});

test("a run that is the beginning of another has a line without segments", () => {
  const lines = made(treeOf("pabcd", "pab"));
  expect([shape(lines), lines[1].own]).toEqual([["1<", "2<1"], []]);
});

test("where the shorter run was made first, the longer one hangs off its end", () => {
  expect(shape(made(treeOf("pab", "pabcd")))).toEqual(["1<", "2<1"]);
});

test("equal runs are two lines", () => {
  expect(shape(made(treeOf("pab", "pab")))).toEqual(["1<", "2<1"]);
});

test("runs of different prompts are trees of their own", () => {
  const lines = made(treeOf("abc", "xyz", "abd"));
  expect(shape(lines)).toEqual(["1<", "3<1", "2<"]);
  expect(lines.map(({ level, position, siblings, below }) => [level, position, siblings, below])).toEqual([[0, 1, 2, 1], [1, 1, 1, 0], [0, 2, 2, 0]]);
});

test("the text of a line goes on over the forks of others, up to sixty characters", () => {
  const data = treeOf("pabcd", "pabx", `pz${"y".repeat(80)}`);
  const lines = made(data);
  // previews are empty here: only what segments begin with is known
  expect(lines.map((line) => textOf(data, line))).toEqual(["ac", "", ""]);
  data.preview[lines[2].own[0]] = "y".repeat(60);
  expect(textOf(data, lines[2]).length).toBe(60);
});

test("another order puts another run on the straight line", () => {
  const data = treeOf("pab", "paxy", "paz");
  expect(shape(linesOf(data, ranked(data.runs, (run) => -run.tokens)))).toEqual(["2<", "1<2", "3<2"]);
});

test("every run has one line, and every segment belongs to one", () => {
  const data = treeNamed("many");
  const lines = made(data);
  expect(new Set(lines.map(({ run }) => run.id)).size).toBe(60);
  expect(lines.flatMap(({ own }) => own).sort((a, b) => a - b)).toEqual(Array.from({ length: data.segments }, (_, i) => i));
  expect(lines.every(({ above, own, fork }) => above < 0 || (lines[above].own.includes(fork) && (!own.length || data.parent[own[0]] === fork)))).toBe(true);
});

test("what hangs off a closed line is hidden, and a search shows it all the same with what it hangs off", () => {
  const lines = made(treeOf("pabcd", "paxyz", "paxq", "pz"));
  const names = (found: number[]): number[] => found.map((i) => lines[i].run.number);
  expect(names(visible(lines, new Set(["run-1"]), null))).toEqual([1, 2, 4]);
  expect(names(visible(lines, new Set(["run-0"]), null))).toEqual([1]);
  expect(names(visible(lines, new Set(["run-1"]), lines.map(({ run }) => run.number === 3)))).toEqual([1, 2, 3]);
});

test("a position stands at the root of the tokens written before it, in every run", () => {
  const scale = new Scale(treeOf(`p${"a".repeat(100)}`, `p${"a".repeat(25)}b`), 232);
  // 232 − 16 for the prompt − 16 for the ends, over √100
  expect([scale.prompt, scale.right(0), scale.right(1)]).toEqual([16, 116, 216]);
  expect(scale.ticks().map(([n]) => n)).toEqual([0, 2, 10, 20, 50, 100]);
});

test("runs that part inside the prompt have room there", () => {
  const data = treeOf("pqab", "pqac");
  data.prompt.fill(3);
  expect(new Scale(data, 100).prompt).toBe(16);
  data.prompt.fill(4);
  expect(new Scale(data, 100).prompt).toBe(30);
});

test("lines never run backwards, whatever the prompts", () => {
  const data = treeNamed("many");
  data.prompt.forEach((_, i) => (data.prompt[i] = (i * 7) % 40));
  const scale = new Scale(data, 240);
  for (let s = 0; s < data.segments; s++) expect(scale.right(s)).toBeGreaterThanOrEqual(scale.left(s));
});

test("a branch leaves its line where it parts, and ends in its own row", () => {
  const data = treeOf(`p${"a".repeat(100)}`, `p${"a".repeat(25)}b`);
  const lines = made(data);
  const scale = new Scale(data, 232);
  const graph = graphOf(data, lines, everything(lines), scale);
  expect(graph.lanes).toBe(`M116 ${ROW / 2}V${1.5 * ROW - 5}q0 5 5 5`);
  expect(trail(lines, everything(lines), 1, scale)).toEqual(["M116 14V37q0 5 5 5H121M16 14H116", "M0 14H16"]);
});

test("the way to a run that parts inside the prompt goes on dotted to where writing begins", () => {
  const data = treeOf("pqab", "pqac");
  data.prompt.fill(4);
  const lines = made(data);
  const scale = new Scale(data, 100);
  // the prompts take 30 px, of which the shared three tokens take three quarters
  expect(trail(lines, everything(lines), 1, scale)).toEqual(["M22.5 14V37q0 5 5 5M30 42H30M22.5 14H22.5", "M27.5 42H30M0 14H22.5"]);
});

test("stretches are warmer and thicker the less a token was expected, and calm ones are not drawn", () => {
  const data = treeNamed("story");
  const lines = made(data);
  const { heat, forks, cut, ended } = graphOf(data, lines, everything(lines), new Scale(data, 240));
  expect(heat.map((path) => path.split("M").length - 1).every((n) => n > 0)).toBe(true);
  expect(heat[4]).toMatch(/^M[\d.]+ \d+h[\d.]+v16h-[\d.]+z/);
  // eight replacements; five made-up runs are cut off, the four of the model ended at a stop text
  expect([forks, cut, ended].map((path) => path.split("M").length - 1)).toEqual([8, 5, 4]);
});

test("an outcome is a sign, a short text and words", () => {
  const told = (verdict: Parameters<typeof outcomeOf>[0], finish = "length"): (string | number)[] => {
    const { sign, text, words, kind } = outcomeOf(verdict, finish);
    return [sign, text, words, kind];
  };
  expect(told({ status: "passed", passed: 5, total: 5 })).toEqual(["✓", "5/5", "all 5 tests passed", "good"]);
  expect(told({ status: "passed", passed: 1, total: 1 })).toEqual(["✓", "1/1", "its test passed", "good"]);
  expect(told({ status: "failed", passed: 2, total: 5, parses: false, findings: 1 })).toEqual(["✗", "2/5", "2 of 5 tests passed, does not parse, 1 finding of linters", "bad"]);
  expect(told({ status: "failed" })).toEqual(["✗", "failed", "tests failed", "bad"]);
  expect(told({ status: "timeout" })).toEqual(["✗", "time-out", "ran out of time", "bad"]);
  expect(told({ status: "error" })).toEqual(["✗", "error", "stopped with an error", "bad"]);
  expect(told({ status: "not_runnable" })).toEqual(["–", "not run", "cannot be run", "odd"]);
  expect(told({ parses: false })).toEqual(["✗", "parse", "does not parse", "odd"]);
  expect(told({ parses: true, findings: 2 })).toEqual(["", "parses", "parses, 2 findings of linters", ""]);
  expect(told({ parses: null }, "end_token")).toEqual(["", "ended", "ended by itself", ""]);
  expect(told(undefined, "later")).toEqual(["", "later", "later", ""]);
});

test("outcomes are ordered from passed to what does not parse", () => {
  const verdicts = [{ parses: false }, { status: "failed", passed: 1, total: 5 }, {}, { status: "passed" }, { status: "failed", passed: 4, total: 5 }, { status: "error" }];
  const order = verdicts.map((verdict) => outcomeOf(verdict, "length").order);
  expect([...order].sort((a, b) => a - b)).toEqual([3, 2, 4, 1, 5, 0].map((i) => order[i]));
});

test("the tally counts what tests and the parser said, and nothing where nobody asked", () => {
  const verdicts = [{ status: "passed", parses: true }, { status: "failed" }, { status: "error" }, { parses: false }, undefined];
  expect(tally(verdicts.map((verdict) => outcomeOf(verdict, "length")), verdicts)).toEqual(["✓ 1 pass", "✗ 2 fail", "1 does not parse"]);
  expect(tally([outcomeOf(undefined, "length")], [undefined])).toEqual([]);
});
