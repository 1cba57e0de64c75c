import { expect, test } from "vitest";
import { firstLine, tokenLines } from "../src/code_view/lines";
import { marksOf } from "../src/code_view/marks";
import { Openings, openRows, Outline } from "../src/code_view/outline";
import { readingOf } from "../src/code_view/reading";
import { nodeOfKind, runNamed, syntaxNamed } from "./code_view_fixtures";

const textOf = (pieces: ReturnType<typeof firstLine>): string => pieces.map(({ text }) => text).join("").trimEnd();

const syntax = syntaxNamed("fibonacci");
const run = runNamed("fibonacci");
const outline = new Outline(syntax);
const mistakes = syntaxNamed("mistakes");

function rows(openings = new Openings(), compare: ((a: number, b: number) => number) | null = null): string[] {
  return openRows(outline, openings, compare).map(({ node, depth }) => `${"  ".repeat(depth)}${outline.word(node)}: ${textOf(firstLine(run, syntax, node))}`);
}

test("two levels are open at first, and blocks are no rows", () => {
  expect(rows().slice(0, 4)).toEqual([
    "module: module",
    "  function: def fibonacci(n):",
    '    expression: """Return the n-th Fibonacci number."""',
    "    branch: if n <= 0:",
  ]);
});

test("a branch opens to its statements and its clauses", () => {
  const openings = new Openings();
  openings.setOpen(outline, nodeOfKind(syntax, "if_statement"), true);
  expect(rows(openings).slice(3, 7)).toEqual(["    branch: if n <= 0:", "      return: return 0", "      elif clause: elif n == 1:", "      else clause: else:"]);
});

test("a statement without statements in it opens to its expressions; a node over the same tokens is no row of its own", () => {
  const openings = new Openings();
  openings.reveal(outline, nodeOfKind(syntax, "pattern_list"));
  const shown = rows(openings);
  expect(shown.slice(shown.findIndex((row) => row.includes("a, b = 0, 1")), -1).slice(0, 3)).toEqual(["        assign: a, b = 0, 1", "          pattern list: a, b", "          collection: 0, 1"]);
});

test("the expressions of a loop's head are shown among its statements when asked for", () => {
  const openings = new Openings();
  const loop = nodeOfKind(syntax, "for_statement");
  openings.reveal(outline, outline.kids(loop)[2]);
  expect(rows(openings).some((row) => row.includes("call: range(n)"))).toBe(false);
  openings.setParts(outline, loop, true);
  expect(rows(openings).filter((row) => row.startsWith("          "))).toEqual(["          identifier: _", "          call: range(n):", "          assign: a, b = b, a + b"]);
});

test("revealing an expression opens all that stands above it", () => {
  const openings = new Openings();
  const name = syntax.nodeOver(58, 58);
  openings.reveal(outline, outline.rowOf(name));
  const shown = openRows(outline, openings, null).map(({ node }) => node);
  expect(shown).toContain(name);
  expect(openings.showsParts(outline, nodeOfKind(syntax, "for_statement"))).toBe(true);
  expect(openings.showsParts(outline, nodeOfKind(syntax, "function_definition"))).toBe(false);
});

test("what the reader closed stays closed when the text grows", () => {
  const openings = new Openings();
  const growing = syntaxNamed("writing");
  const [before, after] = [new Outline(growing), new Outline(mistakes)];
  openings.setOpen(before, nodeOfKind(growing, "class_definition"), false);
  const shown = openRows(after, openings, null).find(({ node }) => node === nodeOfKind(mistakes, "class_definition"))!;
  expect([shown.expandable, shown.open]).toEqual([true, false]);
});

test("a hidden node is shown by the row around it, a token by its innermost statement", () => {
  const loop = nodeOfKind(syntax, "for_statement");
  expect(outline.rowOf(nodeOfKind(syntax, "assignment"))).toBe(syntax.parent(nodeOfKind(syntax, "assignment")));
  expect(outline.sectionOf(58)).toBe(loop);
  expect(outline.sectionOf(-1)).toBe(-1);
  expect(outline.sectionOf(9999)).toBe(-1);
});

test("siblings are sorted with the most doubtful first, those without a value last", () => {
  const reading = readingOf(syntax, "surprisal", "mean");
  const statements = outline.sectionKids(nodeOfKind(syntax, "function_definition"));
  const sorted = [...statements].sort(reading.compare).map(reading.value);
  expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
  const values: Record<number, number> = { 1: 0.2, 2: NaN, 3: 0.9, 4: 0.2 };
  const fake = { nodes: 5, sum: () => NaN, metric: (node: number) => values[node] } as unknown as typeof syntax;
  expect([1, 2, 3, 4].sort(readingOf(fake, "entropy", "mean").compare)).toEqual([3, 1, 4, 2]);
  expect([1, 2, 3, 4].sort(readingOf(fake, "probability", "mean").compare)).toEqual([1, 4, 3, 2]);
});

test("the most doubtful token has the highest surprisal and the lowest probability", () => {
  const [surprisal, probability] = [readingOf(syntax, "surprisal", "max"), readingOf(syntax, "probability", "max")];
  expect([surprisal.title, probability.title]).toEqual(["highest surprisal", "lowest probability"]);
  expect(Math.exp(-surprisal.value(0))).toBeCloseTo(probability.value(0), 5);
});

test("bars are absolute: three nats fill one, and so does no probability", () => {
  const surprisal = readingOf(syntax, "surprisal", "mean");
  expect([surprisal.share(1.5), surprisal.share(7), surprisal.share(NaN)]).toEqual([0.5, 1, 0]);
  expect(readingOf(syntax, "probability", "mean").share(0.25)).toBe(0.75);
});

test("sums are drawn beside the largest, and only surprisal has one", () => {
  const sum = readingOf(syntax, "surprisal", "sum");
  expect(sum.share(sum.value(0))).toBe(1);
  expect(sum.ends[1]).toBe(`${syntax.sum(0).toFixed(1)} nats`);
  expect(readingOf(syntax, "entropy", "sum").statistic).toBe("mean");
});

test("a mean of ranks keeps its decimal", () => {
  expect(readingOf(syntax, "rank", "mean").format(1.26)).toBe("1.3");
  expect(readingOf(syntax, "rank", "max").format(12)).toBe("12");
});

test("a row's text is its first line without indentation, each piece with its role", () => {
  const loop = nodeOfKind(syntax, "for_statement");
  expect(firstLine(run, syntax, loop).slice(0, 3)).toEqual([
    { text: "for", role: "keyword" },
    { text: " _", role: "identifier.binding" },
    { text: " in", role: "keyword" },
  ]);
  expect(textOf(firstLine(run, syntax, loop))).toBe("for _ in range(n):");
});

test("a first line of signs only goes on with the next", () => {
  const one = (texts: string[]): string => {
    const fake = { first: () => 0, last: () => texts.length - 1, role: () => "", structure: () => "statement.expression", parent: () => 0 } as unknown as typeof syntax;
    return textOf(firstLine({ texts, roles: texts.map(() => 1), length: texts.length } as unknown as typeof run, fake, 0));
  };
  expect(one(['"""', "\n    ", "Given", " n", "\n    more"])).toBe('""" Given n');
  expect(one(["\n  {\n", "  a", "\n}"])).toBe("{ a");
  expect(one(["x", " =\n", "y"])).toBe("x =");
});

test("marks that would turn the line around are shown as signs", () => {
  const hostile = { texts: ["a\u202eb"], roles: [1], length: 1 } as unknown as typeof run;
  const one = { first: () => 0, last: () => 0, role: () => "", structure: () => "statement.expression", parent: () => 0 } as unknown as typeof syntax;
  expect(firstLine(hostile, one, 0)[0].text).toBe("a⟨202E⟩b");
});

test("tokens know their line, also those that begin with its break", () => {
  const texts = ["a", "\n  b", " c\n", "\n", "d"];
  expect([...tokenLines({ texts, length: 5 } as unknown as typeof run)]).toEqual([1, 2, 2, 3, 4]);
});

test("a row says what was found inside it", () => {
  expect(marksOf(mistakes, 0)).toEqual({ severity: "error", findings: 2, hesitations: 4, words: "2 errors, 1 warning, 4 hesitations inside" });
  expect(marksOf(mistakes, nodeOfKind(mistakes, "import_statement"))).toEqual({ severity: "warning", findings: 1, hesitations: 0, words: "1 warning inside" });
  expect(marksOf(mistakes, nodeOfKind(mistakes, "return_statement")).words).toBe("");
});
