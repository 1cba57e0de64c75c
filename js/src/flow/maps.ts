/** One map of who read what: edges by near token, strongest first. Pure. */
import { abs } from "../shared/math";
import { decodeColumns, type BufferLike, type FlowInfo, type FlowMessage } from "../shared/protocol";

export interface Edge {
  /** The far end: a token, or a line where the unit is "line". */
  far: number;
  weight: number;
}

/** What is shown for one token, and what is left out. */
export interface TokenFlow {
  near: number;
  shown: Edge[];
  /** How many edges the map has for it, shown or not. */
  edges: number;
  /** How many sources the token had before anything was cut. */
  sources: number;
  /** Total |weight| before anything was cut. */
  mass: number;
  shownMass: number;
}

export class FlowMap {
  readonly key: string;
  readonly run: string;
  readonly info: FlowInfo;
  readonly nearStart: Uint32Array;
  readonly far: Uint32Array;
  readonly weight: Float32Array;
  readonly #mass: Float32Array;
  readonly #sources: Uint32Array;
  readonly #unitStart: Uint32Array | null;

  constructor(message: FlowMessage, buffers: BufferLike[]) {
    const columns = decodeColumns(message.columns, buffers);
    this.key = message.key;
    this.run = message.run;
    this.info = message.map;
    this.nearStart = columns.get("near_start") as Uint32Array;
    this.far = columns.get("far") as Uint32Array;
    this.weight = columns.get("weight") as Float32Array;
    this.#mass = columns.get("mass") as Float32Array;
    this.#sources = columns.get("sources") as Uint32Array;
    this.#unitStart = (columns.get("unit_start") as Uint32Array | undefined) ?? null;
  }

  /** How many near tokens it knows. */
  get tokens(): number {
    return this.nearStart.length - 1;
  }

  /** Whether a token can have arcs in this map at all. */
  covers(near: number): boolean {
    const { at } = this.info;
    return near >= 0 && near < this.tokens && (at === null || near === at);
  }

  /** The edges of a token, cut at a share of its strongest. */
  flow(near: number, threshold: number): TokenFlow {
    const known = near >= 0 && near < this.tokens;
    const [from, to] = known ? [this.nearStart[near], this.nearStart[near + 1]] : [0, 0];
    const out: TokenFlow = { near, shown: [], edges: to - from, sources: known ? this.#sources[near] : 0, mass: known ? this.#mass[near] : 0, shownMass: 0 };
    const least = from < to ? abs(this.weight[from]) * threshold : 0;
    for (let e = from; e < to; e++) {
      const edge = { far: this.far[e], weight: this.weight[e] };
      const size = abs(edge.weight);
      if (size >= least && size > 0) {
        out.shown.push(edge);
        out.shownMass += size;
      }
    }
    return out;
  }

  /** The tokens [first, last + 1] that a far end stands for. */
  range(far: number): [number, number] {
    return this.#unitStart ? [this.#unitStart[far], this.#unitStart[far + 1]] : [far, far + 1];
  }

  /** Those of them that the near token can have read, or that can have read it; none: only itself. */
  reach(far: number, near: number): [number, number] {
    const [from, to] = this.range(far);
    if (!this.#unitStart || near < from || near >= to) return [from, to];
    return this.info.direction === "readers" ? [near + 1, to] : [from, near];
  }

  /** The far end that a token belongs to, or −1. */
  farOf(token: number): number {
    if (!this.#unitStart) return token;
    let low = 0;
    let high = this.#unitStart.length - 1;
    if (token < this.#unitStart[0] || token >= this.#unitStart[high]) return -1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#unitStart[middle] <= token) low = middle;
      else high = middle;
    }
    return low;
  }
}
