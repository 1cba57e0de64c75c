/** The bar above the text: source, layer, head, direction, unit, threshold, sink; and the contrast of attributions. */
import { h, on, replaceChildren, say, shown } from "../shared/dom";
import { round } from "../shared/math";
import { setTrait, trait, type WidgetModel } from "../shared/model";
import { ContrastBox } from "./contrast";
import { isAttention } from "./question";
import { Segments } from "../shared/segments";

export interface SourceInfo {
  name: string;
  label: string;
  help: string;
  available: boolean;
  reason: string | null;
}

export interface Capabilities {
  sources?: SourceInfo[];
  layers?: number[];
  heads?: number[];
  model?: string;
  live?: boolean;
}

const WEAKEST = "Weakest arc shown, relative to the token's strongest source";
const ATTENTION: SourceInfo = { name: "attention", label: "attention", help: "what each head looked at", available: true, reason: null };

export class Controls {
  readonly element = h("div", { class: "ts-metrics ts-controls", role: "group", "aria-label": "What the arcs show" });
  readonly contrast: ContrastBox;
  readonly #source: HTMLSelectElement;
  readonly #layer: HTMLSelectElement;
  readonly #head: HTMLSelectElement;
  readonly #direction: Segments;
  readonly #unit: Segments;
  readonly #threshold = h("input", { type: "range", min: 0, max: 0.5, step: 0.01, "aria-label": WEAKEST });
  readonly #least = h("output");
  readonly #sink = h("input", { type: "checkbox" });
  readonly #layerLabel: HTMLElement;
  readonly #headLabel: HTMLElement;
  #lists = "";

  constructor(private readonly model: WidgetModel, explain: (text: string) => Promise<string>) {
    const chosen = (name: string, read: (value: string) => unknown) => (event: Event) => setTrait(model, name, read((event.target as HTMLSelectElement).value));
    const integer = (value: string): number | null => (value === "" ? null : Number(value));
    this.#source = h("select", { "aria-label": "Source of the arcs", onchange: chosen("source", String) });
    this.#layer = h("select", { "aria-label": "layer", onchange: chosen("layer", integer) });
    this.#head = h("select", { "aria-label": "head", onchange: chosen("head", integer) });
    this.#layerLabel = h("label", {}, "layer ", this.#layer);
    this.#headLabel = h("label", {}, "head ", this.#head);
    this.#direction = new Segments("Direction", [["read", "what it read", "Arcs from what the selected token read"], ["readers", "who reads it", "Arcs to the tokens that read the selected one"]], (value) => setTrait(model, "direction", value));
    this.#unit = new Segments("Unit", ["token", "line", "statement", "function"].map((unit) => [unit, `${unit}s`, `One source is one ${unit}`]), (value) => setTrait(model, "unit", value));
    this.contrast = new ContrastBox(model, explain);
    // while the slider moves, only this view follows; the kernel hears of the value it stays at
    on(this.#threshold, "input", () => model.set("threshold", Number(this.#threshold.value)));
    on(this.#threshold, "change", () => model.save_changes());
    on(this.#sink, "change", () => setTrait(model, "sink", this.#sink.checked));
    this.#build();
  }

  #build(): void {
    const sink = h("label", { title: "Show the first token too: it takes much of any attention" }, this.#sink, " sink");
    const least = h("label", { class: "ts-least", title: WEAKEST }, "weakest ", this.#threshold, this.#least);
    this.element.append(this.#source, this.#layerLabel, this.#headLabel, this.#direction.element, this.#unit.element, least, sink, this.contrast.element);
  }

  update(capabilities: Capabilities, blocked: string | null): void {
    const source = trait(this.model, "source", "attention");
    this.#fill(capabilities, source, blocked);
    this.#source.value = source;
    const known = (capabilities.sources ?? []).find(({ name }) => name === source);
    this.#source.title = known ? known.help : "";
    shown(this.#layerLabel, source === "attention");
    shown(this.#headLabel, source === "attention");
    shown(this.#direction.element, isAttention(source));
    shown(this.#sink.parentElement!, isAttention(source));
    this.#layer.value = String(this.model.get("layer") ?? "");
    this.#head.value = String(this.model.get("head") ?? "");
    this.#direction.update(trait(this.model, "direction", "read"));
    this.#unit.update(trait(this.model, "unit", "token"));
    const least = trait(this.model, "threshold", 0.2);
    if (document.activeElement !== this.#threshold) this.#threshold.value = String(least);
    say(this.#least, `${round(least * 100)} %`);
    this.#sink.checked = trait(this.model, "sink", false);
    this.contrast.update(!isAttention(source), blocked);
  }

  #fill({ sources = [], layers = [], heads = [] }: Capabilities, source: string, blocked: string | null): void {
    const key = JSON.stringify([sources, layers, heads, blocked]);
    if (key === this.#lists) return;
    this.#lists = key;
    const listed = sources.length ? sources : [ATTENTION];
    const options = listed.map(({ name, label, help, available, reason }) => h("option", { value: name, disabled: !available && name !== source, title: available ? help : (reason ?? "") }, available ? label : `${label} (${reason ?? "not available"})`));
    replaceChildren(this.#source, ...options);
    const numbers = (all: number[]): HTMLElement[] => [h("option", { value: "" }, `mean of ${all.length || "all"}`), ...all.map((n) => h("option", { value: n }, n))];
    replaceChildren(this.#layer, ...numbers(layers));
    replaceChildren(this.#head, ...numbers(heads));
  }
}
