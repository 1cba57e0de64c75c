/** What the arcs mean: how much, and, where scores have a sign, for or against. */
import { flag, h, replaceChildren, type Child } from "../shared/dom";

export class Legend {
  readonly element = h("span", { class: "ts-legend" });

  update(signed: boolean): void {
    flag(this.element, "signed", signed);
    const sample = (kind: string, label: string): Child => h("span", {}, h("i", { class: kind, "aria-hidden": "true" }), label);
    if (this.element.childElementCount !== (signed ? 2 : 1)) replaceChildren(this.element, ...(signed ? [sample("plus", "+ speaks for it"), sample("minus", "− against it")] : [sample("plus", "thicker: more")]));
  }
}
