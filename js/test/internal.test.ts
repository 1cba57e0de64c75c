import { expect, test } from "vitest";

/** By folder: the names that the build shortens. */
const lists = import.meta.glob<string[]>("../src/*/internal.json", { eager: true, import: "default" });
const sources = import.meta.glob<string>("../src/**/*.ts", { eager: true, query: "?raw", import: "default" });
/** Where what travels to and from the kernel is written down; syntax.ts counts for the bundles that read it. */
const FOREIGN = ["../src/shared/protocol.ts", "../src/flow/question.ts"];
const SYNTAX = "../src/shared/syntax.ts";
const TAGS = ["div", "span", "button", "input", "select", "option", "textarea", "form", "canvas", "table", "tr", "td"];
// the version of a snapshot is read by no view; nothing asks an option whether it is selected
const HARMLESS = ["version", "selected"];

const fieldsIn = (path: string): string[] => [...sources[path].matchAll(/^  (\w+)\??:/gm)].map((match) => match[1]);
const data = Object.values(sources).flatMap((text) => [...text.matchAll(/dataset\.(\w+)/g)].map((match) => match[1]));

function foreignTo(list: string): Set<string> {
  const folder = list.replace("internal.json", "");
  const readsSyntax = Object.entries(sources).some(([path, text]) => path.startsWith(folder) && text.includes("/shared/syntax\""));
  return new Set([...FOREIGN, ...(readsSyntax ? [SYNTAX] : [])].flatMap(fieldsIn).concat(data));
}

test("the lists and what they are held against are there", () => {
  expect(Object.keys(lists).length).toBeGreaterThan(1);
  const stream = foreignTo("../src/token_stream/internal.json");
  expect(["findings", "prompt_length", "i"].filter((name) => !stream.has(name))).toEqual([]);
  expect(foreignTo("../src/flow/internal.json").has("findings")).toBe(false);
});

test.each(Object.entries(lists))("no name shortened by %s is a field of a message, or of an element's data", (path, names) => {
  const foreign = foreignTo(path);
  expect(names.filter((name) => !HARMLESS.includes(name) && foreign.has(name))).toEqual([]);
});

test.each(Object.entries(lists))("no name shortened by %s is a property of the elements that views are made of", (_path, names) => {
  expect(names.filter((name) => !HARMLESS.includes(name) && (TAGS.some((tag) => name in document.createElement(tag)) || name in document))).toEqual([]);
});
