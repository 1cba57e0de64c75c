/** What the marks in the map mean. */
import { h } from "../shared/dom";

export function marks(): HTMLElement {
  const mark = (kind: string, label: string, help: string): HTMLElement => h("span", { title: help }, h("i", { class: kind, "aria-hidden": "true" }), label);
  return h("span", { class: "ts-marks" }, mark("dot", "first choice is the token written", "A dot and bold letters: the layer's first choice is the token that was written"), mark("tick", "decided", "A line: from this layer on, the token that was written stays the first choice"));
}
