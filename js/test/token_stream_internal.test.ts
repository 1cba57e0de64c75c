import { expect, test } from "vitest";
import internal from "../src/token_stream/internal.json";

import protocol from "../src/shared/protocol.ts?raw";
import syntax from "../src/shared/syntax.ts?raw";
import area from "../src/shared/token_area.ts?raw";
import comparison from "../src/shared/comparison.ts?raw";

/** Names that the build shortens must not be known to anybody outside of the bundle. */
test("no shortened name is a field of a message, of a finding, or of an element's data", () => {
  const fields = new Set([...[protocol, syntax].join("\n").matchAll(/^  (\w+)\??:/gm)].map((match) => match[1]));
  const data = new Set([area, comparison].flatMap((text) => [...text.matchAll(/dataset\.(\w+)/g)].map((match) => match[1])));
  expect([fields.has("findings"), fields.has("alternatives"), fields.has("prompt_length")]).toEqual([true, true, true]);
  expect(internal.filter((name) => fields.has(name) || data.has(name))).toEqual([]);
});

test("no shortened name is a property of the elements that views are made of", () => {
  const tags = ["div", "span", "button", "input", "select", "textarea", "canvas", "form"];
  expect(internal.filter((name) => tags.some((tag) => name in document.createElement(tag)) || name in document)).toEqual([]);
});
