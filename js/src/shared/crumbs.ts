/** The path from the module to the selected token, each step a button that selects its node. */
import { aria, button, h, replaceChildren } from "./dom";
import type { Syntax } from "./syntax";

export class Crumbs {
  readonly element = h("nav", { class: "ts-crumbs", "aria-label": "Syntax of the selected token" });
  #key: unknown[] = [];

  constructor(private readonly select: (first: number, last: number) => void) {}

  /** `hint` stands where no token is selected. */
  update(syntax: Syntax | null, token: number, span: [number, number] | null, hint: string): void {
    const key = [syntax, token, span?.[0], span?.[1], hint];
    if (key.every((part, i) => part === this.#key[i])) return;
    this.#key = key;
    const node = syntax && token >= 0 && token < syntax.length ? syntax.nodeOf(token) : -1;
    if (!syntax || node < 0) return replaceChildren(this.element, h("span", { class: "ts-hint" }, hint));
    const focused = [...this.element.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    const steps = syntax.path(node).map((n, i) => {
      const [first, last] = [syntax.first(n), syntax.last(n)];
      const step = button({ title: `${syntax.structure(n)}, line ${syntax.line(n)}: select its tokens`, onclick: () => this.select(first, last) }, syntax.label(n));
      if (span && first === span[0] && last === span[1]) aria(step, "current", "true");
      return h("li", {}, i ? h("i", { "aria-hidden": "true" }, "›") : null, step);
    });
    replaceChildren(this.element, h("ol", {}, ...steps, h("li", {}, h("i", { "aria-hidden": "true" }, "›"), h("em", {}, syntax.role(token)))));
    // what does not fit is the module's end of the path
    this.element.scrollLeft = this.element.scrollWidth;
    this.element.querySelectorAll("button")[focused]?.focus();
  }
}
