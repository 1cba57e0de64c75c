/** What is known of the run that the keyboard is on, and what can be done with it. */
import { button, h, heading, replaceChildren, type Child } from "../shared/dom";
import { number, percent } from "../shared/metrics";
import { displayText, labelText } from "../shared/text";
import type { TreeData } from "./data";
import { textOf, WHOLE } from "./lines";
import { finishWords, type Verdict } from "../shared/outcome";
import { plural, type RowFacts } from "./row";

export interface PanelHost {
  open(id: string): void;
  mark(id: string): void;
  pin(id: string): void;
  prune(id: string): void;
  rename(): void;
  /** Put the keyboard on another run. */
  goTo(id: string): void;
}

export class Panel {
  readonly element = h("aside", { class: "ts-side ts-bt-side", "aria-label": "The run" });
  #key: unknown[] = [];

  constructor(private readonly host: PanelHost) {}

  update(data: TreeData | null, facts: RowFacts | null, verdict: Verdict | undefined, live: boolean): void {
    const key = [data, live, JSON.stringify(verdict), facts && JSON.stringify({ ...facts, line: [facts.line.run.id, facts.line.own, facts.line.fork] })];
    if (key.every((part, i) => part === this.#key[i])) return;
    this.#key = key;
    const held = (document.activeElement as HTMLElement | null)?.dataset.act;
    const inside = this.element.contains(document.activeElement);
    replaceChildren(this.element, ...(data && facts ? this.#content(data, facts, verdict, live) : []));
    if (inside && held) this.element.querySelector<HTMLElement>(`[data-act="${held}"]`)?.focus({ preventScroll: true });
  }

  #content(data: TreeData, facts: RowFacts, verdict: Verdict | undefined, live: boolean): Child[] {
    const { line, name, labelled, outcome, mark, pinned } = facts;
    const { run } = line;
    const { host } = this;
    const act = (label: string, keys: string, call: () => void, properties: Record<string, string | boolean> = {}): HTMLElement => button({ "data-act": keys, title: `Key: ${keys}`, onclick: call, ...properties }, label);
    return [
      heading(labelled ? name : `Run ${run.number}`, labelled ? h("em", {}, `run ${run.number}`) : null),
      h("div", { class: "acts" }, act("Open", "Enter", () => host.open(run.id)), act(mark ? `Unmark ${mark}` : "Mark", "Space", () => host.mark(run.id)), act("Rename", "F2", () => host.rename()), act(pinned ? "Unpin" : "Pin", "p", () => host.pin(run.id)), act("Prune", "Delete", () => host.prune(run.id), { disabled: pinned || !live, title: !live ? "There is no kernel to prune with" : pinned ? "It is pinned: unpin it first" : "Key: Delete. Takes it off the display, with what was branched from it" })),
      this.#parting(data, facts),
      verdict && h("p", { class: `verdict ${outcome.kind}` }, outcome.sign ? h("b", { "aria-hidden": "true" }, `${outcome.sign} `) : null, h("span", {}, sentence(outcome.words))),
      verdict?.message && outcome.kind !== "good" ? h("pre", { class: "message" }, displayText(verdict.message)) : null,
      figures(data, facts),
    ];
  }

  /** "branched from run 1 at token 57" with both tokens, and what comes after. */
  #parting(data: TreeData, { line, above, origin }: RowFacts): Child {
    const { run, own, fork } = line;
    const segment = own[0];
    if (fork < 0 && run.at < 0) return line.below ? h("p", { class: "ts-hint" }, `${plural(line.below, "run")} ${line.below === 1 ? "hangs" : "hang"} off it`) : null;
    const parent = run.parent >= 0 ? data.runs[run.parent] : null;
    const link = parent ? button({ class: "ts-quiet link", "data-act": "parent", onclick: () => this.host.goTo(parent.id) }, origin) : null;
    const words = run.at >= 0 ? h("p", { class: "ts-hint" }, "branched ", link ? "from " : "", link, ` at token ${run.at}`) : h("p", { class: "ts-hint" }, segment === undefined ? `ends on the text of ${above}` : `parts from ${above} at token ${data.start[segment]}`);
    if (segment === undefined || fork < 0) return words;
    const put = data.replaced[segment] > 0;
    const instead = run.at === data.start[segment] && run.instead ? [h("span", { class: "ts-dim" }, " instead of "), h("code", {}, labelText(run.instead))] : [];
    const text = displayText(textOf(data, line));
    return h("div", {}, words, h("p", { class: "swap" }, h("code", { class: put ? "head ring" : "head" }, labelText(data.head[segment])), ...instead), text.trim() ? h("p", { class: "ahead" }, h("code", {}, text.length < WHOLE ? text : `${text} …`)) : null);
  }
}

function figures(data: TreeData, { line }: RowFacts): HTMLElement {
  const { run, own, fork } = line;
  const since = own.reduce((sum, segment) => sum + data.logprob[segment], 0);
  const known = !Number.isNaN(run.mean);
  const rows: [string, string, string][] = [
    ["p per token", percent(Math.exp(-run.mean)), "Geometric mean of the probabilities of the written tokens, at temperature 1"],
    ["perplexity", number(Math.exp(run.mean)), "One over p per token"],
    ["log-probability", known ? `${minus(run.logprob)} nats` : "–", "ln p of all written tokens together"],
    ["since it parts", fork < 0 || !known ? "–" : `${minus(since)} nats`, "ln p of its written tokens from where it parts from the run above it"],
    ["written", run.written ? plural(run.written, "token") : `none of ${plural(run.tokens, "token")}`, `${run.tokens} with the prompt`],
    ["end", finishWords(run.finish), "Why writing ended"],
  ];
  return h("dl", {}, ...rows.map(([name, value, help]) => h("div", { title: help }, h("dt", {}, name), h("dd", {}, value))));
}

function minus(value: number): string {
  return number(value).replace("-", "−");
}

function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

