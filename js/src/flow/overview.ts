/** With nothing selected: the strongest flows from line to line. Pure, and in slices. */
import { abs, max, min } from "../shared/math";
import type { Lines } from "./lines";
import type { FlowMap } from "./maps";

export interface LineFlow {
  /** The line that holds the near tokens, and the one they read (or that reads them). */
  near: number;
  far: number;
  /** Sum of |weight|. */
  weight: number;
  /** The near token with the strongest of the edges. */
  token: number;
}

const SLICE = 4096;
/** Weaker flows, relative to the strongest, are not worth a line. */
const FAINTEST = 0.1;

/** Fills `out` with the strongest flows between two lines, the strongest first; yields every few thousand edges. */
export function* lineFlows(map: FlowMap, lines: Lines, most: number, out: LineFlow[]): Generator<void> {
  const sums = new Map<number, LineFlow & { strongest: number }>();
  const farLine = yield* farLines(map, lines);
  let since = 0;
  for (let near = 0; near < map.tokens && near < lines.of.length; near++) {
    const line = lines.of[near];
    for (let e = map.nearStart[near]; e < map.nearStart[near + 1]; e++) {
      const far = farLine[map.far[e]];
      if (far === line || far === undefined) continue;
      const weight = abs(map.weight[e]);
      const name = line * lines.count + far;
      const flow = sums.get(name);
      if (!flow) sums.set(name, { near: line, far, weight, token: near, strongest: weight });
      else {
        flow.weight += weight;
        if (weight > flow.strongest) [flow.strongest, flow.token] = [weight, near];
      }
      if (++since % SLICE === 0) yield;
    }
  }
  yield;
  const sorted = [...sums.values()].sort((a, b) => b.weight - a.weight);
  out.push(...sorted.slice(0, most).filter(({ weight }) => weight >= FAINTEST * sorted[0].weight));
}

function* farLines(map: FlowMap, lines: Lines): Generator<void, Int32Array> {
  if (map.info.unit === "token") return lines.of;
  const ends = map.far.reduce((most, far) => max(most, far), -1) + 1;
  yield;
  return Int32Array.from({ length: ends }, (_, far) => {
    const [from, to] = map.range(far);
    // a line ends with its break; what begins a piece of code is never blank
    return lines.of[map.info.unit === "line" ? min(to, lines.of.length) - 1 : from];
  });
}
