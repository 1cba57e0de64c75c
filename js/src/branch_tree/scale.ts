/** Where a token position stands across the graph: the square root of the tokens written before it. Pure. */
import type { TreeData } from "./data";

const PROMPT = 16;
/** Runs that part inside the prompt need room to be told apart there. */
const PROMPT_SHARE = 0.3;
const END = 16;
const TICKS = [0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const TICK_ROOM = 26;

export class Scale {
  /** Where the prompt ends. */
  readonly prompt: number;
  readonly #left: Float64Array;
  readonly #right: Float64Array;
  readonly #factor: number;
  readonly #most: number;

  constructor(
    private readonly data: TreeData,
    readonly width: number,
  ) {
    const { segments, parent, start, stop, prompt } = data;
    let most = 1;
    let inPrompt = false;
    for (let s = 0; s < segments; s++) {
      most = Math.max(most, stop[s] - prompt[s]);
      if (parent[s] >= 0 && start[s] < prompt[s]) inPrompt = true;
    }
    this.prompt = inPrompt ? width * PROMPT_SHARE : Math.min(PROMPT, width / 5);
    this.#most = most;
    this.#factor = Math.max(0, width - this.prompt - END) / Math.sqrt(most);
    this.#left = new Float64Array(segments);
    this.#right = new Float64Array(segments);
    for (let s = 0; s < segments; s++) {
      this.#left[s] = parent[s] < 0 ? 0 : this.#right[parent[s]];
      this.#right[s] = Math.max(this.#left[s], this.#at(s, stop[s]));
    }
  }

  #at(segment: number, position: number): number {
    const prompt = this.data.prompt[segment];
    if (position <= prompt) return prompt ? (this.prompt * position) / prompt : 0;
    return this.prompt + this.#factor * Math.sqrt(position - prompt);
  }

  /** A position inside a segment. */
  x(segment: number, position: number): number {
    return Math.max(this.#left[segment], this.#at(segment, position));
  }

  left(segment: number): number {
    return this.#left[segment];
  }

  right(segment: number): number {
    return this.#right[segment];
  }

  /** Where the written part of a segment begins. */
  written(segment: number): number {
    return this.x(segment, this.data.firstWritten(segment));
  }

  /** Numbers of written tokens worth a mark, and where they stand. */
  ticks(): [number, number][] {
    const out: [number, number][] = [];
    for (const n of TICKS) {
      const x = this.prompt + this.#factor * Math.sqrt(n);
      if (n <= this.#most && x - (out.at(-1)?.[1] ?? -Infinity) >= TICK_ROOM) out.push([n, x]);
    }
    return out;
  }
}
