import { expect, test } from "vitest";
import { gravest, roleClass, rolePercentiles, SyntaxPaint } from "../src/shared/syntax_paint";
import type { Syntax } from "../src/shared/syntax";
import type { TokenArea } from "../src/shared/token_area";
import { syntaxNamed } from "./code_view_fixtures";

test("a percentile is within the role, and equal values count half", () => {
  const found = [...rolePercentiles([1, 2, 2, 5], ["a", "a", "a", "b"])];
  expect(found.map((value) => Number(value.toFixed(3)))).toEqual([16.667, 66.667, 66.667, 50]);
});

test("what was not measured has no percentile and does not count", () => {
  expect([...rolePercentiles([NaN, 1, 3], ["a", "a", "a"])]).toEqual([NaN, 25, 75]);
});

test("a role has its own colour, else that of its class, else none", () => {
  expect(roleClass("identifier.definition")).toBe("yd");
  expect(roleClass("operator.assign")).toBe("yo");
  expect(roleClass("identifier.reference")).toBe("");
});

test("where findings meet, the gravest is marked", () => {
  const finding = (severity: string, first: number, last: number) => ({ severity, first, last });
  const found = gravest({ findings: [finding("note", 1, 3), finding("error", 2, 2), finding("warning", 2, 3), finding("error", -1, -1)] } as unknown as Syntax);
  expect([...found].map(([token, { severity }]) => [token, severity])).toEqual([[1, "note"], [2, "error"], [3, "warning"]]);
});

function area(classes: string[]): { area: TokenArea; now: () => string[] } {
  const spans = classes.map((name) => Object.assign(document.createElement("span"), { className: name }));
  const fake = { length: spans.length, spanOf: (i: number) => spans[i], spansOf: (i: number) => [spans[i]] };
  return { area: fake as unknown as TokenArea, now: () => spans.map((span) => span.className) };
}

test("roles, squiggles and the selected node are classes beside those that are there", () => {
  const syntax = syntaxNamed("mistakes");
  const { area: painted, now } = area(Array.from({ length: 30 }, () => "t h3"));
  const paint = new SyntaxPaint();
  paint.paint(painted, { syntax, span: [26, 27] });
  expect(now().slice(25, 29)).toEqual(["t h3", "t h3 yk nd nd0", "t h3 we nd nd1", "t h3 yo"]);
  paint.paint(painted, { syntax, span: null });
  expect(now().slice(25, 29)).toEqual(["t h3", "t h3 yk", "t h3 we", "t h3 yo"]);
  paint.paint(painted, { syntax: null, span: null });
  expect(now()).toEqual(Array.from({ length: 30 }, () => "t h3"));
});
