import { expect, test } from "vitest";
import internal from "../src/flow/internal.json";

import protocol from "../src/shared/protocol.ts?raw";
import question from "../src/flow/question.ts?raw";
import tints from "../src/flow/tints.ts?raw";
import table from "../src/flow/table.ts?raw";
import area from "../src/shared/token_area.ts?raw";

/** Names that the build shortens must not be known to anybody outside of the bundle. */
test("no shortened name is a field of a message, of a question, or of an element's data", () => {
  const foreign = [protocol, question].join("\n");
  const fields = new Set([...foreign.matchAll(/^  (\w+)\??:/gm)].map((match) => match[1]));
  const data = new Set([tints, table, area].flatMap((text) => [...text.matchAll(/dataset\.(\w+)/g)].map((match) => match[1])));
  // the version of a snapshot is the one field of that name, and no view reads it
  expect(internal.filter((name) => name !== "version" && (fields.has(name) || data.has(name)))).toEqual([]);
});

test("no shortened name is a property of the elements that views are made of", () => {
  const tags = ["div", "span", "button", "input", "select", "option", "canvas", "table", "tr", "td"];
  const own = internal.filter((name) => tags.some((tag) => name in document.createElement(tag)) || name in document);
  expect(own.filter((name) => !["selected"].includes(name))).toEqual([]);
});
