/** The tree as it came: segments as columns, runs as objects. */
import { decodeColumns, type BufferLike, type Column } from "../shared/protocol";

export interface TreeMessage {
  finish: string[];
  /** How many runs were taken off the display. */
  pruned: number;
  columns: Column[];
  buffers: BufferLike[];
}

export interface RunInfo {
  /** Its place in the order of making. */
  index: number;
  id: string;
  /** What it is called without a label. */
  number: number;
  /** The segment it ends with, or −1. */
  end: number;
  tokens: number;
  written: number;
  /** Mean surprisal of the written tokens, in nats; NaN where nothing was written or measured. */
  mean: number;
  /** ln p of the written tokens together. */
  logprob: number;
  finish: string;
  /** The run it was branched from, or −1: from none, or from one that is not shown. */
  parent: number;
  /** The position whose token was replaced, or −1. */
  at: number;
  /** The token that stood there. */
  instead: string;
}

export class TreeData {
  readonly runs: RunInfo[] = [];
  readonly pruned: number;
  readonly parent: Int32Array;
  readonly start: Uint32Array;
  readonly stop: Uint32Array;
  /** How long the prompt of the run is that holds the segment. */
  readonly prompt: Uint32Array;
  readonly logprob: Float32Array;
  readonly replaced: Uint32Array;
  /** The tokens a segment parts with, and what comes after them. */
  readonly head: string[];
  readonly preview: string[];
  readonly #bins: Uint32Array;
  readonly #spark: Float32Array;

  constructor(message: TreeMessage) {
    const columns = decodeColumns(message.columns, message.buffers);
    const column = <T>(name: string): T => columns.get(name) as T;
    this.pruned = message.pruned;
    this.parent = column("parent");
    this.start = column("start");
    this.stop = column("stop");
    this.prompt = column("prompt");
    this.logprob = column("logprob");
    this.replaced = column("replaced");
    this.head = column("head");
    this.preview = column("preview");
    this.#bins = offsets(column("bins"));
    this.#spark = column("spark");
    const numbers = (name: string): number[] => Array.from(column<Float32Array>(name));
    const [number, end, tokens, written, mean, logprob, finish, parent, at] = ["number", "end", "tokens", "written", "mean", "logprob", "finish", "parent", "at"].map((name) => numbers(`run_${name}`));
    const instead = column<string[]>("run_instead");
    this.runs = column<string[]>("run_id").map((id, i) => ({ index: i, id, number: number[i], end: end[i], tokens: tokens[i], written: written[i], mean: mean[i], logprob: logprob[i], finish: message.finish[finish[i]], parent: parent[i], at: at[i], instead: instead[i] }));
  }

  get segments(): number {
    return this.parent.length;
  }

  /** The position of a segment's first token that is no prompt; its end where all are. */
  firstWritten(segment: number): number {
    return Math.min(Math.max(this.start[segment], this.prompt[segment]), this.stop[segment]);
  }

  /** The highest surprisal in each stretch of a segment's written tokens, in nats. */
  sparkOf(segment: number): Float32Array {
    return this.#spark.subarray(this.#bins[segment], this.#bins[segment + 1]);
  }
}

function offsets(counts: Uint32Array): Uint32Array {
  const out = new Uint32Array(counts.length + 1);
  counts.forEach((n, i) => (out[i + 1] = out[i] + n));
  return out;
}
