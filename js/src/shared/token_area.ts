/** A run as code: real text in lines, lines in blocks that the browser may leave undrawn while out of sight. */
import { aria, flag, frameOf, h } from "./dom";
import { percent, number } from "./metrics";
import { Role, type Run } from "./runs";
import { blankName, displayText, fragments, isBlank, labelText } from "./text";

const BLOCK_TOKENS = 200;
const LINE_TOKENS_MOST = 600;

export interface Line {
  bar: HTMLElement;
  text: HTMLElement;
  /** The hottest of its tokens. */
  heat: number;
}

export interface AreaOptions {
  lineNumbers: boolean;
  whitespace: boolean;
  special: boolean;
  colorPrompt: boolean;
}

export class TokenArea {
  readonly element = h("div", {
    class: "ts-code",
    role: "listbox",
    "aria-label": "Tokens of the run",
    "aria-orientation": "horizontal",
  });
  protected spans: HTMLElement[][] = [];
  protected lineOf: number[] = [];
  protected lines: Line[] = [];
  #block: HTMLElement | null = null;
  #blockTokens = 0;
  #lineTokens = 0;
  #numbered = 0;
  #breakBefore = true;
  #runId = "";
  protected painted = 0;
  #selected = -1;
  protected options: AreaOptions = { lineNumbers: true, whitespace: false, special: false, colorPrompt: false };

  /** How many tokens are drawn. */
  get length(): number {
    return this.spans.length;
  }

  get lineCount(): number {
    return this.lines.length;
  }

  /** The element of a token (its first, where it spans lines). */
  spanOf(i: number): HTMLElement | undefined {
    return this.spans[i]?.[0];
  }

  /** All elements of a token: one for each line it touches. */
  spansOf(i: number): readonly HTMLElement[] {
    return this.spans[i] ?? [];
  }

  /** Draw what the run has and the area has not. */
  sync(run: Run): void {
    if (run.id !== this.#runId || run.length < this.length) this.#reset(run);
    for (let i = this.length; i < run.length; i++) this.#add(run, i);
  }

  #reset(run: Run): void {
    this.element.textContent = "";
    this.spans = [];
    this.lineOf = [];
    this.lines = [];
    this.#block = null;
    this.#breakBefore = true;
    this.#numbered = this.painted = 0;
    this.#selected = -1;
    this.#runId = run.id;
  }

  #add(run: Run, i: number): void {
    const special = run.roles[i] === Role.Special;
    const text = special ? labelText(run.tokenText(i)) : run.texts[i];
    const spans: HTMLElement[] = [];
    for (const fragment of fragments(text)) {
      if (this.#breakBefore || this.#lineTokens >= LINE_TOKENS_MOST) this.#newLine(!this.#breakBefore);
      const shown = this.#visible(fragment.text);
      const span = h("span", { class: tokenClass(run, i, text), "data-i": i, role: "option", tabindex: -1, "aria-label": blankName(shown, fragment.newline) });
      span.textContent = shown;
      flag(span, "nl", fragment.newline);
      this.lines[this.lines.length - 1].text.append(span);
      spans.push(span);
      this.#breakBefore = fragment.newline;
      this.#lineTokens++;
    }
    this.spans.push(spans);
    this.lineOf.push(this.lines.length - 1);
    this.#blockTokens++;
  }

  #newLine(continued: boolean): void {
    if (!this.#block || this.#blockTokens >= BLOCK_TOKENS) {
      this.#block = h("div", { class: "ts-block", role: "presentation" });
      this.#blockTokens = 0;
      this.element.append(this.#block);
    }
    const bar = h("i");
    const text = h("span", { class: "x", role: "presentation" });
    const number = h("span", { class: "n", "aria-hidden": "true" });
    if (!continued) number.dataset.n = String(++this.#numbered);
    this.#block.append(h("div", { class: "ln", role: "presentation" }, number, h("span", { class: "m", "aria-hidden": "true", title: "the line's hottest token" }, bar), text));
    this.#block.style.containIntrinsicBlockSize = `auto ${this.#block.childElementCount * 1.75}em`;
    this.lines.push({ bar, text, heat: 0 });
    this.#lineTokens = 0;
  }

  #visible(text: string): string {
    const shown = displayText(text);
    return this.options.whitespace ? shown.replaceAll(" ", "·").replaceAll("\t", "⇥\t") : shown;
  }

  /** Draw other things beside the text. */
  setOptions(options: AreaOptions, run: Run | undefined): void {
    const again = options.whitespace !== this.options.whitespace;
    this.options = options;
    flag(this.element, "show-space", options.whitespace);
    flag(this.element, "show-special", options.special);
    flag(this.element, "no-numbers", !options.lineNumbers);
    if (again && run) {
      const selected = this.#selected;
      this.#runId = "";
      this.sync(run);
      this.select(selected, false);
    }
  }

  /** Mark a token as selected; with `focus`, also give it the keyboard. */
  select(i: number, focus: boolean): void {
    for (const span of this.spans[this.#selected] ?? []) {
      flag(span, "sel", false);
      span.removeAttribute("aria-selected");
    }
    const old = this.spanOf(this.#selected);
    if (old) old.tabIndex = -1;
    this.#selected = i;
    for (const span of this.spans[i] ?? []) {
      flag(span, "sel", true);
      aria(span, "selected", true);
    }
    const first = this.spanOf(Math.max(i, 0));
    if (!first) return;
    first.tabIndex = 0;
    if (focus) first.focus({ preventScroll: true });
    if (i >= 0) scrollInto(this.element, first);
  }
}

/** Scroll the area, not the page, until an element is in sight. */
export function scrollInto(area: HTMLElement, element: HTMLElement): void {
  const box = frameOf(element);
  const frame = frameOf(area);
  if (box.top < frame.top + 8) area.scrollTop += box.top - frame.top - 24;
  else if (box.bottom > frame.bottom - 8) area.scrollTop += box.bottom - frame.bottom + 24;
}

export function tokenClass(run: Run, i: number, text: string): string {
  const role = run.roles[i];
  let name = "t";
  if (role === Role.Special || role === Role.Template) name += " sp";
  else if (i < run.meta.prompt_length) name += " p";
  if (role === Role.Replaced) name += " r";
  if (isBlank(text)) name += text === "" ? " part" : " b";
  return name;
}

/** A token in words, for the tooltip and for screen readers. */
export function describeToken(run: Run, i: number): string {
  const parts = [`token ${i + 1} of ${run.length}`, labelText(run.tokenText(i))];
  if (!Number.isNaN(run.probability(i))) {
    parts.push(`probability ${percent(run.probability(i))}`, `surprisal ${number(run.surprisal(i))} nats`);
    parts.push(`rank ${run.model.scalars.rank.at(i)}`);
  } else parts.push("not measured");
  return parts.join(", ");
}
