/** A run under sampler settings: bounds for every token that was written, and for the run as a whole. Pure. */
import { max, min } from "../shared/math";
import { reweighted, type Bounds, type Removal, type Reweighted, type SamplerSettings } from "../shared/reweighting";
import { Role, type Run } from "../shared/runs";

const { exp, log } = Math;

/** What is stored of one position. */
interface Stored {
  ids: number[];
  logprobs: number[];
}

/** Of one token that stands in the run. */
export interface Written {
  /** p at temperature 1. */
  was: number;
  low: number;
  high: number;
  removed: Removal;
}

export interface Whole {
  /** ln p of all written tokens together, at temperature 1. */
  was: number;
  low: number;
  high: number;
  /** Positions of tokens that cannot be drawn. */
  impossible: number[];
  /** Positions of which nothing is known, though they were written. */
  unknown: number;
  /** How many were put in by hand, and do not count. */
  replaced: number;
  tokens: number;
}

export class Reading {
  readonly #stored: (Stored | null)[] = [];
  #written: (Written | null)[] = [];
  #settings: SamplerSettings = { temperature: 1, top_k: null, top_p: null, min_p: null };

  constructor(
    readonly run: Run,
    readonly vocabulary: number | null,
  ) {}

  /** Take other settings; rows that came since are read too. */
  use(settings: SamplerSettings): void {
    this.#settings = settings;
    for (let i = this.#stored.length; i < this.run.length; i++) this.#stored.push(this.#read(i));
    this.#written = this.#stored.map((stored, i) => (stored ? this.#judge(stored, i) : null));
  }

  #read(i: number): Stored | null {
    const top = this.run.model.top(i);
    if (!top.length || Number.isNaN(this.run.model.scalars.tail.at(i))) return null;
    return { ids: top.map(([id]) => id), logprobs: top.map(([, p]) => log(p)) };
  }

  /** How many alternatives a position has at most. */
  get widest(): number {
    return this.#stored.reduce((most, stored) => max(most, stored?.ids.length ?? 0), 0);
  }

  /** The first position that counts as written: of a text that was given, all are. */
  get from(): number {
    const { length, meta } = this.run;
    return length > meta.prompt_length ? meta.prompt_length : 0;
  }

  /** Ids of the stored alternatives at a position; null where nothing is known. */
  idsAt(i: number): readonly number[] | null {
    return this.#stored[i]?.ids ?? null;
  }

  at(i: number): Reweighted | null {
    const stored = this.#stored[i];
    return stored ? reweighted(stored.logprobs, this.run.model.scalars.tail.at(i), this.vocabulary, this.#settings) : null;
  }

  written(i: number): Written | null {
    return this.#written[i] ?? null;
  }

  #judge({ ids }: Stored, i: number): Written {
    const { run } = this;
    const { logprob, rank } = run.model.scalars;
    const found = this.at(i)!;
    const k = ids.indexOf(run.ids[i]);
    const [low, high, removed]: Bounds = k < 0 ? found.outside(logprob.at(i), rank.at(i)) : [found.low[k], found.high[k], found.removed[k]];
    return { was: exp(logprob.at(i)), low, high, removed };
  }

  /** The run as a whole; tokens that were put in by hand do not count. */
  whole(): Whole {
    const out: Whole = { was: 0, low: 0, high: 0, impossible: [], unknown: 0, replaced: 0, tokens: 0 };
    for (let i = this.from; i < this.run.length; i++) {
      const one = this.written(i);
      if (this.run.roles[i] === Role.Replaced) out.replaced++;
      else if (!one) out.unknown++;
      if (!one || this.run.roles[i] === Role.Replaced) continue;
      out.tokens++;
      out.was += log(one.was);
      out.low += log(one.low);
      out.high += min(0, log(one.high));
      if (one.removed) out.impossible.push(i);
    }
    return out;
  }

  /** Positions whose tokens change the most: those that cannot be drawn first. */
  changed(most: number): number[] {
    const weights = new Map<number, number>();
    for (let i = this.from; i < this.run.length; i++) {
      const one = this.written(i);
      if (one) weights.set(i, one.removed ? Infinity : Math.abs(log((one.low + one.high) / 2 / one.was)));
    }
    return [...weights.keys()].filter((i) => weights.get(i)! > 0.005).sort((a, b) => (weights.get(b) === weights.get(a) ? a - b : weights.get(b)! - weights.get(a)!)).slice(0, most);
  }
}
