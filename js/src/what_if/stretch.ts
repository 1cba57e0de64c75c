/** A stretch of tokens, to be written anew between what stands around it. */
import { button, flag, h, heading, on, replaceChildren, shown } from "../shared/dom";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import type { TokenArea } from "../shared/token_area";

export type Range = [first: number, last: number];

const LABEL_MOST = 80;

export class Stretch {
  readonly element = h("section", { class: "ts-wi-stretch", hidden: true });
  #range: Range | null = null;
  #anchor = -1;
  #framed: HTMLElement[] = [];

  /** `choose` keeps a stretch, of which the second number is the token to go to. */
  constructor(
    private readonly area: TokenArea,
    private readonly choose: (range: Range | null, to: number) => void,
    private readonly rewrite: (start: number, stop: number) => void,
  ) {
    on(area.element, "pointerup", () => {
      const range = this.#dragged();
      if (range) this.extend(range[1], range[0]);
    });
  }

  get range(): Range | null {
    return this.#range;
  }

  /** From where it began, or from `from`, to a token. */
  extend(to: number, from: number): void {
    if (!this.#range || this.#anchor < 0 || !this.#range.includes(this.#anchor)) this.#anchor = from;
    this.choose([Math.min(this.#anchor, to), Math.max(this.#anchor, to)], to);
  }

  update(run: Run, range: Range | null, off: string | null): void {
    this.#range = range && range[1] < run.length ? range : null;
    for (const span of this.#framed) span.classList.remove("nd", "nd0", "nd1");
    this.#framed = [];
    shown(this.element, !!this.#range);
    if (!this.#range) return;
    const [first, last] = this.#range;
    for (let i = first; i <= last; i++) this.#frame(this.area.spansOf(i), i === first, i === last);
    const text = run.texts.slice(first, last + 1).join("");
    const n = last - first + 1;
    replaceChildren(
      this.element,
      heading(`${n} ${n === 1 ? "token" : "tokens"} `, h("code", {}, labelText(text.slice(0, LABEL_MOST)), text.length > LABEL_MOST && "…")),
      button({ disabled: off !== null, title: off ?? "", onclick: () => this.rewrite(first, last + 1) }, "Write these anew"),
      h("p", { class: "ts-hint" }, off ?? "What stands before and after them stays; the model fills the gap."),
    );
  }

  #frame(spans: readonly HTMLElement[], first: boolean, last: boolean): void {
    spans.forEach((span, k) => {
      span.classList.add("nd");
      flag(span, "nd0", first && k === 0);
      flag(span, "nd1", last && k === spans.length - 1);
    });
    this.#framed.push(...spans);
  }

  /** The tokens that were marked by dragging over their text. */
  #dragged(): Range | null {
    // within a shadow root, only that one tells what is marked
    const root = this.area.element.getRootNode() as Partial<Document>;
    const marked = root.getSelection ? root.getSelection() : document.getSelection();
    if (!marked || marked.isCollapsed || !marked.rangeCount) return null;
    const { startContainer, startOffset, endContainer, endOffset } = marked.getRangeAt(0);
    const [first, last] = [this.#token(startContainer), this.#token(endContainer)];
    if (first < 0 || last < 0) return null;
    const range: Range = [startOffset > 0 && startOffset === startContainer.textContent?.length ? first + 1 : first, endOffset === 0 ? last - 1 : last];
    return range[0] < range[1] ? range : null;
  }

  #token(node: Node): number {
    const span = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-i]");
    return span && this.area.element.contains(span) ? Number(span.dataset.i) : -1;
  }
}
