/** Syntax of a run: roles of tokens, named nodes, what linters found, where the model hesitated. Pure. */
import type { WidgetModel } from "./model";
import { decodeColumns, type BufferLike, type Column, type Numbers } from "./protocol";

export interface Finding {
  kind: string;
  severity: "error" | "warning" | "note";
  message: string;
  tool: string;
  /** Tokens; −1 where none. */
  first: number;
  last: number;
  /** The tokens of what it refers to: an opener, an earlier definition. */
  related: [number, number] | null;
  line: number;
  /** Whether the model wrote it. */
  written: boolean;
  /** It is wrong and no token of it was surprising. */
  confident: boolean;
  surprisal: number | null;
  probability: number | null;
  /** Of surprisal, among the written tokens of `compared_with`: a role, a wider class, or "all". */
  percentile: number | null;
  compared_with: string;
  /** The token whose alternatives are listed. */
  at: number;
  alternatives: [string, number][];
}

export type Fork = "structural" | "naming" | "wording" | "none";

export interface Hesitation {
  token: number;
  role: string;
  entropy: number;
  percentile: number;
  compared_with: string;
  fork: Fork;
  alternatives: [string, number, Fork][];
}

/** The trait `_syntax`; node columns have one row a named node, parents before children. */
export interface SyntaxMessage {
  run: string;
  /** How many tokens it covers. */
  length: number;
  language: string | null;
  complete: boolean;
  notes: string[];
  roles: string[];
  structures: string[];
  states: string[];
  kinds: string[];
  /** Names of classes and functions by node. */
  names: Record<string, string>;
  /** The metrics of node_mean, node_min, node_max, in this order; absent while the text is being written. */
  metrics?: string[];
  columns: Column[];
  buffers: BufferLike[];
  findings: Finding[];
  hesitations: Hesitation[];
}

const NONE = 2 ** 32 - 1;

export class Syntax {
  readonly length: number;
  readonly nodes: number;
  readonly findings: Finding[];
  readonly hesitations: Hesitation[];
  readonly #columns: Map<string, Numbers>;

  constructor(readonly message: SyntaxMessage) {
    this.#columns = decodeColumns(message.columns, message.buffers) as Map<string, Numbers>;
    this.length = message.length;
    this.nodes = this.#column("node_kind").length;
    this.findings = message.findings;
    this.hesitations = message.hesitations;
  }

  /** "identifier.call" */
  role(token: number): string {
    return this.message.roles[this.#column("token_role")[token]] ?? "";
  }

  /** The innermost node of a token, or −1. */
  nodeOf(token: number): number {
    return known(this.#column("token_node")[token]);
  }

  parent(node: number): number {
    return known(this.#column("node_parent")[node]);
  }

  first(node: number): number {
    return known(this.#column("node_first")[node]);
  }

  last(node: number): number {
    return known(this.#column("node_last")[node]);
  }

  /** From 1. */
  line(node: number): number {
    return this.#column("node_line")[node];
  }

  /** "for_statement" */
  kind(node: number): string {
    return this.message.kinds[this.#column("node_kind")[node]];
  }

  /** "statement.loop" */
  structure(node: number): string {
    return this.message.structures[this.#column("node_structure")[node]];
  }

  /** "ok", "error", "missing" or "incomplete" */
  state(node: number): string {
    return this.message.states[this.#column("node_state")[node]];
  }

  /** The name of a class or function. */
  name(node: number): string | undefined {
    return this.message.names[node];
  }

  /** "function fibonacci", "for statement" */
  label(node: number): string {
    const name = this.name(node);
    return name === undefined ? this.kind(node).replaceAll("_", " ") : `${this.structure(node)} ${name}`;
  }

  /** From the module down to a node. */
  path(node: number): number[] {
    const out: number[] = [];
    for (let n = node; n >= 0; n = this.parent(n)) out.unshift(n);
    return out;
  }

  /** The innermost node of exactly these tokens, or −1. */
  nodeOver(first: number, last: number): number {
    for (let n = this.nodes - 1; n >= 0; n--) if (this.first(n) === first && this.last(n) === last) return n;
    return -1;
  }

  /** Tokens whose first dark byte lies in a node; NaN while the text is being written. */
  tokens(node: number): number {
    return this.#columns.get("node_tokens")?.[node] ?? NaN;
  }

  /** Summed surprisal of a node in nats, tokens on its edge split by bytes. */
  sum(node: number): number {
    return this.#columns.get("node_sum")?.[node] ?? NaN;
  }

  /** A metric over the tokens of a node. */
  metric(node: number, name: string, way: "mean" | "min" | "max"): number {
    const { metrics = [] } = this.message;
    const at = metrics.indexOf(name);
    return at < 0 ? NaN : (this.#columns.get(`node_${way}`)?.[node * metrics.length + at] ?? NaN);
  }

  /** What was found at a token. */
  findingsAt(token: number): Finding[] {
    return this.findings.filter(({ first, last }) => token >= first && token <= last);
  }

  #column(name: string): Numbers {
    return this.#columns.get(name)!;
  }
}

function known(row: number | undefined): number {
  return row === undefined || row === NONE ? -1 : row;
}

const decoded = new WeakMap<object, Syntax>();

/** The syntax of a run as the model has it, or null: none was asked for, or it is of another run. */
export function syntaxOf(model: WidgetModel, run: string | undefined): Syntax | null {
  const message = model.get("_syntax") as SyntaxMessage | null | undefined;
  if (!message || !message.columns || message.run !== run) return null;
  if (!decoded.has(message)) decoded.set(message, new Syntax(message));
  return decoded.get(message)!;
}
