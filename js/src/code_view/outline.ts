/** Which nodes make the rows of the outline, and which row stands under which. Pure. */
import type { Syntax } from "../shared/syntax";

const CLAUSE = /_clause$|_arm$|^case|_case$|^else$|^elsif$/;

/**
 * Rows of two sorts. Sections (module, class, function, statement, what contains one by name, and errors) make the
 * outline; parts (expressions) stand under them on demand. Blocks, and nodes around exactly the tokens of the row
 * above, make no row.
 */
export class Outline {
  readonly roots: number[] = [];
  readonly #sections: boolean[];
  readonly #above: Int32Array;
  readonly #sectionAbove: Int32Array;
  readonly #kids: (number[] | undefined)[];
  readonly #sectionKids: (number[] | undefined)[];
  readonly #hidden: boolean[];

  constructor(readonly syntax: Syntax) {
    const size = syntax.nodes;
    this.#sections = sections(syntax);
    this.#hidden = new Array<boolean>(size).fill(false);
    this.#above = new Int32Array(size).fill(-1);
    this.#sectionAbove = new Int32Array(size).fill(-1);
    this.#kids = new Array(size);
    this.#sectionKids = new Array(size);
    const wrappers = wrapped(syntax, this.#sections);
    for (let node = 0; node < size; node++) {
      const parent = syntax.parent(node);
      const above = parent < 0 ? -1 : this.#hidden[parent] ? this.#above[parent] : parent;
      const section = above < 0 ? -1 : this.#sections[above] ? above : this.#sectionAbove[above];
      this.#above[node] = above;
      this.#sectionAbove[node] = section;
      this.#hidden[node] = syntax.first(node) < 0 || syntax.structure(node) === "block" || wrappers.has(node) || (!this.#sections[node] && above >= 0 && sameTokens(syntax, node, above));
      if (this.#hidden[node]) continue;
      if (above < 0) this.roots.push(node);
      else (this.#kids[above] ??= []).push(node);
      if (this.#sections[node] && section >= 0) (this.#sectionKids[section] ??= []).push(node);
    }
  }

  isSection(node: number): boolean {
    return this.#sections[node];
  }

  /** All that stands directly under a row. */
  kids(node: number): readonly number[] {
    return this.#kids[node] ?? [];
  }

  /** The nearest sections inside a row. */
  sectionKids(node: number): readonly number[] {
    return this.#sectionKids[node] ?? [];
  }

  /** Whether a row holds sections and parts, so that its parts are a choice of their own. */
  hasParts(node: number): boolean {
    return this.sectionKids(node).length > 0 && this.kids(node).some((kid) => !this.#sections[kid]);
  }

  /** The row above a row, or −1; with `sections`, the nearest section. */
  above(node: number, sections = false): number {
    return (sections ? this.#sectionAbove : this.#above)[node];
  }

  /** The row that shows a node: itself, or the nearest around it. */
  rowOf(node: number): number {
    return node >= 0 && this.#hidden[node] ? this.#above[node] : node;
  }

  /** The row of the innermost section around a token, or −1. */
  sectionOf(token: number): number {
    const row = token >= 0 && token < this.syntax.length ? this.rowOf(this.syntax.nodeOf(token)) : -1;
    return row < 0 || this.#sections[row] ? row : this.#sectionAbove[row];
  }

  /** What a row is, in a word: "loop", "call", "identifier". */
  word(node: number): string {
    const structure = this.syntax.structure(node);
    if (this.syntax.kind(node) === "ERROR") return "error";
    return structure === "other" ? this.syntax.kind(node).replaceAll("_", " ") : structure.slice(structure.indexOf(".") + 1);
  }

  /** The same for the same place of a text that has grown. */
  key(node: number): string {
    return `${this.syntax.first(node)} ${this.syntax.kind(node)}`;
  }
}

function sections(syntax: Syntax): boolean[] {
  const out = new Array<boolean>(syntax.nodes).fill(false);
  const around = new Array<boolean>(syntax.nodes).fill(false);
  // children come after their parents: from the end on, what a node contains is known
  for (let node = syntax.nodes - 1; node >= 0; node--) {
    const [structure, kind] = [syntax.structure(node), syntax.kind(node)];
    const named = structure === "module" || structure === "class" || structure === "function" || structure.startsWith("statement");
    out[node] = syntax.first(node) >= 0 && (named || kind === "ERROR" || kind === "decorator" || (around[node] && CLAUSE.test(kind)));
    const parent = syntax.parent(node);
    if (parent >= 0 && (out[node] || around[node])) around[parent] = true;
  }
  return out;
}

/** Expression statements around exactly one other statement: the inner one says what it is. */
function wrapped(syntax: Syntax, section: boolean[]): Set<number> {
  const out = new Set<number>();
  for (let node = 0; node < syntax.nodes; node++) {
    const parent = syntax.parent(node);
    if (section[node] && parent >= 0 && syntax.structure(parent) === "statement.expression" && sameTokens(syntax, node, parent)) out.add(parent);
  }
  return out;
}

function sameTokens(syntax: Syntax, a: number, b: number): boolean {
  return syntax.first(a) === syntax.first(b) && syntax.last(a) === syntax.last(b);
}

export interface Row {
  node: number;
  /** From 0. */
  depth: number;
  open: boolean;
  expandable: boolean;
  /** Whether its parts are, or can be, shown among its sections. */
  parts: boolean | null;
  /** Among its siblings, from 1. */
  position: number;
  siblings: number;
}

const OPEN_LEVELS = 2;

/** Which rows are open; survives a growing text. */
export class Openings {
  readonly #open = new Map<string, boolean>();
  readonly #parts = new Set<string>();

  reset(): void {
    this.#open.clear();
    this.#parts.clear();
  }

  isOpen(outline: Outline, node: number, depth: number): boolean {
    return this.#open.get(outline.key(node)) ?? depth < OPEN_LEVELS;
  }

  setOpen(outline: Outline, node: number, open: boolean): void {
    this.#open.set(outline.key(node), open);
  }

  showsParts(outline: Outline, node: number): boolean {
    return this.#parts.has(outline.key(node));
  }

  setParts(outline: Outline, node: number, shown: boolean): void {
    if (shown) this.#parts.add(outline.key(node));
    else this.#parts.delete(outline.key(node));
  }

  /** Open what stands above a row. */
  reveal(outline: Outline, row: number): void {
    for (let node = row; node >= 0; ) {
      const section = outline.isSection(node) ? outline.above(node, true) : -1;
      const direct = section >= 0 && (outline.above(node) === section || !this.showsParts(outline, section));
      const above = direct ? section : outline.above(node);
      if (above >= 0) this.setOpen(outline, above, true);
      if (above >= 0 && !direct && outline.isSection(above) && outline.sectionKids(above).length) this.setParts(outline, above, true);
      node = above;
    }
  }
}

/** Sorts siblings; null keeps them as they stand in the source. */
export type Compare = ((a: number, b: number) => number) | null;

/** The rows that are open, top to bottom. */
export function openRows(outline: Outline, openings: Openings, compare: Compare): Row[] {
  const out: Row[] = [];
  const waiting: Row[] = [];
  const put = (nodes: readonly number[], depth: number): void => {
    const sorted = compare ? [...nodes].sort(compare) : nodes;
    for (let i = sorted.length - 1; i >= 0; i--) waiting.push({ node: sorted[i], depth, open: false, expandable: false, parts: null, position: i + 1, siblings: sorted.length });
  };
  put(outline.roots, 0);
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    const { node, depth } = row;
    const kids = outline.kids(node);
    const sections = outline.isSection(node) ? outline.sectionKids(node) : [];
    row.expandable = kids.length > 0;
    row.open = row.expandable && openings.isOpen(outline, node, sections.length ? depth : OPEN_LEVELS);
    row.parts = outline.isSection(node) && outline.hasParts(node) ? openings.showsParts(outline, node) : null;
    out.push(row);
    if (row.open) put(sections.length && !row.parts ? sections : kids, depth + 1);
  }
  return out;
}
