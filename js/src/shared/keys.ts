/** The list of keys behind "?". */
import { aria, button, h } from "./dom";

export type Keys = readonly [string, string][];

export class KeyHelp {
  readonly element: HTMLElement;
  readonly button = button({ class: "ts-quiet", "aria-expanded": "false", onclick: () => this.toggle() }, h("kbd", {}, "?"), " all keys");

  constructor(keys: Keys) {
    const rows = keys.flatMap(([names, what]) => [h("dt", {}, ...names.split(" ").flatMap((key) => [h("kbd", {}, key), " "])), h("dd", {}, what)]);
    this.element = h("section", { class: "ts-keys", "aria-label": "Keys", hidden: true }, h("dl", {}, ...rows));
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = this.open;
    aria(this.button, "expanded", this.open);
  }
}
