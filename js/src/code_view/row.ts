/** One row of the outline as elements: made once, then only its numbers and states change. */
import { aria, button, flag, h, replaceChildren, say } from "../shared/dom";
import { NO_VALUE } from "../shared/metrics";
import type { Run } from "../shared/runs";
import type { Syntax } from "../shared/syntax";
import { roleClass } from "../shared/syntax_paint";
import { firstLine } from "./lines";
import { HESITATION, marksOf, SIGNS } from "./marks";
import type { Outline, Row } from "./outline";
import type { Reading } from "./reading";

export interface RowScene {
  run: Run;
  syntax: Syntax;
  outline: Outline;
  /** Null while the text is being written. */
  reading: Reading | null;
}

export class RowView {
  readonly element: HTMLElement;
  readonly #triangle = h("span", { class: "tri", "aria-hidden": "true" });
  // for the pointer; the name of the row stays free of it, and Space does the same
  readonly #parts = button({ class: "ts-quiet parts", tabindex: -1, "aria-hidden": "true", hidden: true }, "⋯");
  readonly #track = h("span", { class: "track" }, h("i"));
  readonly #value = h("span", { class: "num", "aria-hidden": "true" });
  readonly #spoken: string;
  readonly #marks: string;
  readonly #count: string;
  readonly #word: string;
  #placed = "";
  #marked = "";
  #reading: Reading | null | undefined;

  constructor({ run, syntax, outline }: RowScene, readonly node: number) {
    const pieces = firstLine(run, syntax, node);
    const marks = marksOf(syntax, node);
    const word = outline.word(node);
    const state = syntax.state(node);
    const odd = state === "ok" ? "" : state === "incomplete" ? "unfinished" : state === "missing" ? "something missing" : "does not parse";
    const tokens = Number.isNaN(syntax.tokens(node)) ? Math.abs(syntax.last(node) - syntax.first(node)) + 1 : syntax.tokens(node);
    this.#marks = marks.words;
    this.#word = odd && state !== "error" ? `${word}, ${odd}` : word;
    this.#count = `${tokens.toLocaleString("en")} ${tokens === 1 ? "token" : "tokens"}`;
    this.#spoken = `${word}, line ${syntax.line(node)}${odd && odd !== word ? `, ${odd}` : ""}`;
    const code = h("code", {}, ...pieces.map(({ text, role }) => h("span", { class: roleClass(role) || undefined }, text)));
    const finding = marks.severity && h("b", { class: marks.severity }, SIGNS[marks.severity], marks.findings > 1 ? h("small", {}, marks.findings) : null);
    const hesitation = marks.hesitations > 0 && h("b", { class: "open" }, HESITATION, marks.hesitations > 1 ? h("small", {}, marks.hesitations) : null);
    this.element = h(
      "div",
      { role: "treeitem", class: `ts-cv-row${outline.isSection(node) ? "" : " part"}`, "data-node": node },
      h("span", { class: "line", "aria-hidden": "true" }, syntax.line(node)),
      h("span", { class: "what" }, this.#triangle, code, this.#parts, h("span", { class: "word" }, this.#word)),
      h("span", { class: "marks", "aria-hidden": "true", title: marks.words || undefined }, finding, hesitation),
      this.#track,
      this.#value,
      h("span", { class: "count", "aria-hidden": "true" }, tokens.toLocaleString("en")),
    );
  }

  /** Where it stands, and whether it is open. */
  place({ depth, open, expandable, parts, position, siblings }: Row): void {
    const { element } = this;
    const key = [depth, open, expandable, parts, position, siblings].join();
    if (key === this.#placed) return;
    this.#placed = key;
    element.style.setProperty("--depth", String(depth));
    aria(element, "level", depth + 1);
    aria(element, "posinset", position);
    aria(element, "setsize", siblings);
    if (expandable) aria(element, "expanded", open);
    else element.removeAttribute("aria-expanded");
    say(this.#triangle, expandable ? (open ? "▾" : "▸") : "");
    this.#parts.hidden = parts === null || !open;
    this.#parts.title = parts ? "Hide the expressions of its own (Space)" : "Show the expressions of its own too (Space)";
    aria(this.#parts, "pressed", parts === true);
  }

  /** The bar and its number. */
  read(reading: Reading | null): void {
    if (reading === this.#reading) return;
    this.#reading = reading;
    const value = reading ? reading.value(this.node) : NaN;
    const text = reading ? reading.format(value) : NO_VALUE;
    (this.#track.firstElementChild as HTMLElement).style.width = `${(reading?.share(value) ?? 0) * 100}%`;
    say(this.#value, text);
    const said = reading ? `${reading.title} ${Number.isNaN(value) ? "not measured" : `${text} ${reading.unit}`.trimEnd()}` : "";
    // the name is the text of the row; this says what its figures are
    aria(this.element, "description", [this.#spoken, said, this.#count, this.#marks].filter(Boolean).join(", "));
    this.element.title = [this.#word, said, this.#count].filter(Boolean).join(" · ");
  }

  /** `near`: it holds the selected token, without being selected itself. */
  mark(selected: boolean, near: boolean, current: boolean): void {
    const key = [selected, near, current].join();
    if (key === this.#marked) return;
    this.#marked = key;
    aria(this.element, "selected", selected);
    flag(this.element, "near", near);
    if (near) aria(this.element, "current", "true");
    else this.element.removeAttribute("aria-current");
    this.element.tabIndex = current ? 0 : -1;
  }
}

/** Put the rows in this order, moving only what has to move. */
export function arrange(list: HTMLElement, rows: readonly HTMLElement[]): void {
  if (!list.childElementCount) return replaceChildren(list, ...rows);
  const wanted = new Set(rows);
  for (const child of [...list.children]) if (!wanted.has(child as HTMLElement)) child.remove();
  let at = list.firstElementChild;
  for (const row of rows) {
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
}
