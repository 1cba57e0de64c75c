/** What is known of a lens map, window by window. */
import { decodeColumns, type BufferLike, type LensMessage, type Numbers } from "../shared/protocol";

/** One cell: what the model would say for a token if it stopped after a layer. */
export interface Cell {
  /** Likeliest first. */
  top: { text: string; p: number }[];
  /** Of the token that was written. */
  p: number;
  rank: number;
  /** Nats from this layer's distribution to the final one. */
  kl: number;
}

/** Neighbouring columns. */
class Window {
  readonly #labels: string[];
  readonly #top: Numbers;
  readonly #topLogprob: Numbers;
  readonly #logprob: Numbers;
  readonly #rank: Numbers;
  readonly #kl: Numbers;

  constructor(readonly message: LensMessage, buffers: BufferLike[]) {
    const columns = decodeColumns(message.columns, buffers);
    const numbers = (name: string): Numbers => columns.get(name) as Numbers;
    this.#labels = columns.get("vocabulary") as string[];
    [this.#top, this.#topLogprob, this.#logprob] = [numbers("top"), numbers("top_logprob"), numbers("logprob")];
    [this.#rank, this.#kl] = [numbers("rank"), numbers("kl")];
  }

  #at(row: number, column: number): number {
    return row * (this.message.stop - this.message.start) + column - this.message.start;
  }

  rank(row: number, column: number): number {
    return this.#rank[this.#at(row, column)] || NaN;
  }

  p(row: number, column: number): number {
    return Math.exp(this.#logprob[this.#at(row, column)]);
  }

  kl(row: number, column: number): number {
    return this.#kl[this.#at(row, column)];
  }

  first(row: number, column: number): string {
    return this.#labels[this.#top[this.#at(row, column) * this.message.k]] ?? "";
  }

  top(row: number, column: number): Cell["top"] {
    const { k } = this.message;
    const from = this.#at(row, column) * k;
    return Array.from({ length: k }, (_, j) => ({ text: this.#labels[this.#top[from + j]] ?? "", p: Math.exp(this.#topLogprob[from + j]) }));
  }
}

/** All that is known of one run. Rows are places in the list of layers, columns are positions of tokens. */
export class LensData {
  readonly #windows = new Map<number, Window>();
  size = 0;

  add(message: LensMessage, buffers: BufferLike[]): void {
    this.size = message.size;
    this.#windows.set(Math.floor(message.start / message.size), new Window(message, buffers));
  }

  /** Let go of the windows farthest from a column, down to a number. */
  trim(most: number, near: number): void {
    const far = [...this.#windows.keys()].sort((a, b) => Math.abs(b - near / this.size) - Math.abs(a - near / this.size));
    for (const window of far.slice(0, Math.max(0, far.length - most))) this.#windows.delete(window);
  }

  /** Whether nothing is missing in the window of a column. */
  complete(column: number): boolean {
    return this.#window(column)?.message.complete ?? false;
  }

  known(column: number): boolean {
    return !Number.isNaN(this.rank(0, column));
  }

  rank(row: number, column: number): number {
    return this.#window(column)?.rank(row, column) ?? NaN;
  }

  p(row: number, column: number): number {
    return this.#window(column)?.p(row, column) ?? NaN;
  }

  kl(row: number, column: number): number {
    return this.#window(column)?.kl(row, column) ?? NaN;
  }

  /** The likeliest token of a cell. */
  first(row: number, column: number): string {
    return this.#window(column)?.first(row, column) ?? "";
  }

  cell(row: number, column: number): Cell | null {
    const window = this.#window(column);
    if (!window || !this.known(column)) return null;
    return { top: window.top(row, column), p: window.p(row, column), rank: window.rank(row, column), kl: window.kl(row, column) };
  }

  /** The row from which on the written token stays the first choice; −1: it is not even at the end. */
  decidedAt(column: number, rows: number): number {
    let row = rows;
    while (row > 0 && this.rank(row - 1, column) === 1) row--;
    return row < rows ? row : -1;
  }

  /** The first row whose first choice is the written token; −1: none. */
  firstAt(column: number, rows: number): number {
    for (let row = 0; row < rows; row++) if (this.rank(row, column) === 1) return row;
    return -1;
  }

  #window(column: number): Window | undefined {
    return this.size ? this.#windows.get(Math.floor(column / this.size)) : undefined;
  }
}
