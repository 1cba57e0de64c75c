/** The states that tests/fixtures/make_branch_tree.py writes. */
import many from "../../tests/fixtures/branch_tree/many.json";
import none from "../../tests/fixtures/branch_tree/none.json";
import story from "../../tests/fixtures/branch_tree/story.json";
import { TreeData, type TreeMessage } from "../src/branch_tree/data";
import { revive } from "../src/shared/static_model";

export type Name = "many" | "none" | "story";
export const STATES = { many, none, story } as unknown as Record<Name, Record<string, unknown>>;

export function treeNamed(name: Name): TreeData {
  return new TreeData(revive(STATES[name]._tree) as TreeMessage);
}

/** A tree of runs given as texts, one token a letter; the first letter is the prompt. */
export function treeOf(...texts: string[]): TreeData {
  const parent: number[] = [];
  const [start, stop, head]: [number[], number[], string[]] = [[], [], []];
  const ends = new Array<number>(texts.length).fill(-1);
  const grow = (runs: number[], from: number, above: number): void => {
    const first = new Map<string, number[]>();
    for (const run of runs) if (texts[run].length > from) first.set(texts[run][from], [...(first.get(texts[run][from]) ?? []), run]);
    for (const group of first.values()) {
      let to = from + 1;
      while (group.every((run) => texts[run].length > to && texts[run][to] === texts[group[0]][to])) to++;
      const segment = parent.length;
      parent.push(above);
      start.push(from);
      stop.push(to);
      head.push(texts[group[0]][from]);
      for (const run of group) if (texts[run].length === to) ends[run] = segment;
      grow(group, to, segment);
    }
  };
  grow(texts.map((_, i) => i), 0, -1);
  const size = parent.length;
  const number = (name: string, dtype: "u32" | "i32" | "f32", values: number[]) => ({ column: { name, dtype, width: 1 }, buffer: (dtype === "f32" ? Float32Array : dtype === "i32" ? Int32Array : Uint32Array).from(values).buffer as ArrayBuffer });
  const text = (name: string, values: string[]) => {
    const bytes = values.map((value) => new TextEncoder().encode(value));
    return [number(`${name}_bytes`, "u32", bytes.map((one) => one.length)), { column: { name, dtype: "utf8" as const, width: 1 }, buffer: Uint8Array.from(bytes.flatMap((one) => [...one])).buffer as ArrayBuffer }];
  };
  const zeros = (n: number): number[] => new Array<number>(n).fill(0);
  const all = [
    number("parent", "i32", parent),
    number("start", "u32", start),
    number("stop", "u32", stop),
    number("prompt", "u32", zeros(size).fill(1)),
    number("logprob", "f32", zeros(size)),
    number("replaced", "u32", zeros(size)),
    ...text("head", head),
    ...text("preview", zeros(size).map(() => "")),
    number("bins", "u32", zeros(size)),
    number("spark", "f32", []),
    ...text("run_id", texts.map((_, i) => `run-${i}`)),
    number("run_number", "u32", texts.map((_, i) => i + 1)),
    number("run_end", "i32", ends),
    number("run_tokens", "u32", texts.map((one) => one.length)),
    number("run_written", "u32", texts.map((one) => one.length - 1)),
    number("run_mean", "f32", zeros(texts.length)),
    number("run_logprob", "f32", zeros(texts.length)),
    number("run_finish", "u32", zeros(texts.length)),
    number("run_parent", "i32", zeros(texts.length).fill(-1)),
    number("run_at", "i32", zeros(texts.length).fill(-1)),
    ...text("run_instead", texts.map(() => "")),
  ];
  return new TreeData({ finish: ["length"], pruned: 0, columns: all.map(({ column }) => column), buffers: all.map(({ buffer }) => buffer) });
}
