/** The four settings as sliders with number fields; an empty field, or the slider at its end, is off. */
import { aria, button, flag, h, on, say } from "../shared/dom";
import { max, min } from "../shared/math";
import type { SamplerSettings } from "../shared/reweighting";
import { settingsText } from "./words";

type Name = keyof SamplerSettings;

interface Spec {
  name: Name;
  label: string;
  help: string;
  min: number;
  max: number;
  step: number;
  /** The value at which it does nothing; null: it cannot be switched off. */
  off: number | null;
}

const SPECS: Spec[] = [
  { name: "temperature", label: "temperature", help: "Below 1 the likely tokens get likelier, above 1 the others; 0 takes the first choice", min: 0, max: 2, step: 0.05, off: null },
  { name: "top_k", label: "top-k", help: "Draw among this many likeliest tokens; empty: all", min: 1, max: Infinity, step: 1, off: Infinity },
  { name: "top_p", label: "top-p", help: "Draw from the fewest tokens that hold this much probability; empty or 1: all", min: 0.01, max: 1, step: 0.01, off: 1 },
  { name: "min_p", label: "min-p", help: "Leave out tokens less likely than this share of the likeliest; empty or 0: none", min: 0, max: 1, step: 0.01, off: 0 },
];
const BEYOND = [20, 50, 100, 200, 500, 1000];
const NOTHING: SamplerSettings = { temperature: 1, top_k: null, top_p: null, min_p: null };

/** The values that the slider of top-k goes through: every stored one, then in leaps; the last place is off. */
export function stopsOf(stored: number): number[] {
  return [...Array.from({ length: max(1, stored) }, (_, i) => i + 1), ...BEYOND.filter((k) => k > stored)];
}

/** A value as the position of its slider. */
export function placeOf(name: Name, value: number | null, stops: readonly number[]): number {
  const spec = SPECS.find((one) => one.name === name)!;
  if (name !== "top_k") return min(spec.max, max(spec.min, value ?? spec.off ?? 1));
  const at = value === null ? -1 : stops.findIndex((k) => k >= value);
  return at < 0 ? stops.length : at;
}

/** The value at a position of its slider. */
export function valueAt(name: Name, place: number, stops: readonly number[]): number | null {
  const spec = SPECS.find((one) => one.name === name)!;
  if (name === "top_k") return stops[place] ?? null;
  return place === spec.off ? null : place;
}

export class Sliders {
  readonly element = h("fieldset", { class: "ts-sm-controls" }, h("legend", { class: "ts-unseen" }, "Sampler settings"));
  readonly #own = button({ class: "ts-quiet" });
  readonly #none = button({ class: "ts-quiet", title: "The model's distribution as it is" }, "Temperature 1");
  readonly #rows = new Map<Name, { range: HTMLInputElement; field: HTMLInputElement; row: HTMLElement }>();
  #stops: number[] = stopsOf(1);
  #ownSettings: SamplerSettings = NOTHING;

  constructor(private readonly change: (settings: Partial<SamplerSettings>) => void) {
    for (const spec of SPECS) this.element.append(this.#slider(spec));
    on(this.#own, "click", () => change(this.#ownSettings));
    on(this.#none, "click", () => change(NOTHING));
    this.element.append(h("div", { class: "ts-sm-reset" }, this.#own, this.#none));
  }

  #slider({ name, label, help, min, max, step, off }: Spec): HTMLElement {
    const range = h("input", { type: "range", min: name === "top_k" ? 0 : min, max: name === "top_k" ? 1 : max, step, title: help });
    const field = h("input", { type: "number", min, max: name === "temperature" || name === "top_k" ? undefined : max, step: name === "top_k" ? 1 : "any", placeholder: "off", title: help, "aria-label": `${label}, as a number` });
    on(range, "input", () => this.change({ [name]: valueAt(name, Number(range.value), this.#stops) }));
    on(field, "input", () => {
      const value = field.value === "" ? null : Number(field.value);
      if (!field.checkValidity() || (value === null && off === null)) return;
      this.change({ [name]: value === off ? null : value });
    });
    on(field, "blur", () => this.#write(name));
    const row = h("div", { class: "ts-sm-slider" }, h("span", { class: "name", "aria-hidden": "true" }, label), field, range);
    this.#rows.set(name, { range, field, row });
    return row;
  }

  /** `stored`: how many alternatives a position has. */
  update(settings: SamplerSettings, stored: number, own: SamplerSettings | null): void {
    if (this.#stops.length !== stopsOf(stored).length || this.#stops[stored - 1] !== stored) this.#stops = stopsOf(stored);
    this.#settings = settings;
    for (const { name } of SPECS) this.#write(name);
    if (own) this.#ownSettings = own;
    say(this.#own, own ? `As this run: ${settingsText(own)}` : "As this run");
    this.#own.disabled = !own || same(settings, own);
    this.#none.disabled = same(settings, NOTHING);
  }

  #settings: SamplerSettings = NOTHING;

  #write(name: Name): void {
    const { range, field, row } = this.#rows.get(name)!;
    const value = this.#settings[name];
    if (name === "top_k") range.max = String(this.#stops.length);
    const place = String(placeOf(name, value, this.#stops));
    if (range.value !== place) range.value = place;
    const text = value === null ? "" : String(Number(value.toFixed(4)));
    // what is being typed is left alone
    if (field.value !== text && document.activeElement !== field) field.value = text;
    const words = value === null ? "off" : name === "temperature" && value === 0 ? "0, greedy" : text;
    const label = SPECS.find((one) => one.name === name)!.label;
    aria(range, "label", `${label}: ${words}`);
    aria(range, "valuetext", words);
    flag(row, "off", value === null);
    // the others do nothing when the first choice is taken
    flag(row, "idle", name !== "temperature" && this.#settings.temperature === 0);
  }
}

function same(one: SamplerSettings, other: SamplerSettings): boolean {
  return SPECS.every(({ name }) => (one[name] || null) === (other[name] || null));
}
