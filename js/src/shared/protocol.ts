/** The messages between kernel and view; tests/fixtures/protocol holds an example of each, read by both sides. */

export interface Column {
  name: string;
  dtype: "f32" | "f16" | "i32" | "u32" | "u16" | "u8" | "utf8";
  width: number;
}

export interface Lineage {
  parent: string;
  at: number;
  replacement: number[];
  text: string;
  /** Where tokens were written anew between others: from where on the parent's stand again. */
  stop: number | null;
}

export interface RunMeta {
  model: string;
  dtype: string;
  finish: string;
  prompt_length: number;
  settings: Settings;
  lineage: Lineage | null;
}

export interface Settings {
  max_new_tokens: number;
  do_sample: boolean;
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  min_p: number | null;
  repetition_penalty: number;
  seed: number | null;
  stop_strings: string[];
  [other: string]: unknown;
}

export interface RowsMessage {
  kind: "rows";
  run: string;
  start: number;
  count: number;
  columns: Column[];
  meta: RunMeta;
}

export interface ReplyMessage {
  kind: "reply";
  request: number | null;
  ok: boolean;
  result?: unknown;
  error?: string;
}

/** Who read what: edges in CSR order by the near token. Columns: near_start, far, weight, mass, sources, unit_start. */
export interface FlowMessage {
  kind: "flow";
  run: string;
  key: string;
  map: FlowInfo;
  columns: Column[];
}

export interface FlowInfo {
  title: string;
  quantity: "share" | "nats" | "logit" | "probability" | "score";
  signed: boolean;
  direction: "read" | "readers";
  unit: "token" | "line" | "statement" | "function";
  /** The only token with arcs; null: every token has its own. */
  at: number | null;
  edges_total: number;
  edges_kept: number;
  mass_kept: number;
  /** |weight| drawn at full thickness. */
  scale: number;
  notes: string[];
  partial: boolean;
}

/** What deleting the shown sources costs, beside deleting as many at random. */
export interface TrustMessage {
  kind: "trust";
  run: string;
  key: string;
  at: number;
  /** How many sources were shown when it was asked for. */
  top: number;
  trust: Trust;
}

export interface Trust {
  /** How many sources were deleted: those shown, or the strongest third where all are. */
  top: number;
  unit: string;
  drop: number;
  random: number;
  random_low: number;
  random_high: number;
  quantity: string;
  /** All of them speak against the token: the numbers are gains. */
  against: boolean;
  /** Why there is no figure. */
  text: string | null;
}

/** A computation was replaced by a newer one. */
export interface DroppedMessage {
  kind: "dropped";
  run: string;
  key: string;
}

/** Small maps of all layers and heads: u8 [layer, head, query, key]. */
export interface GridMessage {
  kind: "grid";
  run: string;
  layers: number[];
  heads: number[];
  size: number;
  columns: Column[];
}

/** Some columns of a lens map, cells layer by layer. Columns: vocabulary, top, top_logprob, logprob, rank, kl. */
export interface LensMessage {
  kind: "lens";
  run: string;
  start: number;
  stop: number;
  /** Columns of a whole window. */
  size: number;
  /** Likeliest tokens of each cell. */
  k: number;
  complete: boolean;
  columns: Column[];
}

export type KernelMessage = RowsMessage | ReplyMessage | FlowMessage | TrustMessage | DroppedMessage | GridMessage | LensMessage;

export interface Snapshot {
  version: number;
  runs: (RowsMessage & { buffers: BufferLike[] })[];
}

export type BufferLike = DataView | ArrayBuffer | Uint8Array;

export type Numbers = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The bytes of a buffer, copied so that any number type may be laid over them. */
function copied(buffer: BufferLike): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer.slice(0);
  const { buffer: whole, byteOffset, byteLength } = buffer;
  return (whole as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
}

/** Columns by name: numbers as typed arrays, texts as lists of strings. */
export function decodeColumns(columns: Column[], buffers: BufferLike[]): Map<string, Numbers | string[]> {
  const out = new Map<string, Numbers | string[]>();
  columns.forEach((column, i) => {
    const bytes = copied(buffers[i]);
    if (column.dtype === "utf8") out.set(column.name, splitTexts(bytes, out.get(`${column.name}_bytes`) as Uint32Array));
    else out.set(column.name, numbers(column.dtype, bytes));
  });
  return out;
}

function numbers(dtype: Exclude<Column["dtype"], "utf8">, bytes: ArrayBuffer): Numbers {
  switch (dtype) {
    case "f32":
      return new Float32Array(bytes);
    case "f16":
      return Float32Array.from(new Uint16Array(bytes), half);
    case "i32":
      return new Int32Array(bytes);
    case "u32":
      return new Uint32Array(bytes);
    case "u16":
      return Uint32Array.from(new Uint16Array(bytes));
    case "u8":
      return new Uint8Array(bytes);
  }
}

/** The number that 16 bits mean; saved pages carry weights so. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits >> 15 ? -size : size;
}

function splitTexts(bytes: ArrayBuffer, lengths: Uint32Array): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const out = new Array<string>(lengths.length);
  let start = 0;
  lengths.forEach((length, i) => {
    out[i] = length === 0 ? "" : decoder.decode(new Uint8Array(bytes, start, length));
    start += length;
  });
  return out;
}
