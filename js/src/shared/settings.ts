/** The settings panel: how tokens are chosen, and what is drawn. Every field says what it does. */
import { button, h, on } from "./dom";
import { onTraits, setTrait, trait, type CleanUp, type WidgetModel } from "./model";
import type { Settings } from "./protocol";

interface Field {
  name: keyof Settings & string;
  label: string;
  help: string;
  min?: number;
  max?: number;
  step?: number;
  /** Empty means null: the setting is off. */
  optional?: boolean;
  sampling?: boolean;
}

const FIELDS: Field[] = [
  { name: "max_new_tokens", label: "max new tokens", help: "The most tokens to write", min: 1, step: 1 },
  { name: "temperature", label: "temperature", help: "Below 1 the likely tokens get likelier, above 1 the others", min: 0.01, sampling: true },
  { name: "top_k", label: "top-k", help: "Draw among this many likeliest tokens; empty: all", min: 1, step: 1, optional: true, sampling: true },
  { name: "top_p", label: "top-p", help: "Draw from the fewest tokens that hold this much probability; empty: all", min: 0.01, max: 1, optional: true, sampling: true },
  { name: "min_p", label: "min-p", help: "Leave out tokens less likely than this share of the likeliest; empty: none", min: 0, max: 1, optional: true, sampling: true },
  { name: "seed", label: "seed", help: "The same seed draws the same tokens; empty: a new one each time", step: 1, optional: true, sampling: true },
  { name: "repetition_penalty", label: "repetition penalty", help: "Above 1, tokens that stand there already get less likely; 1: off", min: 0.01 },
];

const SWITCHES: [string, string][] = [
  ["show_line_numbers", "line numbers"],
  ["show_whitespace", "visible white space"],
  ["show_special", "special tokens"],
  ["color_prompt", "colour the prompt too"],
];

const DEFAULTS: Partial<Settings> = { max_new_tokens: 128, do_sample: false, temperature: 1, top_k: null, top_p: null, min_p: null, seed: null, repetition_penalty: 1, stop_strings: [] };

export class SettingsPanel {
  readonly element = h("section", { class: "ts-settings", "aria-label": "Settings", hidden: true });
  private readonly inputs = new Map<string, HTMLInputElement>();
  private readonly stop: CleanUp;

  constructor(
    private readonly model: WidgetModel,
    withGeneration: boolean,
  ) {
    if (withGeneration) this.element.append(this.generation());
    this.element.append(this.view());
    this.stop = onTraits(model, ["settings", "scale", ...SWITCHES.map(([name]) => name)], () => this.refresh());
    this.refresh();
  }

  dispose(): void {
    this.stop();
  }

  toggle(): boolean {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) this.element.querySelector("input")?.focus();
    return !this.element.hidden;
  }

  private get settings(): Settings {
    return trait<Settings>(this.model, "settings", {} as Settings);
  }

  private change(changes: Partial<Settings>): void {
    setTrait(this.model, "settings", { ...this.settings, ...changes });
  }

  private generation(): HTMLElement {
    const sampling = this.checkbox("do_sample", "sample instead of the first choice", (on) => this.change({ do_sample: on }));
    const stops = this.input({ name: "stop_strings", label: "stop at", help: "Writing ends once the written text holds this, or one of several parted by ' | '; \\n is a line end" }, "text");
    on(stops, "change", () => this.change({ stop_strings: stops.value.split(" | ").filter(Boolean).map((text) => text.replaceAll("\\n", "\n")) }));
    const reset = button({ class: "ts-quiet", onclick: () => this.change(DEFAULTS as Partial<Settings>) }, "Reset");
    return h(
      "fieldset",
      {},
      h("legend", {}, "Generation"),
      sampling,
      ...FIELDS.map((field) => this.number(field)),
      h("label", { title: stops.title }, h("span", {}, "stop at"), stops),
      reset,
    );
  }

  private view(): HTMLElement {
    const scale = this.checkbox("scale", "percentiles within the run", (on) => setTrait(this.model, "scale", on ? "percentile" : "absolute"));
    const switches = SWITCHES.map(([name, label]) => this.checkbox(name, label, (on) => setTrait(this.model, name, on)));
    return h("fieldset", {}, h("legend", {}, "View"), ...switches, scale);
  }

  private input(field: Field, type: string): HTMLInputElement {
    const { min, max, step } = field;
    const input = h("input", { type, title: field.help, min, max, step: step ?? "any", spellcheck: "false" });
    this.inputs.set(field.name, input);
    return input;
  }

  private number(field: Field): HTMLElement {
    const input = this.input(field, "number");
    on(input, "change", () => {
      if (input.value === "" && !field.optional) return this.refresh();
      if (!input.checkValidity()) return;
      this.change({ [field.name]: input.value === "" ? null : Number(input.value) });
    });
    if (field.optional) input.placeholder = field.name === "seed" ? "random" : "off";
    return h("label", { title: field.help, class: field.sampling ? "sampling" : "" }, h("span", {}, field.label), input);
  }

  private checkbox(name: string, label: string, changed: (on: boolean) => void): HTMLElement {
    const input = h("input", { type: "checkbox" });
    on(input, "change", () => changed(input.checked));
    this.inputs.set(name, input);
    return h("label", { class: "check" }, input, h("span", {}, label));
  }

  private refresh(): void {
    const settings = this.settings;
    for (const [name, input] of this.inputs) {
      if (input.type === "checkbox") {
        input.checked = name === "do_sample" ? settings.do_sample === true : name === "scale" ? this.model.get("scale") === "percentile" : this.model.get(name) === true;
      } else if (name === "stop_strings") input.value = (settings.stop_strings ?? []).join(" | ").replaceAll("\n", "\\n");
      else input.value = settings[name] === null || settings[name] === undefined ? "" : String(settings[name]);
      if (input.closest(".sampling")) input.disabled = settings.do_sample !== true;
    }
  }
}
