/** The bar above the tree: order, search, what came of the runs, and the comparison of the two that are marked. */
import { button, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { setTrait, type WidgetModel } from "../shared/model";
import { Segments } from "../shared/segments";
import { plural } from "./row";

const SORTS = [
  ["made", "as made", "In the order the runs were made; within a fork"],
  ["probability", "likeliest", "Runs with the highest probability per token first, within each fork"],
  ["outcome", "outcome", "Runs that pass their tests first, then those that fail the fewest, within each fork"],
] as const;
/** Fewer can be seen at a glance. */
const SEARCH_FROM = 20;

export interface ControlFacts {
  runs: number;
  found: number | null;
  tally: readonly string[];
  /** Names of the marked runs. */
  marked: readonly string[];
  beside: boolean;
  live: boolean;
}

export class Controls {
  readonly element = h("div", { class: "ts-metrics", role: "group", "aria-label": "Which runs come first" });
  readonly search = h("input", { type: "search", placeholder: "filter: text, label, passed …", "aria-label": "Show only runs with this text, label or outcome" });
  readonly #sort: Segments;
  readonly #found = h("span", { class: "ts-share", role: "status" });
  readonly #tally = h("span", { class: "ts-summary" });
  readonly #compare: HTMLButtonElement;

  constructor(
    private readonly model: WidgetModel,
    changed: () => void,
    compare: () => void,
  ) {
    this.#sort = new Segments("Order", SORTS, (value) => setTrait(model, "sort", value));
    this.#compare = button({ class: "ts-bt-compare", onclick: compare });
    const legend = h("div", { class: "ts-legend", title: "The least expected token of each stretch" }, "surprisal 0", h("i", { "aria-hidden": "true" }), "3 nats");
    this.element.append(this.#sort.element, this.search, this.#found, this.#tally, legend, this.#compare);
    on(this.search, "input", changed);
    on(this.search, "keydown", (event) => {
      if (event.key !== "Escape" || !this.search.value) return;
      this.search.value = "";
      taken(event);
      changed();
    });
  }

  /** What to look for, in small letters; "" for nothing. */
  get wanted(): string {
    return this.search.hidden ? "" : this.search.value.trim().toLowerCase();
  }

  update({ runs, found, tally, marked, beside, live }: ControlFacts): void {
    const sort = this.model.get("sort");
    this.#sort.update(SORTS.some(([name]) => name === sort) ? String(sort) : "made");
    shown(this.search, runs > SEARCH_FROM || this.search.value !== "");
    say(this.#found, found === null ? plural(runs, "run") : `${found} of ${plural(runs, "run")}`);
    if (this.#tally.textContent !== tally.join("")) replaceChildren(this.#tally, ...tally.map((text) => h("span", { class: text[0] === "✓" ? "good" : text[0] === "✗" ? "bad" : undefined }, text)));
    say(this.#compare, !live ? "Comparing needs the kernel" : beside ? "Close comparison" : marked.length === 2 ? `Compare ${marked.join(" and ")}` : "Compare");
    this.#compare.disabled = !live || (!beside && marked.length < 2);
    this.#compare.title = !live ? "There is no kernel to fetch their tokens from" : beside || marked.length === 2 ? "Key: c" : "Mark two runs with Space first";
  }
}
