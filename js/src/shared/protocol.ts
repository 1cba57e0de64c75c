/** The messages between kernel and view; tests/fixtures/protocol holds an example of each, read by both sides. */

export interface Column {
  name: string;
  dtype: "f32" | "i32" | "u32" | "u8" | "utf8";
  width: number;
}

export interface Lineage {
  parent: string;
  at: number;
  replacement: number[];
  text: string;
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

export type KernelMessage = RowsMessage | ReplyMessage;

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
    case "i32":
      return new Int32Array(bytes);
    case "u32":
      return new Uint32Array(bytes);
    case "u8":
      return new Uint8Array(bytes);
  }
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
