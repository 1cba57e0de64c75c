import { expect, test } from "vitest";
import { StaticModel } from "../src/shared/static_model";
import { syntaxOf } from "../src/shared/syntax";
import { nodeOfKind, STATES, syntaxNamed } from "./code_view_fixtures";

const syntax = syntaxNamed("fibonacci");

test("roles, structures and lines come by token and node", () => {
  expect(syntax.role(0)).toBe("keyword");
  expect(syntax.role(43)).toBe("identifier.binding");
  const loop = nodeOfKind(syntax, "for_statement");
  expect([syntax.structure(loop), syntax.line(loop), syntax.first(loop), syntax.last(loop)]).toEqual(["statement.loop", 9, 53, 69]);
});

test("the path leads from the module to the node", () => {
  const path = syntax.path(nodeOfKind(syntax, "for_statement")).map((node) => syntax.kind(node));
  expect(path).toEqual(["module", "function_definition", "block", "if_statement", "else_clause", "block", "for_statement"]);
});

test("a label is the name of a function, or the kind in words", () => {
  expect(syntax.label(nodeOfKind(syntax, "function_definition"))).toBe("function fibonacci");
  expect(syntax.label(nodeOfKind(syntax, "for_statement"))).toBe("for statement");
});

test("of several nodes over the same tokens the innermost is found", () => {
  expect(syntax.kind(syntax.nodeOver(43, 51))).toBe("assignment");
  expect(syntax.nodeOver(43, 52)).toBe(-1);
});

test("a node's metrics are known by name, and a metric that was not sent is no number", () => {
  const loop = nodeOfKind(syntax, "for_statement");
  expect(syntax.tokens(loop)).toBe(17);
  expect(syntax.metric(loop, "entropy", "max")).toBeCloseTo(0.9337, 4);
  expect(syntax.metric(loop, "novelty", "max")).toBeNaN();
});

test("sums of a function's tokens are those of its module but for what stands outside", () => {
  const sum = (kind: string): number => syntax.sum(nodeOfKind(syntax, kind));
  expect(sum("module")).toBeGreaterThan(sum("function_definition"));
  expect(sum("function_definition")).toBeGreaterThan(sum("if_statement"));
});

test("while the text is being written there are nodes without numbers", () => {
  const writing = syntaxNamed("writing");
  expect(writing.nodes).toBeGreaterThan(20);
  expect(writing.tokens(0)).toBeNaN();
  expect(writing.sum(0)).toBeNaN();
  expect(writing.metric(0, "surprisal", "mean")).toBeNaN();
});

test("findings are known at each of their tokens only", () => {
  const found = syntaxNamed("mistakes");
  expect(found.findingsAt(27).map(({ message }) => message)).toEqual(["Nothing defines “valeus”."]);
  expect(found.findingsAt(28)).toEqual([]);
});

test("syntax of another run is none, and the same message is decoded once", () => {
  const model = new StaticModel(STATES.fibonacci);
  const [id] = STATES.fibonacci._columns as string[];
  expect(syntaxOf(model, "another")).toBeNull();
  expect(syntaxOf(model, id)).not.toBeNull();
  expect(syntaxOf(model, id)).toBe(syntaxOf(model, id));
  expect(syntaxOf(new StaticModel({ _syntax: {} }), id)).toBeNull();
});
