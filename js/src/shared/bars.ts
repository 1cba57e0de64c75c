/** The bars above the text: metric choice, summary, legend; and the notice line. */
import { button, h, on, replaceChildren, say, shown, taken } from "./dom";
import { GONE, type Presence } from "./link";
import { HESITATION_NATS, meanSurprisal, METRICS, number, type Metric, type MetricName } from "./metrics";
import { setTrait, trait, type WidgetModel } from "./model";
import type { Run } from "./runs";

export class MetricBar {
  readonly element = h("div", { class: "ts-metrics" });
  readonly #group = h("div", { class: "ts-segments", role: "radiogroup", "aria-label": "Colour tokens by" });
  readonly #summary = h("div", { class: "ts-summary" });
  readonly #cold = h("span");
  readonly #hot = h("span");
  readonly #underlined = h("span", { class: "ts-underlined" }, "hesitant");
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(private readonly model: WidgetModel) {
    for (const metric of Object.values(METRICS)) {
      const choice = button({ role: "radio", title: metric.help, onclick: () => setTrait(model, "metric", metric.name) }, metric.label);
      this.#buttons.set(metric.name, choice);
      this.#group.append(choice);
    }
    on(this.#group, "keydown", (event) => this.#move(event));
    const legend = h("div", { class: "ts-legend" }, this.#cold, h("i", { "aria-hidden": "true" }), this.#hot, this.#underlined);
    this.element.append(this.#group, this.#summary, legend);
  }

  /** `percentile`: of what, as in "of the run"; empty on the absolute scale. */
  update(metric: Metric, percentile: string, run: Run | undefined, hesitant = `entropy of ${HESITATION_NATS} nats or more, an open choice`): void {
    this.#underlined.title = `Underlined: ${hesitant}`;
    for (const [name, button] of this.#buttons) {
      button.setAttribute("aria-checked", String(name === metric.name));
      button.tabIndex = name === metric.name ? 0 : -1;
    }
    [this.#cold.textContent, this.#hot.textContent] = percentile ? ["coldest", `hottest ${percentile}`] : metric.ends;
    const written = run ? run.length - run.meta.prompt_length : 0;
    const facts: [string, string][] = !run
      ? []
      : [
          ["tokens", (written || run.length).toLocaleString("en")],
          ["perplexity", number(Math.exp(meanSurprisal(run)))],
          ["mean surprisal", `${number(meanSurprisal(run))} nats`],
        ];
    replaceChildren(this.#summary, ...facts.map(([name, value]) => h("span", {}, `${name} `, h("b", {}, value))));
  }

  #move(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const names = [...this.#buttons.keys()];
    const now = names.findIndex((name) => this.#buttons.get(name) === document.activeElement);
    const next = names[(now + by + names.length) % names.length] as MetricName;
    setTrait(this.model, "metric", next);
    this.#buttons.get(next)?.focus();
    taken(event);
  }
}

const PRESENCE: Record<Presence, string> = {
  live: "",
  silent: "The kernel has not answered yet: it may be busy with another cell.",
  gone: GONE,
  static: "Saved page: there is no kernel behind it. Everything computed before can be explored; nothing new can be generated.",
};

/** What went wrong, and whether a kernel answers; in a place of its own so that nothing jumps. */
export class Notice {
  readonly element = h("div", { class: "ts-notices" });
  readonly #presence = h("p", { class: "ts-note", role: "status", hidden: true });
  readonly #text = h("span");
  readonly #error = h("p", { class: "ts-error", role: "alert", hidden: true });

  #own = "";

  readonly #model: WidgetModel;
  readonly #changed: () => void;

  constructor(model: WidgetModel, changed: () => void) {
    this.#model = model;
    this.#changed = changed;
    const close = button({ class: "ts-quiet", "aria-label": "Dismiss the message", onclick: () => this.say("") }, "✕");
    this.#error.append(h("b", {}, "✗ "), this.#text, close);
    this.element.append(this.#presence, this.#error);
  }

  /** Show an error of the view's own; an empty one clears the kernel's too. */
  say(error: string): void {
    this.#own = error;
    if (error === "" && this.#model.get("error")) setTrait(this.#model, "error", "");
    this.#changed();
  }

  update(presence: Presence): void {
    const error = this.#own || trait(this.#model, "error", "");
    say(this.#presence, PRESENCE[presence]);
    shown(this.#presence, presence !== "live");
    say(this.#text, error);
    shown(this.#error, error !== "");
  }
}
