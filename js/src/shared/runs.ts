/** The runs a view shows, growing as rows arrive. */
import { decodeColumns, type BufferLike, type Numbers, type RowsMessage, type RunMeta, type Snapshot } from "./protocol";

export const enum Role {
  Prompt = 0,
  Generated = 1,
  Replaced = 2,
  Special = 3,
  Template = 4,
}

const SCALARS = ["logprob", "rank", "entropy", "margin", "nucleus", "tail"] as const;
type Scalar = (typeof SCALARS)[number];

/** A column of numbers that grows by doubling. */
export class Growing {
  #data = new Float32Array(64);
  length = 0;

  append(values: Numbers): void {
    const need = this.length + values.length;
    if (need > this.#data.length) {
      const larger = new Float32Array(Math.max(need, this.#data.length * 2));
      larger.set(this.#data.subarray(0, this.length));
      this.#data = larger;
    }
    this.#data.set(values, this.length);
    this.length = need;
  }

  /** NaN outside. */
  at(i: number): number {
    return i >= 0 && i < this.length ? this.#data[i] : NaN;
  }
}

/** What is known of the distribution at each position. */
export class Distribution {
  readonly scalars = Object.fromEntries(SCALARS.map((name) => [name, new Growing()])) as Record<Scalar, Growing>;
  readonly #topIds: Int32Array[] = [];
  readonly #topLogprobs: Float32Array[] = [];

  append(prefix: string, columns: Map<string, Numbers | string[]>, count: number): void {
    for (const name of SCALARS) this.scalars[name].append(columns.get(`${prefix}.${name}`) as Float32Array);
    const ids = columns.get(`${prefix}.top_id`) as Int32Array;
    const logprobs = columns.get(`${prefix}.top_logprob`) as Float32Array;
    const k = count ? ids.length / count : 0;
    for (let i = 0; i < count; i++) {
      this.#topIds.push(ids.subarray(i * k, (i + 1) * k));
      this.#topLogprobs.push(logprobs.subarray(i * k, (i + 1) * k));
    }
  }

  /** The likeliest tokens at a position: [id, probability], likeliest first. */
  top(i: number): [number, number][] {
    const ids = this.#topIds[i] ?? [];
    const out: [number, number][] = [];
    ids.forEach((id, j) => {
      if (id >= 0) out.push([id, Math.exp(this.#topLogprobs[i][j])]);
    });
    return out;
  }
}

export class Run {
  readonly texts: string[] = [];
  readonly ids: number[] = [];
  readonly roles: number[] = [];
  readonly timeMs = new Growing();
  readonly model = new Distribution();
  sampling: Distribution | null = null;
  readonly vocabulary = new Map<number, string>();

  constructor(
    readonly id: string,
    public meta: RunMeta,
  ) {}

  get length(): number {
    return this.ids.length;
  }

  get running(): boolean {
    return this.meta.finish === "running";
  }

  /** Add rows; false where some in between are missing. Rows that are there already change nothing. */
  append(message: RowsMessage, buffers: BufferLike[]): boolean {
    if (message.start > this.length) return false;
    this.meta = message.meta;
    if (message.count === 0 || message.start + message.count <= this.length) return true;
    if (message.start < this.length) return false;
    const columns = decodeColumns(message.columns, buffers);
    const texts = columns.get("text") as string[];
    const ids = columns.get("id") as Uint32Array;
    const roles = columns.get("role") as Uint8Array;
    for (let i = 0; i < message.count; i++) {
      this.texts.push(texts[i]);
      this.ids.push(ids[i]);
      this.roles.push(roles[i]);
    }
    this.timeMs.append(columns.get("time_ms") as Float32Array);
    this.model.append("model", columns, message.count);
    if (columns.has("sampling.logprob")) (this.sampling ??= new Distribution()).append("sampling", columns, message.count);
    const known = columns.get("vocabulary") as string[];
    (columns.get("vocabulary_id") as Uint32Array).forEach((id, i) => this.vocabulary.set(id, known[i]));
    return true;
  }

  /** The written form of a token id. */
  label(id: number): string {
    return this.vocabulary.get(id) ?? `#${id}`;
  }

  /** The token as a reader sees it, also where it completes no character. */
  tokenText(i: number): string {
    return this.texts[i] || this.label(this.ids[i]);
  }

  probability(i: number): number {
    return Math.exp(this.model.scalars.logprob.at(i));
  }

  surprisal(i: number): number {
    // 0 − x, because −0 is shown as "-0"
    return 0 - this.model.scalars.logprob.at(i);
  }
}

export class RunStore {
  readonly runs = new Map<string, Run>();

  /** Take over everything a snapshot holds. */
  load(snapshot: Snapshot | null): void {
    for (const message of snapshot?.runs ?? []) {
      const known = this.runs.get(message.run);
      if (!known || known.length < message.count) this.runs.delete(message.run);
      this.apply(message, message.buffers);
    }
  }

  /** Apply rows; false where the view must ask for what is missing. */
  apply(message: RowsMessage, buffers: BufferLike[]): boolean {
    const run = this.runs.get(message.run) ?? new Run(message.run, message.meta);
    this.runs.set(message.run, run);
    return run.append(message, buffers);
  }

  /** How many rows of each run are here. */
  have(): Record<string, number> {
    return Object.fromEntries([...this.runs].map(([id, run]) => [id, run.length]));
  }

  keepOnly(ids: string[]): void {
    for (const id of this.runs.keys()) if (!ids.includes(id)) this.runs.delete(id);
  }
}
