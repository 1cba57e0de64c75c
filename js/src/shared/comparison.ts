/** Runs side by side: shared lines in one row, the shared beginning folded, the divergence ringed. */
import { button, h, on, replaceChildren, taken, type Child } from "./dom";
import { type HeatScale, HESITATION_NATS, meanSurprisal, type Metric, number, percent } from "./metrics";
import { arrange, inverse, lineIndex, linesOf, lineWeights, partners, prefixSpans, type Piece, type Span } from "./rows";
import { Role, type Run } from "./runs";
import { blankName, displayText, labelText } from "./text";
import { setHeat } from "./heat_area";
import { tokenClass } from "./token_area";

export interface ComparisonHost {
  select(column: number, token: number): void;
  keep(column: number): void;
  /** What the button of a column says; null for no button. */
  keepLabel(column: number): string | null;
  /** What a run is called; null where it goes without a name. */
  title?(column: number): string | null;
  /** What is known of a run beside its numbers. */
  note?(run: Run): Child;
}

export interface ComparisonInput {
  runs: Run[];
  reference: number;
  alignments: Record<string, Span[]>;
  metric: Metric;
  scales: HeatScale[];
  special: boolean;
  /** Where a run parts from others that are not shown. */
  parts?: number;
}

interface Column {
  run: Run;
  lines: Piece[][];
  lineOf: Int32Array;
  /** Reference token to own token. */
  forward: Int32Array;
  /** Own token to reference token. */
  back: Int32Array;
  /** Where it parts from the reference. */
  fork: number;
  spans: Map<number, HTMLElement[]>;
}

const FOLD_FROM = 2;

export class Comparison {
  readonly element = h("div", { class: "ts-columns", role: "group", "aria-label": "Runs side by side" });
  private columns: Column[] = [];
  private unfolded = false;
  private divergence = 0;
  private input: ComparisonInput | null = null;
  private selected: [number, number] | null = null;

  constructor(private readonly host: ComparisonHost) {
    on(this.element, "click", (event) => this.clicked(event));
    on(this.element, "keydown", (event) => this.pressed(event));
  }

  /** The token, its column and its partners under an element. */
  at(element: Element): [number, number] | null {
    const span = element.closest<HTMLElement>("[data-i]");
    const column = element.closest<HTMLElement>("[data-column]");
    return span && column ? [Number(column.dataset.column), Number(span.dataset.i)] : null;
  }

  /** The token aligned to (column, i) in another column, or −1; where the runs part, the tokens they part with. */
  partner(column: number, i: number, other: number): number {
    const [own, its] = [this.columns[column], this.columns[other]];
    if (!own || !its) return -1;
    if (i === Math.min(own.fork, its.fork)) return i < its.run.length ? i : -1;
    const reference = own.back[i] ?? -1;
    return reference < 0 ? -1 : (its.forward[reference] ?? -1);
  }

  update(input: ComparisonInput): void {
    const before = this.input?.runs.map((run) => run.id).join();
    if (before !== input.runs.map((run) => run.id).join()) {
      if (before === undefined || this.input?.runs[0]?.id !== input.runs[0]?.id) this.unfolded = false;
      this.selected = null;
    }
    this.input = input;
    const reference = input.runs[input.reference];
    this.columns = input.runs.map((run) => {
      const stored = run.running ? undefined : input.alignments[run.id];
      const spans: Span[] = run === reference ? [[0, 0, run.length, 0, run.length]] : (stored ?? prefixSpans(reference.ids, run.ids));
      const texts = run.roles.map((role, i) => (role === Role.Special ? (input.special ? labelText(run.tokenText(i)) : "") : run.texts[i]));
      const lines = linesOf(texts);
      const forward = partners(spans, reference.length);
      return { run, lines, lineOf: lineIndex(lines, run.length), forward, back: inverse(forward, run.length), fork: firstMiss(forward), spans: new Map() };
    });
    this.divergence = Math.min(input.parts ?? Infinity, ...this.columns.map((c) => c.fork));
    // the reference parts from the others where the first of them goes
    this.columns[input.reference].fork = Infinity;
    this.draw();
  }

  /** Mark a token and its partners; null for none. */
  select(token: [number, number] | null, focus: boolean): void {
    for (const span of this.element.querySelectorAll(".sel, .mate")) span.classList.remove("sel", "mate");
    this.selected = token;
    if (!token) return;
    const [column, i] = token;
    for (const span of this.columns[column]?.spans.get(i) ?? []) span.classList.add("sel");
    this.columns.forEach((c, other) => {
      if (other === column) return;
      for (const span of c.spans.get(this.partner(column, i, other)) ?? []) span.classList.add("mate");
    });
    if (focus) this.columns[column]?.spans.get(i)?.[0]?.focus({ preventScroll: true });
  }

  private draw(): void {
    const input = this.input!;
    const reference = this.columns[input.reference];
    const rest = this.columns.filter((c) => c !== reference);
    const side = (c: Column) => ({ lineOf: c.lineOf, weights: lineWeights(c.lines), partner: c.forward });
    const placed = arrange(side(reference), rest.map(side));
    const shared = reference.lineOf[Math.min(this.divergence, reference.run.length - 1)] ?? 0;
    const folded = !this.unfolded && shared >= FOLD_FROM ? shared : 0;
    const height = placed.rows - folded + 2;
    replaceChildren(
      this.element,
      ...this.columns.map((column, c) => {
        const rows = column === reference ? placed.reference : placed.others[rest.indexOf(column)];
        return this.drawColumn(column, c, rows, folded, shared, height);
      }),
    );
    this.element.style.setProperty("--columns", String(this.columns.length));
    if (this.selected) this.select(this.selected, false);
  }

  private drawColumn(column: Column, c: number, rows: number[], folded: number, shared: number, height: number): HTMLElement {
    const element = h("div", { class: "ts-column", "data-column": c, role: "group", "aria-label": this.titleOf(column, c) });
    element.style.gridRow = `1 / span ${height}`;
    const fold =
      shared >= FOLD_FROM
        ? button({ class: "ts-fold", onclick: () => this.toggleFold() }, folded ? `… ${shared} lines shared` : "fold the shared lines")
        : h("span", { class: "ts-fold" }, "");
    const list = h("div", { class: "ts-rows", role: "listbox", "aria-label": "Tokens" });
    element.append(this.header(column, c), fold, list);
    column.lines.forEach((line, l) => {
      if (l < folded) return;
      const row = h("div", { class: "ts-row", role: "presentation" }, ...line.map((piece) => this.drawPiece(column, c, piece)));
      row.style.setProperty("--indent", `${indentOf(line)}ch`);
      row.style.gridRow = String(rows[l] - folded + 3);
      list.append(row);
    });
    if (column.run.running) element.append(h("span", { class: "ts-writing", "aria-hidden": "true" }));
    return element;
  }

  private drawPiece(column: Column, c: number, piece: Piece): HTMLElement {
    const { run, back } = column;
    const i = piece.token;
    const { metric, scales } = this.input!;
    const shared = c === this.input!.reference ? this.columns.every((other) => other.forward[i] >= 0) : back[i] >= 0;
    const text = displayText(piece.text);
    const span = h("span", { class: tokenClass(run, i, run.texts[i]), "data-i": i, role: "option", tabindex: -1, "aria-label": blankName(text, piece.newline) });
    span.textContent = text;
    span.classList.add(shared ? "same" : "diff");
    if (piece.newline) span.classList.add("nl");
    if (i === this.forkOf(column)) {
      span.classList.add("fork");
      span.tabIndex = 0;
    }
    const colored = i >= run.meta.prompt_length || run.roles[i] === Role.Replaced;
    if (colored) setHeat(span, scales[c](metric.value(run, i)), run.model.scalars.entropy.at(i) >= HESITATION_NATS);
    const known = column.spans.get(i);
    if (known) known.push(span);
    else column.spans.set(i, [span]);
    return span;
  }

  private forkOf({ fork }: Column): number {
    return fork < Infinity ? fork : this.divergence;
  }

  private titleOf(column: Column, c: number): string {
    const at = this.forkOf(column);
    return [this.host.title?.(c) ?? `run ${c + 1}`, at < column.run.length && `from ${labelText(column.run.tokenText(at))}`].filter(Boolean).join(", ");
  }

  private header(column: Column, c: number): HTMLElement {
    const { run } = column;
    const at = this.forkOf(column);
    const label = this.host.keepLabel(c);
    const lineage = run.meta.lineage;
    const typed = lineage?.at === at && lineage.replacement.length > 1 ? lineage : null;
    const parts = at < run.length;
    const lengths = this.columns.map((other) => other.run.length);
    const same = run.length === (column.fork < Infinity ? lengths[this.input!.reference] : Math.max(...lengths));
    const chip = typed ? labelText(typed.text) : parts ? labelText(run.tokenText(at)) : same ? "same text" : "(ends)";
    const written = run.length - run.meta.prompt_length;
    // of a text that was given nothing was written
    const counted = written > 0 ? written : run.length;
    const facts = [`${counted} ${counted === 1 ? "token" : "tokens"}`, `perplexity ${number(Math.exp(meanSurprisal(run)))}`, FINISH[run.meta.finish] ?? ""];
    const title = this.host.title?.(c);
    return h(
      "header",
      {},
      h("div", {}, title && h("b", { class: "ts-title" }, title), h("code", { class: "ts-fork-token", title: "the token where the runs part" }, chip), parts && h("span", { class: "ts-share" }, typed ? `${typed.replacement.length} tokens` : percent(run.probability(at))), label !== null && button({ class: "ts-keep", onclick: () => this.host.keep(c), title: "make this the current run" }, label)),
      h("small", {}, facts.filter(Boolean).join(" · ")),
      this.host.note?.(run),
    );
  }

  private toggleFold(): void {
    this.unfolded = !this.unfolded;
    this.draw();
  }

  private clicked(event: Event): void {
    const token = this.at(event.target as Element);
    if (token) this.host.select(...token);
  }

  private pressed(event: KeyboardEvent): void {
    const token = this.at(event.target as Element);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!token) return;
    const [column, i] = token;
    if (by) {
      const next = this.columns[column].spans.has(i + by) ? i + by : i;
      this.host.select(column, next);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const other = (column + (event.key === "ArrowDown" ? 1 : -1) + this.columns.length) % this.columns.length;
      const mate = this.partner(column, i, other);
      this.host.select(other, mate >= 0 ? mate : Math.min(this.forkOf(this.columns[other]), this.columns[other].run.length - 1));
    } else if (event.key === "Enter" || event.key === " ") this.host.select(column, i);
    else return;
    taken(event);
  }
}

export const FINISH: Record<string, string> = {
  running: "writing …",
  length: "token limit",
  end_token: "ended by itself",
  stop_string: "stop string",
  boundary: "boundary",
  context: "the context is full",
  cancelled: "stopped by you",
  error: "broken off by an error",
  scored: "a given text",
};

/** How far the rest of a line is set in where it wraps: past its own indentation, which is what Python reads. */
function indentOf(line: readonly Piece[]): number {
  const blank = /^\s*/.exec(line.map(({ text }) => text).join(""))![0].length;
  return Math.min(blank, 16) + 2;
}

/** Where a run stops being the reference, token for token. */
function firstMiss(forward: Int32Array): number {
  const miss = forward.findIndex((other, i) => other !== i);
  return miss < 0 ? forward.length : miss;
}

/** The numbers of a token and of its partners, as a small table; `brief` leaves out runs without one. */
export function differences(comparison: Comparison, runs: Run[], column: number, i: number, brief = false): Child[] {
  const own = runs[column];
  const rows = runs.map((run, other) => {
    const j = other === column ? i : comparison.partner(column, i, other);
    if (brief && j < 0) return null;
    const gap = run.surprisal(j) - own.surprisal(i);
    const cells = j < 0 ? ["–", "not there", "", ""] : [labelText(run.tokenText(j)), percent(run.probability(j)), number(run.surprisal(j)), other === column || Number.isNaN(gap) ? "" : `${gap < 0 ? "−" : "+"}${number(Math.abs(gap))}`];
    return h("tr", { class: other === column ? "own" : "" }, h("th", { scope: "row" }, `run ${other + 1}`), h("td", {}, h("code", {}, cells[0])), ...cells.slice(1).map((cell) => h("td", {}, cell)));
  });
  const head = ["run", "token", "probability", "surprisal, nats", "Δ surprisal"].map((name) => h("th", { scope: "col" }, name));
  return [h("table", { class: "ts-differences" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))];
}
