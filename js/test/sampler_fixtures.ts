/** A run of one prompt token and three written ones, with three stored alternatives each, as its kernel would send it. */
import type { Column, RowsMessage, Snapshot } from "../src/shared/protocol";

const WORDS = ["if", " a", " b", " c", " rare"];
/** ln p of the stored tokens, by position; the first has none. */
const SHARES = [[], [0.5, 0.3, 0.1], [0.6, 0.2, 0.1], [0.4, 0.3, 0.2]];
const TOP = [1, 2, 3];
/** What was written, its p and its rank: the second is not the likeliest, the third not among the stored. */
const WRITTEN: [id: number, p: number, rank: number][] = [[0, NaN, NaN], [1, 0.5, 1], [2, 0.2, 2], [4, 0.02, 5]];

export function runState(change: { settings?: Record<string, unknown>; alternatives?: boolean; role?: number } = {}): { _snapshot: Snapshot; _columns: string[] } {
  const { settings = {}, alternatives = true, role = 1 } = change;
  const columns: Column[] = [];
  const buffers: ArrayBuffer[] = [];
  const numbers = (name: string, dtype: "u32" | "u8" | "f32" | "i32", values: number[], width = 1): void => {
    columns.push({ name, dtype, width });
    const kinds = { u32: Uint32Array, u8: Uint8Array, f32: Float32Array, i32: Int32Array };
    buffers.push(kinds[dtype].from(values).buffer as ArrayBuffer);
  };
  const texts = (name: string, values: string[]): void => {
    const bytes = values.map((value) => new TextEncoder().encode(value));
    numbers(`${name}_bytes`, "u32", bytes.map((one) => one.length));
    columns.push({ name, dtype: "utf8", width: 1 });
    buffers.push(Uint8Array.from(bytes.flatMap((one) => [...one])).buffer as ArrayBuffer);
  };
  const known = SHARES.map((row) => alternatives && row.length > 0);
  numbers("id", "u32", WRITTEN.map(([id]) => id));
  numbers("role", "u8", [0, 1, role, 1]);
  texts("text", WRITTEN.map(([id]) => WORDS[id]));
  numbers("time_ms", "f32", [NaN, 1, 1, 1]);
  numbers("model.logprob", "f32", WRITTEN.map(([, p]) => Math.log(p)));
  numbers("model.rank", "f32", WRITTEN.map(([, , rank]) => rank));
  for (const name of ["entropy", "margin", "nucleus"]) numbers(`model.${name}`, "f32", [NaN, 1, 1, 1]);
  numbers("model.tail", "f32", SHARES.map((row, i) => (known[i] ? 1 - row.reduce((sum, p) => sum + p, 0) : NaN)));
  numbers("model.top_id", "i32", known.flatMap((there) => TOP.map((id) => (there ? id : -1))), 3);
  numbers("model.top_logprob", "f32", SHARES.flatMap((row, i) => TOP.map((_, k) => (known[i] ? Math.log(row[k]) : NaN))), 3);
  numbers("vocabulary_id", "u32", WORDS.map((_, i) => i));
  texts("vocabulary", WORDS);
  const meta = { model: "tiny", dtype: "float32", finish: "length", prompt_length: 1, lineage: null, settings: { max_new_tokens: 3, do_sample: false, temperature: 1, top_k: null, top_p: null, min_p: null, repetition_penalty: 1, seed: null, stop_strings: [], ...settings } };
  const message: RowsMessage = { kind: "rows", run: "r", start: 0, count: 4, columns, meta };
  return { _snapshot: { version: 1, runs: [{ ...message, buffers }] }, _columns: ["r"] };
}
