/** One run as a row: made once, then only what changes is written anew. */
import { aria, flag, h, replaceChildren, say } from "../shared/dom";
import { percent } from "../shared/metrics";
import { displayText, labelText } from "../shared/text";
import type { TreeData } from "./data";
import { textOf, type Line } from "./lines";
import type { Outcome } from "../shared/outcome";

export interface RowFacts {
  line: Line;
  /** The run of the line it hangs off, by name; "" for none. */
  above: string;
  /** The run it was branched from, by name; "" where that is not shown. */
  origin: string;
  /** A label, or the number. */
  name: string;
  labelled: boolean;
  outcome: Outcome;
  /** "A", "B" or "". */
  mark: string;
  pinned: boolean;
  /** null: nothing hangs off it. */
  open: boolean | null;
}

const PIN = "M5 1h6l-1 5 3 3H9v6H7V9H3l3-3z";

export class RowView {
  readonly element: HTMLElement;
  readonly #triangle = h("span", { class: "tri", "aria-hidden": "true" });
  readonly #mark = h("b", { class: "mark" });
  #pin: SVGSVGElement | null = null;
  readonly #name = h("span", { class: "name" });
  readonly #more = h("span", { class: "more", "aria-hidden": "true" });
  readonly #code = h("code");
  readonly #outcome = h("span", { class: "outcome" });
  readonly #bar = h("i");
  readonly #share = h("span");
  readonly #tokens = h("span", { class: "count", "aria-hidden": "true" });
  #drawn = "";
  #text = "";
  #state = "";

  constructor(id: string) {
    const what = h("span", { class: "what" }, this.#triangle, this.#mark, this.#name, this.#code, this.#more);
    this.element = h("div", { role: "treeitem", class: "ts-bt-row", "data-run": id, tabindex: -1, "aria-selected": "false" }, h("span", { class: "graph" }), what, this.#outcome, h("span", { class: "num", "aria-hidden": "true" }, this.#share, h("span", { class: "track" }, this.#bar)), this.#tokens);
  }

  update(data: TreeData, facts: RowFacts): void {
    const { line, above, origin, name, labelled, outcome, mark, pinned, open } = facts;
    const { run } = line;
    const key = [line.level, line.position, line.siblings, line.below, line.own.join(), above, origin, name, labelled, outcome.text, outcome.words, mark, pinned, open, run.mean, run.tokens, run.finish].join("\n");
    if (key === this.#drawn) return;
    this.#drawn = key;
    const { element } = this;
    aria(element, "level", line.level + 1);
    aria(element, "posinset", line.position);
    aria(element, "setsize", line.siblings);
    if (open === null) element.removeAttribute("aria-expanded");
    else aria(element, "expanded", open);
    say(this.#triangle, open === null ? "" : open ? "▾" : "▸");
    say(this.#more, open === false ? `+${line.below}` : "");
    say(this.#mark, mark);
    this.#mark.hidden = !mark;
    if (pinned) this.#mark.after((this.#pin ??= pin()));
    else this.#pin?.remove();
    say(this.#name, name);
    flag(this.#name, "own", labelled);
    this.#write(data, line, above);
    this.#outcome.className = `outcome ${outcome.kind}`;
    replaceChildren(this.#outcome, outcome.sign && h("b", { "aria-hidden": "true" }, outcome.sign), outcome.text);
    const share = Math.exp(-run.mean);
    this.#bar.style.width = `${Number.isNaN(share) ? 0 : share * 100}%`;
    say(this.#share, percent(share));
    say(this.#tokens, run.written ? run.written.toLocaleString("en") : "–");
    const [where, likely] = [parting(data, facts), `${percent(share)} per token`];
    // the name is the text of the row; this says what its figures are
    aria(element, "description", [labelled ? `${name}, run ${run.number}` : `run ${run.number}`, where, outcome.words, Number.isNaN(share) ? "not measured" : likely, run.written ? plural(run.written, "written token") : "nothing written", open === false ? `${line.below} below` : "", mark ? `marked ${mark} for comparison` : "", pinned ? "pinned" : ""].filter(Boolean).join(", "));
    element.title = [where, outcome.words].filter(Boolean).join(" · ");
  }

  /** The text where it parts from the others. */
  #write(data: TreeData, line: Line, above: string): void {
    const { own, fork } = line;
    const segment = own[0];
    const text = segment === undefined ? above : `${segment} ${data.head[segment]}\n${textOf(data, line)}`;
    if (text === this.#text) return;
    this.#text = text;
    if (segment === undefined) return replaceChildren(this.#code, h("em", {}, `ends on the text of ${above}`));
    const prompt = data.start[segment] < data.prompt[segment];
    const rest = displayText(textOf(data, line));
    const head = fork < 0 ? displayText(data.head[segment]) : h("span", { class: data.replaced[segment] ? "head ring" : "head" }, labelText(data.head[segment]));
    replaceChildren(this.#code, h("span", { class: prompt ? "prompt" : undefined }, head, rest));
  }

  mark(selected: boolean, current: boolean): void {
    const state = `${selected} ${current}`;
    if (state === this.#state) return;
    this.#state = state;
    aria(this.element, "selected", selected);
    flag(this.element, "current", current);
    this.element.tabIndex = current ? 0 : -1;
  }

  /** A box in place of the name; resolves with what was typed, or null where it was given up. */
  edit(label: string): Promise<string | null> {
    return new Promise((resolve) => {
      const box = h("input", { class: "rename", type: "text", value: label, maxlength: 60, "aria-label": "Name of this run", placeholder: "a name" });
      let over = false;
      const done = (text: string | null): void => {
        if (over) return;
        over = true;
        box.replaceWith(this.#name);
        resolve(text);
      };
      box.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Enter") done(box.value);
        else if (event.key === "Escape") done(null);
      });
      box.addEventListener("blur", () => done(box.value));
      this.#name.replaceWith(box);
      box.focus({ preventScroll: true });
      box.select();
    });
  }
}

/** Where a run parts from the others, in words: "branched from 1 at token 57: ␣max instead of ␣a". */
export function parting(data: TreeData, { line, above, origin }: RowFacts): string {
  const { run, own, fork } = line;
  if (run.at >= 0) {
    const there = own.length && data.replaced[own[0]] ? `: ${labelText(data.head[own[0]])}${run.instead ? ` instead of ${labelText(run.instead)}` : ""}` : "";
    return `branched ${origin ? `from ${origin} ` : ""}at token ${run.at}${there}`;
  }
  if (fork < 0) return "";
  return own.length ? `parts from ${above} at token ${data.start[own[0]]}: ${labelText(data.head[own[0]])}` : `ends on the text of ${above}, after ${plural(run.tokens, "token")}`;
}

export function plural(n: number, word: string): string {
  return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
}

function pin(): SVGSVGElement {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("class", "pin");
  const [path, title] = ["path", "title"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  path.setAttribute("d", PIN);
  title.textContent = "pinned: pruning leaves it alone";
  icon.append(title, path);
  return icon;
}
