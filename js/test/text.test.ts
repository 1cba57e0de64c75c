import { expect, test } from "vitest";
import { blankName, clipped, displayText, escapeTyped, fragments, isBlank, labelText, unescapeTyped } from "../src/shared/text";

test("what would reorder or hide text is made visible", () => {
  expect(displayText("a\u202eb\u2028c\x00d\u200f\ufeff")).toBe("a⟨202E⟩b⟨LS⟩c␀d⟨RLM⟩⟨BOM⟩");
  expect(displayText("\ta b\n")).toBe("\ta b\n");
});

test("a label shows its white space", () => expect(labelText(" a\n\t")).toBe("␣a⏎⇥"));

test("what shows nothing has a name for screen readers, what can be read has none", () => {
  expect(["", " ", "  ", "\t", "x", "␛"].map((text) => blankName(text, false))).toEqual(["part of a character", "space", "2 blanks", "tab", undefined, undefined]);
  expect([blankName("", true), blankName("  ", true), blankName("):", true)]).toEqual(["line break", "line break", undefined]);
});

test("a text is cut at line ends, CRLF being one", () => {
  expect(fragments("a\r\nb\n")).toEqual([{ text: "a", newline: true }, { text: "b", newline: true }]);
  expect(fragments("")).toEqual([{ text: "", newline: false }]);
  expect(isBlank(" \n")).toBe(true);
});

test("what is typed for line ends and tabs is read back as it was", () => {
  expect(unescapeTyped("a\\n\\tb\\\\n\\d")).toBe("a\n\tb\\n\\d");
  for (const text of ["a\n\tb", "\\n", "\\\n", "\\\\", "C:\\dir", "\\"]) expect(unescapeTyped(escapeTyped(text))).toBe(text);
});

test("long texts are cut with an ellipsis", () => {
  expect([clipped("abc", 3), clipped("abcd", 3)]).toEqual(["abc", "ab…"]);
});
