/** The graph beside the rows: one line a run, thicker and warmer where the model hesitated. A handful of SVG paths. */
import type { TreeData } from "./data";
import type { Line } from "./lines";
import { isCut } from "../shared/outcome";
import type { Scale } from "./scale";

export const ROW = 28;
const HOTTEST_NATS = 3;
const STEPS = 5;
const BEND = 5;
const THINNEST = 2;
const THICKEST = 16;
const SVG = "http://www.w3.org/2000/svg";

export interface Graph {
  base: string;
  /** From a line down to those that hang off it. */
  lanes: string;
  prompt: string;
  /** Stretches by how unexpected their most unexpected token was. */
  heat: string[];
  /** Ends of runs that ended by themselves, and of those that were cut off. */
  ended: string;
  cut: string;
  /** Where a token was put in by hand. */
  forks: string;
}

/** The paths for these lines, one row each. */
export function graphOf(data: TreeData, lines: readonly Line[], shown: readonly number[], scale: Scale): Graph {
  const row = rowsOf(lines, shown);
  const out: Graph = { base: "", lanes: "", prompt: "", heat: new Array<string>(STEPS).fill(""), ended: "", cut: "", forks: "" };
  for (const i of shown) {
    const { own, above, run } = lines[i];
    const y = row[i];
    const from = leaves(lines[i], scale);
    const to = reach(lines[i], scale);
    const begin = above < 0 ? from : from + BEND;
    if (above >= 0) out.lanes += elbow(from, row[above], y);
    for (const segment of own) {
      const [left, written, right] = [scale.left(segment), scale.written(segment), scale.right(segment)].map((x) => Math.max(x, begin));
      if (written > left) out.prompt += `M${px(left)} ${y}H${px(written)}`;
      if (right > written) out.base += `M${px(written)} ${y}H${px(right)}`;
      warm(data, segment, y, scale, out.heat);
    }
    if (own.length && data.replaced[own[0]]) out.forks += ring(from + BEND + 1, y);
    if (isCut(run.finish)) out.cut += `M${px(Math.max(to, begin) + 3)} ${y}h10`;
    else out.ended += `M${px(Math.max(to, begin))} ${y - 4}v8`;
  }
  return out;
}

/** The way from the root to the end of a line's run: what was written, and what was given. */
export function trail(lines: readonly Line[], shown: readonly number[], index: number, scale: Scale): [written: string, prompt: string] {
  const row = rowsOf(lines, shown);
  let out = "";
  let prompt = "";
  let to = reach(lines[index], scale);
  for (let i = index; i >= 0; i = lines[i].above) {
    const from = leaves(lines[i], scale);
    const { above } = lines[i];
    const begin = above < 0 ? 0 : from + BEND;
    const written = Math.min(Math.max(begin, promptEnd(lines[i], scale)), Math.max(to, begin));
    if (above >= 0) out += elbow(from, row[above], row[i]);
    if (written > begin) prompt += `M${px(begin)} ${row[i]}H${px(written)}`;
    out += `${written > begin || above < 0 ? `M${px(written)} ${row[i]}` : ""}H${px(Math.max(to, begin))}`;
    to = from;
  }
  return [out, prompt];
}

/** Where the last segment of a line that holds some of the prompt goes over into what was written; 0 without one. */
function promptEnd({ own }: Line, scale: Scale): number {
  return own.reduce((end, segment) => (scale.written(segment) > scale.left(segment) ? scale.written(segment) : end), 0);
}

function rowsOf(lines: readonly Line[], shown: readonly number[]): Float64Array {
  const row = new Float64Array(lines.length);
  shown.forEach((i, at) => (row[i] = at * ROW + ROW / 2));
  return row;
}

/** Where a line leaves the one above. */
function leaves({ fork }: Line, scale: Scale): number {
  return fork < 0 ? 0 : scale.right(fork);
}

function reach(line: Line, scale: Scale): number {
  const last = line.own.at(-1);
  return last === undefined ? leaves(line, scale) : scale.right(last);
}

function elbow(x: number, from: number, to: number): string {
  return `M${px(x)} ${from}V${to - BEND}q0 ${BEND} ${BEND} ${BEND}`;
}

function ring(x: number, y: number): string {
  return `M${px(x - 3)} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`;
}

function warm(data: TreeData, segment: number, y: number, scale: Scale, heat: string[]): void {
  const spark = data.sparkOf(segment);
  const first = data.firstWritten(segment);
  const size = data.stop[segment] - first;
  let left = scale.written(segment);
  spark.forEach((nats, i) => {
    const right = scale.x(segment, first + Math.floor(((i + 1) * size) / spark.length));
    const share = Math.min(1, nats / HOTTEST_NATS);
    const step = Math.ceil(share * STEPS) - 1;
    if (step >= 0) {
      const tall = THINNEST + share * (THICKEST - THINNEST);
      heat[step] += `M${px(left)} ${px(y - tall / 2)}h${px(Math.max(right - left - 0.5, 1))}v${px(tall)}h${px(-Math.max(right - left - 0.5, 1))}z`;
    }
    left = right;
  });
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The elements of a graph: made once, their paths change. */
export class GraphView {
  readonly element = document.createElementNS(SVG, "svg");
  readonly #paths = new Map<string, SVGPathElement>();

  constructor() {
    this.element.setAttribute("class", "ts-bt-graph");
    this.element.setAttribute("aria-hidden", "true");
    for (const name of ["lanes", "prompt", "base", "trail", "trail prompt", ...Array.from({ length: STEPS }, (_, i) => `heat h${i + 1}`), "cut", "ended", "forks"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      this.#paths.set(name, path);
      this.element.append(path);
    }
  }

  draw(graph: Graph, width: number, rows: number): void {
    this.element.setAttribute("width", String(width));
    this.element.setAttribute("height", String(rows * ROW));
    for (const name of ["lanes", "base", "prompt", "ended", "cut", "forks"] as const) this.#set(name, graph[name]);
    graph.heat.forEach((path, i) => this.#set(`heat h${i + 1}`, path));
  }

  trail([written, prompt]: [written: string, prompt: string]): void {
    this.#set("trail", written);
    this.#set("trail prompt", prompt);
  }

  #set(name: string, path: string): void {
    const element = this.#paths.get(name)!;
    if (element.getAttribute("d") !== path) element.setAttribute("d", path);
  }
}
