/** Which runs make a line of the tree: each run has one, and hangs off the run that it shares most with. Pure. */
import type { RunInfo, TreeData } from "./data";

export interface Line {
  run: RunInfo;
  /** The segments that belong to this line alone, from where it parts; none where it ends on another's. */
  own: number[];
  /** The line it hangs off, or −1. */
  above: number;
  /** The segment at whose end it hangs, or −1. */
  fork: number;
  level: number;
  /** Lines that hang off it, and how many there are below in all. */
  kids: number[];
  below: number;
  position: number;
  siblings: number;
}

interface Start {
  /** A segment to begin with, or −1 where a run ends on a line that is there already. */
  segment: number;
  run: number;
  fork: number;
  above: number;
}

/**
 * Lines in the order of their rows. Of what goes on from a fork, the run of the lowest rank goes straight on; the others
 * hang below it, those that part last first: so no two lines cross.
 */
export function linesOf(data: TreeData, rank: readonly number[]): Line[] {
  const { segments, parent, runs } = data;
  const best = new Float64Array(segments).fill(Infinity);
  const kids: number[][] = Array.from({ length: segments }, () => []);
  const ends: number[][] = Array.from({ length: segments }, () => []);
  const roots: number[] = [];
  for (const run of runs) if (run.end >= 0) ends[run.end].push(run.index);
  for (let s = segments - 1; s >= 0; s--) {
    for (const run of ends[s]) best[s] = Math.min(best[s], rank[run]);
    if (parent[s] < 0) roots.push(s);
    else {
      kids[parent[s]].push(s);
      best[parent[s]] = Math.min(best[parent[s]], best[s]);
    }
  }
  const order = ({ segment, run }: Start): number => (segment >= 0 ? best[segment] : rank[run]);
  const lines: Line[] = [];
  const waiting: Start[] = roots.map((segment) => ({ segment, run: -1, fork: -1, above: -1 }));
  waiting.sort((a, b) => order(b) - order(a));
  while (waiting.length) {
    const { segment, run, fork, above } = waiting.pop()!;
    const own: number[] = [];
    const hanging: Start[] = [];
    let end = run;
    const index = lines.length;
    for (let at = segment; end < 0; ) {
      own.push(at);
      const options: Start[] = [...ends[at].map((one) => ({ segment: -1, run: one, fork: at, above: index })), ...kids[at].map((one) => ({ segment: one, run: -1, fork: at, above: index }))];
      options.sort((a, b) => order(a) - order(b));
      hanging.push(...options.slice(1).reverse());
      end = options[0].run;
      at = options[0].segment;
    }
    lines.push({ run: runs[end], own, above, fork, level: above < 0 ? 0 : lines[above].level + 1, kids: [], below: 0, position: 0, siblings: 0 });
    waiting.push(...hanging);
  }
  counted(lines);
  return lines;
}

function counted(lines: Line[]): void {
  const roots: number[] = [];
  lines.forEach(({ above }, i) => (above < 0 ? roots : lines[above].kids).push(i));
  for (let i = lines.length - 1; i >= 0; i--) {
    const { above, below } = lines[i];
    if (above >= 0) lines[above].below += below + 1;
  }
  for (const group of [roots, ...lines.map((line) => line.kids)]) group.forEach((i, at) => Object.assign(lines[i], { position: at + 1, siblings: group.length }));
}

/** Texts of this length go on. */
export const WHOLE = 60;

/** What a line says after the token it parts with, across its segments. */
export function textOf(data: TreeData, { own }: Line): string {
  let out = own.length ? data.preview[own[0]] : "";
  for (let i = 1; i < own.length && out.length < WHOLE; i++) out += data.head[own[i]].replace(/\n/g, "⏎") + data.preview[own[i]];
  return out.slice(0, WHOLE);
}

/** Rank of each run: its place when sorted by `key`, ties as made. */
export function ranked(runs: readonly RunInfo[], key: (run: RunInfo) => number): number[] {
  const order = [...runs].sort((a, b) => key(a) - key(b) || a.index - b.index);
  const out = new Array<number>(runs.length);
  order.forEach((run, i) => (out[run.index] = i));
  return out;
}

/** The lines to show, as indices: all but those under a closed one; with `wanted`, those and what they hang off. */
export function visible(lines: readonly Line[], closed: ReadonlySet<string>, wanted: readonly boolean[] | null): number[] {
  const kept = wanted && [...wanted];
  if (kept) for (let i = lines.length - 1; i >= 0; i--) if (kept[i] && lines[i].above >= 0) kept[lines[i].above] = true;
  const hidden = new Array<boolean>(lines.length).fill(false);
  const out: number[] = [];
  lines.forEach(({ above }, i) => {
    // who searches wants to see what is found, also inside what was closed
    hidden[i] = kept ? !kept[i] : above >= 0 && (hidden[above] || closed.has(lines[above].run.id));
    if (!hidden[i]) out.push(i);
  });
  return out;
}
