/** From the flow of a token to the paths of its arcs: ends get boxes, bundles get lanes. */
import { max, min } from "../shared/math";
import { isBlank } from "../shared/text";
import { bundles, laneCount, lanes, laneX, route, routeOf, type Box, type Bundle, type End, type Margin, type Piece } from "./geometry";
import type { Layout } from "./layout";
import type { Lines } from "./lines";
import type { FlowMap, TokenFlow } from "./maps";
import type { LineFlow } from "./overview";

export interface Strand {
  bundle: Bundle;
  x: number;
  pieces: Piece[];
}

/** The arcs of one token. */
export interface Group {
  flow: TokenFlow;
  map: FlowMap;
  target: Box;
  strands: Strand[];
  apart: boolean;
  strongest: number;
  /** The number of its pin; 0: not pinned. */
  pin: number;
}

export interface Wanted {
  flow: TokenFlow;
  map: FlowMap;
  pin: number;
}

/** Paths for several tokens at once, so that their lanes do not meet. */
export function groupsOf(wanted: readonly Wanted[], layout: Layout, texts: readonly string[]): Group[] {
  const groups: Group[] = [];
  for (const { flow, map, pin } of wanted) {
    const target = layout.box(flow.near);
    if (!target) continue;
    const found = bundles(endsOf(flow, map, layout, texts));
    const apart = new Set(found.map((bundle) => bundle.negative)).size > 1;
    const strongest = found.reduce((most, bundle) => max(most, bundle.total), 0);
    groups.push({ flow, map, target, pin, apart, strongest, strands: found.map((bundle) => ({ bundle, x: 0, pieces: [] })) });
  }
  placeLanes(groups, layout.margin);
  return groups;
}

function placeLanes(groups: Group[], margin: Margin): void {
  const placed = groups.flatMap((group) => group.strands.filter(({ bundle }) => bundle.row !== group.target.row).map((strand) => ({ group, strand })));
  const found = lanes(placed.map(({ group, strand }) => ({ from: strand.bundle.row, to: group.target.row })), laneCount(margin));
  const used = max(0, ...found) + 1;
  placed.forEach(({ strand }, i) => (strand.x = laneX(found[i], used, margin)));
  for (const group of groups) for (const strand of group.strands) strand.pieces = route(strand.bundle, group.target, strand.x, group.apart);
}

function endsOf(flow: TokenFlow, map: FlowMap, layout: Layout, texts: readonly string[]): End[] {
  const ends: End[] = [];
  for (const { far, weight } of flow.shown) {
    const [from, to] = map.reach(far, flow.near);
    // a token that reads itself has no way to go
    if (from === to || from === flow.near) continue;
    const box = to - from === 1 ? layout.box(from) : rangeBox(from, to, layout, texts);
    if (box) ends.push({ id: far, box, weight });
  }
  return ends;
}

/** What a line covers on the last of its rows, its indentation left out. */
function rangeBox(from: number, to: number, layout: Layout, texts: readonly string[]): Box | null {
  let out: Box | null = null;
  for (let i = to - 1; i >= from; i--) {
    if (isBlank(texts[i] ?? "")) continue;
    const box = layout.box(i);
    if (!box) continue;
    if (!out) out = { ...box };
    else if (box.row === out.row) out.left = min(out.left, box.left);
    else break;
  }
  return out ?? layout.box(from);
}

/** The way of one source alone. */
export function ownRoute(group: Group, far: number): { pieces: Piece[]; strand: Strand; end: End } | null {
  for (const strand of group.strands) {
    const end = strand.bundle.ends.find(({ id }) => id === far);
    if (end) return { pieces: routeOf(end, strand.bundle, group.target, strand.x, group.apart), strand, end };
  }
  return null;
}

export interface LineArc {
  flow: LineFlow;
  piece: Piece;
}

/** Nested arcs in the margin between the ends of lines, weakest first, as they are painted. */
export function lineArcs(flows: readonly LineFlow[], layout: Layout, lines: Lines): LineArc[] {
  const last = new Map<number, Box>();
  for (let i = lines.of.length - 1; i >= 0; i--) {
    const line = lines.of[i];
    if (last.has(line)) continue;
    const box = layout.box(i);
    if (box) last.set(line, box);
  }
  const { margin } = layout;
  const drawn = flows.filter(({ near, far }) => last.has(near) && last.has(far));
  const found = lanes(drawn.map(({ near, far }) => ({ from: last.get(near)!.row, to: last.get(far)!.row })), laneCount(margin));
  const used = max(0, ...found) + 1;
  const half = layout.step / 2;
  return drawn
    .map((flow, i) => {
      const [far, near] = [last.get(flow.far)!, last.get(flow.near)!];
      const x = laneX(found[i], used, margin);
      const start = max(far.right + 8, margin.base - 8);
      const end = max(near.right + 8, margin.base - 8);
      // a little lower where flows leave, a little higher where they arrive: chains stay readable
      const [y0, y1] = [far.gap - half + 3, near.gap - half - 3];
      return { flow, piece: { points: [[start, y0], [x, y0], [x, y1], [end, y1]], weight: flow.weight } as Piece };
    })
    .reverse();
}
