/** Syntax in the token stream: colours, squiggles, the path to the token, and the list of findings. */
import { Crumbs } from "../shared/crumbs";
import { aria, button, h, heading, say, shown, type Child } from "../shared/dom";
import { number, percent, type HeatScale, HEAT_STEPS, type Metric } from "../shared/metrics";
import { setTrait, trait, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import { syntaxOf, type Finding, type Syntax } from "../shared/syntax";
import { rolePercentiles, SyntaxPaint } from "../shared/syntax_paint";
import { labelText } from "../shared/text";
import type { TokenArea } from "../shared/token_area";

export const SYNTAX_TRAITS = ["syntax", "span", "_syntax"];
const SIGNS = { error: "✗", warning: "!", note: "i" };
const LISTED = 6;

export class SyntaxLayer {
  readonly element = h("div", { class: "ts-syntax-bar" });
  readonly toggle = button({ title: "Colour the text by syntax, mark what linters find, and show the path to the selected token", onclick: () => setTrait(this.model, "syntax", !this.on) }, "Syntax");
  readonly #crumbs: Crumbs;
  readonly #note = h("span", { class: "ts-dim" });
  readonly #roles: HTMLButtonElement;
  readonly #paint = new SyntaxPaint();
  #open = new Set<number>();
  #openFor: Syntax | null = null;
  #scale: HeatScale | null = null;
  #scaleKey: unknown[] = [];

  constructor(
    private readonly model: WidgetModel,
    private readonly select: (i: number) => void,
  ) {
    this.#crumbs = new Crumbs((first, last) => this.#selectNode(first, last));
    this.#roles = button({ class: "ts-quiet", title: "Compare each token with the others of its role: a name may be open where a bracket must not be", onclick: () => setTrait(model, "scale", model.get("scale") === "role" ? "absolute" : "role") }, "colour within role");
    this.element.append(this.#crumbs.element, this.#note, this.#roles);
  }

  get on(): boolean {
    return this.model.get("syntax") === true;
  }

  /** The syntax of a run, where it is there. */
  syntax(run: Run | undefined): Syntax | null {
    return this.on ? syntaxOf(this.model, run?.id) : null;
  }

  /** The tokens that are more open than their kind; null until that is known. */
  open(run: Run | undefined): Set<number> | null {
    const syntax = this.syntax(run);
    if (!syntax?.message.metrics) return null;
    if (this.#openFor !== syntax) [this.#openFor, this.#open] = [syntax, new Set(syntax.hesitations.map(({ token }) => token))];
    return this.#open;
  }

  /** Percentiles within the role as colour steps, another function when they change; null where the scale is another. */
  scale(run: Run, metric: Metric): HeatScale | null {
    const syntax = this.syntax(run);
    if (!syntax || this.model.get("scale") !== "role") return null;
    const size = Math.min(run.length, syntax.length);
    const key = [syntax, metric, size];
    if (key.every((part, i) => part === this.#scaleKey[i])) return this.#scale;
    this.#scaleKey = key;
    const values = Float64Array.from({ length: size }, (_, i) => metric.value(run, i));
    const rising = metric.heat(0) <= metric.heat(1);
    // the prompt was no choice of the model's: it has distributions of its own
    const from = run.meta.prompt_length < run.length ? run.meta.prompt_length : 0;
    const found = rolePercentiles(values, Array.from({ length: size }, (_, i) => `${syntax.role(i)} ${i < from}`));
    return this.#scale = (_, i = -1) => (Number.isNaN(found[i] ?? NaN) ? -1 : Math.round(((rising ? found[i] : 100 - found[i]) / 100) * HEAT_STEPS));
  }

  /** `silent`: why nothing can be parsed now, or null. */
  update(run: Run | undefined, area: TokenArea, selected: number, silent: string | null): void {
    const syntax = this.syntax(run);
    aria(this.toggle, "pressed", this.on);
    shown(this.element, this.on && !!run);
    if (!run) return;
    const span = this.on ? trait<[number, number] | null>(this.model, "span", null) : null;
    this.#paint.paint(area, { syntax, span });
    if (!this.on) return;
    say(this.#note, syntax ? [syntax.message.language ?? "text", ...syntax.message.notes].join(" · ") : "");
    this.#note.title = this.#note.textContent!;
    shown(this.#roles, !!syntax);
    aria(this.#roles, "pressed", this.model.get("scale") === "role");
    // last: the end of the path is scrolled into what room the others leave
    this.#crumbs.update(syntax, selected, span, syntax ? this.#hint(syntax, selected) : silent ? `${silent} The syntax was not read before.` : this.model.get("error") ? "The syntax could not be read." : "Reading the syntax …");
  }

  #hint(syntax: Syntax, selected: number): string {
    if (!syntax.nodes) return syntax.message.notes.length ? "There is no syntax tree." : "No code was found in this text.";
    return selected < 0 ? "Select a token to see its place." : selected < syntax.length ? "This token stands outside of the code." : "Reading the syntax …";
  }

  /** Grow the selected node to the one around it, or shrink it towards the token. */
  resize(run: Run | undefined, token: number, by: 1 | -1): boolean {
    const syntax = this.syntax(run);
    const node = syntax && token >= 0 ? syntax.nodeOf(token) : -1;
    if (!syntax || node < 0) return false;
    const ranges = syntax.path(node).reverse().map((n): [number, number] => [syntax.first(n), syntax.last(n)]).filter(([first], i, all) => first >= 0 && (i === 0 || String(all[i]) !== String(all[i - 1])));
    const span = trait<[number, number] | null>(this.model, "span", null);
    const now = span ? ranges.findIndex((range) => String(range) === String(span)) : -1;
    const next = ranges[Math.min(now + by, ranges.length - 1)];
    setTrait(this.model, "span", next ?? null);
    return true;
  }

  clearNode(): boolean {
    if (!this.on || !this.model.get("span")) return false;
    setTrait(this.model, "span", null);
    return true;
  }

  /** The role of a token, and what was found at it: for those who do not see its colour. */
  words(run: Run, i: number): string {
    const role = this.syntax(run)?.role(i);
    return [role && `, ${role.replace(".", " ")}`, this.messageAt(run, i)].filter(Boolean).join(", ");
  }

  /** What was found at a token, for its tooltip. */
  messageAt(run: Run, i: number): string {
    return (this.syntax(run)?.findingsAt(i) ?? []).map(({ severity, message }) => `${SIGNS[severity]} ${message}`).join("; ");
  }

  /** What was found at a token, or, for −1, in the whole text. */
  findings(run: Run, token: number): Child[] {
    const syntax = this.syntax(run);
    if (!syntax) return [];
    const found = token < 0 ? syntax.findings : syntax.findingsAt(token);
    if (!found.length) return [];
    const items = found.slice(0, token < 0 ? LISTED : found.length).map((finding) => h("li", { class: `ts-finding ${finding.severity}` }, token < 0 ? this.#link(run, finding) : this.#facts(finding)));
    const rest = found.length > items.length ? h("p", { class: "ts-hint" }, `and ${found.length - items.length} more`) : null;
    return [token < 0 ? heading("Found in the code") : null, h("ul", { class: "ts-findings" }, ...items), rest];
  }

  /** The hesitations as links, where nothing is selected. */
  hesitations(run: Run): Child[] {
    const found = (this.open(run) && this.syntax(run)?.hesitations) || [];
    if (!found.length) return [];
    const items = found.slice(0, LISTED).map(({ token, role, entropy, fork }) => h("li", {}, button({ class: "ts-bar", title: fork === "structural" ? "a likely alternative parses to another tree" : "", onclick: () => this.select(token) }, h("code", {}, labelText(run.tokenText(token))), h("span", { class: "ts-dim" }, role.replace(/[._]/g, " ")), h("span", { class: "ts-share" }, `${number(entropy)} nats`))));
    return [heading("Hesitant for what they are"), h("ol", { class: "ts-links" }, ...items)];
  }

  #link(run: Run, finding: Finding): HTMLElement {
    const text = finding.first >= 0 ? labelText(run.tokenText(finding.first)) : "";
    return button({ class: "ts-bar", disabled: finding.first < 0, onclick: () => this.select(finding.first) }, h("b", {}, SIGNS[finding.severity]), h("span", {}, finding.message), h("span", { class: "ts-dim", title: text }, `line ${finding.line}`));
  }

  #facts(finding: Finding): HTMLElement {
    const facts = [finding.tool];
    if (finding.confident) facts.push("confidently wrong: no token of it was surprising");
    else if (finding.probability !== null) facts.push(`lowest probability ${percent(finding.probability)}`);
    const others = finding.alternatives.slice(0, 3).map(([text, p]) => `${labelText(text)} ${percent(p)}`).join(", ");
    const jump = finding.at >= 0 && finding.at !== finding.first ? button({ class: "ts-quiet", onclick: () => this.select(finding.at) }, `what stood there instead: position ${finding.at}`) : null;
    return h("div", {}, h("b", {}, `${SIGNS[finding.severity]} `), finding.message, h("p", { class: "ts-hint" }, facts.join(" · "), jump && others ? ` · at position ${finding.at}: ${others} ` : ""), jump);
  }

  #selectNode(first: number, last: number): void {
    setTrait(this.model, "span", [first, last]);
  }
}
