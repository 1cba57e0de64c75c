import { afterEach, expect, test } from "vitest";
import { Crumbs } from "../src/shared/crumbs";
import { syntaxNamed } from "./code_view_fixtures";

const syntax = syntaxNamed("fibonacci");
afterEach(() => (document.body.textContent = ""));

function crumbs() {
  const chosen: [number, number][] = [];
  const made = new Crumbs((first, last) => chosen.push([first, last]));
  document.body.append(made.element);
  const buttons = (): HTMLButtonElement[] => [...made.element.querySelectorAll("button")];
  return { made, chosen, buttons };
}

test("the crumbs name what a token stands in, from the module down, and its role last", () => {
  const { made, buttons } = crumbs();
  made.update(syntax, 54, null, "");
  expect(buttons().map((button) => button.textContent)).toEqual(["module", "function fibonacci", "block", "if statement", "else clause", "block", "for statement", "identifier"]);
  expect(made.element.querySelector("em")!.textContent).toBe("identifier.binding");
});

test("a crumb selects its node, and the selected one is marked", () => {
  const { made, chosen, buttons } = crumbs();
  made.update(syntax, 54, null, "");
  buttons()[6].click();
  expect(chosen).toEqual([[53, 69]]);
  made.update(syntax, 54, [53, 69], "");
  expect(buttons().map((button) => button.getAttribute("aria-current"))).toEqual([null, null, null, null, null, null, "true", null]);
});

test("the keyboard stays on its crumb when the selection changes", () => {
  const { made, buttons } = crumbs();
  made.update(syntax, 54, null, "");
  buttons()[1].focus();
  made.update(syntax, 54, [0, 72], "");
  expect(document.activeElement).toBe(buttons()[1]);
});

test("without a token, or outside of the code, there is a hint", () => {
  const { made } = crumbs();
  made.update(syntax, -1, null, "Select a token.");
  expect(made.element.textContent).toBe("Select a token.");
  made.update(null, 3, null, "Reading …");
  expect(made.element.textContent).toBe("Reading …");
});
