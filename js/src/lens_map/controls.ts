/** The bar above the map: what colours the cells, how large they are, and the scale. */
import { Segments } from "../shared/segments";
import { h, replaceChildren } from "../shared/dom";
import { setTrait, trait, type WidgetModel } from "../shared/model";
import type { CellsMode } from "./geometry";
import { SHADES, shadeOf, type Shade } from "./shade";

export class Controls {
  readonly element = h("div", { class: "ts-metrics", role: "group", "aria-label": "What the map shows" });
  readonly #shade: Segments;
  readonly #cells: Segments;
  readonly #legend = h("div", { class: "ts-legend ts-scale" });
  #drawn: Shade | null = null;

  constructor(private readonly model: WidgetModel) {
    const shades = Object.entries(SHADES).map(([name, { label, help }]) => [name, label, help] as const);
    this.#shade = new Segments("Colour cells by", shades, (value) => setTrait(model, "shade", value));
    const cells = [["words", "words", "The likeliest token in each cell"], ["compact", "compact", "Colour only: more tokens at once"]] as const;
    this.#cells = new Segments("Cells", cells, (value) => setTrait(model, "cells", value));
    this.element.append(this.#shade.element, this.#cells.element, this.#legend);
  }

  update(mode: CellsMode): void {
    const name = trait<string>(this.model, "shade", "rank");
    this.#shade.update(name);
    this.#cells.update(mode);
    const shade = shadeOf(name);
    if (shade === this.#drawn) return;
    this.#drawn = shade;
    const [cold, middle, hot] = shade.ends;
    const scale = h("span", { class: "ts-ramp", "aria-hidden": "true" }, h("i"), h("span", {}, cold), h("span", {}, middle), h("span", {}, hot));
    replaceChildren(this.#legend, scale);
    this.#legend.title = shade.help;
    this.#legend.setAttribute("aria-label", `Scale of ${shade.label}: from ${cold}, pale, over ${middle} to ${hot}, dark`);
    this.#legend.setAttribute("role", "img");
  }
}
