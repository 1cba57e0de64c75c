/** Beside the outline: what linters found, and where the model hesitated. */
import { button, h, heading, replaceChildren, type Child } from "../shared/dom";
import { number, percent } from "../shared/metrics";
import type { Run } from "../shared/runs";
import type { Finding, Hesitation, Syntax } from "../shared/syntax";
import { labelText } from "../shared/text";
import { tokenLines } from "./lines";
import { FORKS, HESITATION, plural, SIGNS } from "./marks";

const LISTED = 12;
const ALTERNATIVES = 4;
const LEAST_SHARE = 0.01;
const CONFIDENT = "No token of these was surprising (each at least 37 % likely): uncertainty would not have found them.";

/** Selects a token and what it stands in. */
export type Choose = (token: number, first: number, last: number) => void;

export class Panel {
  readonly element = h("aside", { class: "ts-side ts-cv-side", "aria-label": "Findings and hesitations" });
  readonly #whole = new Set<string>();
  #key: unknown[] = [];

  constructor(private readonly choose: Choose) {}

  update(run: Run, syntax: Syntax, token: number, span: [number, number] | null): void {
    const key = [run, run.length, syntax, token, span?.[0], span?.[1], this.#whole.size];
    if (key.every((part, i) => part === this.#key[i])) return;
    this.#key = key;
    const held = [...this.element.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    const scrolled = this.element.scrollTop;
    const ready = syntax.message.metrics !== undefined;
    const lines = tokenLines(run);
    const chosen = (at: number, first = at, last = at): boolean => token === at && (!span || (span[0] === first && span[1] === last));
    replaceChildren(this.element, ...this.#findings(run, syntax, ready, chosen), ...this.#hesitations(run, syntax, ready, lines, chosen));
    this.element.scrollTop = scrolled;
    if (held >= 0) this.element.querySelectorAll("button")[held]?.focus({ preventScroll: true });
  }

  #findings(run: Run, syntax: Syntax, ready: boolean, chosen: (at: number, first: number, last: number) => boolean): Child[] {
    const { findings } = syntax;
    const item = (finding: Finding): HTMLElement => this.#finding(run, finding, chosen(finding.first, finding.first, finding.last));
    if (!ready) return [heading("Findings"), h("p", { class: "ts-hint" }, "Reading …")];
    if (!findings.length) return [heading("Findings"), h("p", { class: "ts-hint" }, "Linters found nothing.")];
    const [sure, others] = [findings.filter((f) => f.confident), findings.filter((f) => !f.confident)];
    const counted = (["error", "warning", "note"] as const).map((severity) => plural(findings.filter((f) => f.severity === severity).length, severity)).filter(Boolean);
    return [
      heading("Findings", h("em", {}, counted.join(", "))),
      sure.length ? group("Confidently wrong", CONFIDENT, "sure", this.#list("sure", sure, item)) : null,
      others.length ? (sure.length ? group("Other findings", "", "", this.#list("found", others, item)) : this.#list("found", others, item)) : null,
    ];
  }

  #hesitations(run: Run, syntax: Syntax, ready: boolean, lines: Uint32Array, chosen: (at: number) => boolean): Child[] {
    const all = syntax.hesitations;
    if (!ready) return [];
    const head = heading("Hesitations", h("em", {}, all.length ? `${all.length} ${all.length === 1 ? "token" : "tokens"} with more entropy than 95 % of their kind` : ""));
    if (!all.length) return [head, h("p", { class: "ts-hint" }, "No written token had much more entropy than others of its kind.")];
    const item = (one: Hesitation): HTMLElement => this.#hesitation(run, one, lines[one.token], chosen(one.token));
    const groups = FORKS.map(([fork, title, help]) => {
      const own = all.filter((one) => one.fork === fork);
      return own.length ? group(title, help, "", this.#list(fork, own, item)) : null;
    });
    return [head, ...groups];
  }

  #finding(run: Run, finding: Finding, chosen: boolean): HTMLElement {
    const { severity, message, tool, first, last, line, written, at, surprisal, probability, percentile } = finding;
    const facts = [tool];
    if (!written) facts.push("in the prompt");
    if (surprisal !== null) facts.push(`surprisal ${number(surprisal)} nats`);
    if (probability !== null) facts.push(`${first === last ? "p" : "lowest p"} ${percent(probability)}`);
    if (percentile !== null) facts.push(`percentile ${percentile.toFixed(0)} of ${among(finding.compared_with)}`);
    const name = h("span", { class: "message" }, h("span", { class: "ts-dim" }, `line ${line}: `), message);
    const go = button({ class: "go", disabled: first < 0, "aria-current": chosen ? "true" : undefined, onclick: () => this.choose(first, first, last) }, h("b", { class: severity, title: severity, role: "img", "aria-label": severity }, SIGNS[severity]), name);
    const elsewhere = at >= 0 && at !== first;
    const others = chips(finding.alternatives.map(([text, p]) => [text, p, false]));
    const jump = elsewhere ? button({ class: "ts-quiet", title: `Select ${labelText(run.tokenText(at))}, position ${at}`, onclick: () => this.choose(at, at, at) }, others ? `at ${labelText(run.tokenText(at))} it also had` : `see ${labelText(run.tokenText(at))}`) : null;
    return h("li", { class: chosen ? "on" : undefined }, go, factLine(facts), others || jump ? h("div", { class: "ts-chips" }, jump ?? h("span", { class: "ts-dim" }, "it also had"), others) : null);
  }

  #hesitation(run: Run, one: Hesitation, line: number, chosen: boolean): HTMLElement {
    const { token, role, entropy, percentile, compared_with: group } = one;
    const go = button({ class: "go", "aria-current": chosen ? "true" : undefined, onclick: () => this.choose(token, token, token) }, h("b", { class: "open", role: "img", "aria-label": "hesitation" }, HESITATION), h("span", { class: "message" }, h("span", { class: "ts-dim" }, `line ${line}: `), h("code", {}, labelText(run.tokenText(token))), h("span", { class: "ts-share" }, ` ${percent(run.probability(token))}`)));
    const facts = [role.replaceAll(/[._]/g, " "), `entropy ${number(entropy)} nats`, `percentile ${percentile.toFixed(0)} of ${among(group)}`];
    const others = chips(one.alternatives.map(([text, p, fork]) => [text, p, fork === "structural"]));
    return h("li", { class: chosen ? "on" : undefined }, go, factLine(facts), others && h("div", { class: "ts-chips" }, h("span", { class: "ts-dim" }, "or"), others));
  }

  /** The first dozen, and a button for the rest. */
  #list<T>(name: string, all: readonly T[], item: (one: T) => HTMLElement): HTMLElement {
    const shown = this.#whole.has(name) ? all : all.slice(0, LISTED);
    const more = () => {
      this.#whole.add(name);
      this.#again();
    };
    const rest = shown.length < all.length ? button({ class: "ts-quiet more", onclick: more }, `show all ${all.length}`) : null;
    return h("div", {}, h("ul", { class: "ts-cv-list" }, ...shown.map(item)), rest);
  }

  #again = (): void => {
    const [run, , syntax, token, first, last] = this.#key as [Run, number, Syntax, number, number | undefined, number | undefined];
    this.update(run, syntax, token, first === undefined ? null : [first, last!]);
  };
}

function group(title: string, help: string, kind: string, list: HTMLElement): HTMLElement {
  return h("section", { class: kind || undefined }, h("h5", { "aria-level": 3 }, title), help ? h("p", { class: "ts-hint" }, help) : null, list);
}

/** Facts in one line; it breaks between them. */
function factLine(facts: readonly string[]): HTMLElement {
  return h("p", { class: "ts-hint facts" }, ...facts.flatMap((fact, i) => (i < facts.length - 1 ? [h("span", {}, `${fact} ·`), " "] : [h("span", {}, fact)])));
}

/** Other tokens with their share; those that would change the tree are framed and say so. */
function chips(all: readonly (readonly [text: string, p: number, structural: boolean])[]): HTMLElement | null {
  const likely = all.filter(([, p]) => p >= LEAST_SHARE);
  if (!likely.length) return null;
  const chip = ([text, p, structural]: (typeof all)[number]): HTMLElement =>
    h("li", { class: structural ? "tree" : undefined, title: structural ? "with it, the text parses to another tree" : undefined }, h("code", {}, labelText(text) || "∅"), ` ${percent(p)}`, structural ? h("span", { class: "ts-dim" }, " other tree") : null);
  return h("ul", {}, ...likely.slice(0, ALTERNATIVES).map(chip));
}

/** Among which written tokens a percentile is. */
function among(group: string): string {
  return group === "all" ? "all written tokens" : `written ${group.replaceAll(/[._]/g, " ")} tokens`;
}
