/**
 * Where arcs run. Pure.
 *
 * Nothing crosses the text: sources of one row share a leader in the gap under that row, out to the margin; there one
 * lane leads to the target's row, and the gap under that leads back to the target. Lanes nest by distance.
 */
import { abs, floor, max, min } from "../shared/math";

/** Where a token is drawn: in content pixels, with the number of its row on the screen. */
export interface Box {
  left: number;
  right: number;
  /** The middle of the gap under it. */
  gap: number;
  row: number;
}

export interface Margin {
  /** Where lanes begin: right of the longest line. */
  base: number;
  /** How wide the lanes may be together. */
  room: number;
}

export interface End {
  id: number;
  box: Box;
  weight: number;
}

/** The sources of one row and one sign. */
export interface Bundle {
  row: number;
  negative: boolean;
  ends: End[];
  /** Sum of |weight|. */
  total: number;
}

export type Point = readonly [x: number, y: number];

/** A stretch of a path with one thickness. */
export interface Piece {
  points: Point[];
  weight: number;
}

export const middle = (box: Box): number => (box.left + box.right) / 2;

/** Ends by row and sign, each from left to right. */
export function bundles(ends: readonly End[]): Bundle[] {
  const found = new Map<string, Bundle>();
  for (const end of ends) {
    const negative = end.weight < 0;
    const name = `${end.box.row},${negative}`;
    const bundle = found.get(name) ?? { row: end.box.row, negative, ends: [], total: 0 };
    bundle.ends.push(end);
    bundle.total += abs(end.weight);
    found.set(name, bundle);
  }
  const out = [...found.values()].sort((a, b) => a.row - b.row || Number(a.negative) - Number(b.negative));
  for (const bundle of out) bundle.ends.sort((a, b) => middle(a.box) - middle(b.box));
  return out;
}

/** Rows that a lane passes, in any order. */
export interface Span {
  from: number;
  to: number;
}

/** A lane (from 0, innermost) for each span, so that longer ones nest around shorter ones; the last lane is shared. */
export function lanes(spans: readonly Span[], most: number): number[] {
  const order = spans.map((span, i) => ({ i, low: min(span.from, span.to), high: max(span.from, span.to) }));
  order.sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low);
  const out = new Array<number>(spans.length).fill(0);
  order.forEach((span, n) => {
    let lane = 0;
    for (let m = 0; m < n; m++) {
      const other = order[m];
      if (other.low < span.high && span.low < other.high) lane = max(lane, out[other.i] + 1);
    }
    out[span.i] = min(lane, max(most - 1, 0));
  });
  return out;
}

const NARROWEST = 4;
const WIDEST = 9;

/** How many lanes fit. */
export function laneCount(margin: Margin): number {
  return max(1, floor(margin.room / NARROWEST) - 1);
}

/** The x of a lane, of `used` in all. */
export function laneX(lane: number, used: number, margin: Margin): number {
  const step = min(WIDEST, max(NARROWEST, margin.room / (used + 1)));
  return margin.base + min((lane + 0.75) * step, margin.room - 1);
}

/** Both signs in one gap keep apart: the outer one stays on the outer side, so that nothing crosses. */
const APART = 1.5;

function shift(bundle: Bundle, target: Box, apart: boolean, atTarget: boolean): number {
  if (!apart) return 0;
  const outward = bundle.row < target.row === atTarget ? APART : -APART;
  return bundle.negative ? outward : -outward;
}

/** The way from a bundle to its target: thin at the first source, thicker where each next one joins. */
export function route(bundle: Bundle, target: Box, x: number, apart: boolean): Piece[] {
  if (bundle.row === target.row) return alongRow(bundle, target, apart);
  const y = bundle.ends[0].box.gap + shift(bundle, target, apart, false);
  const yTarget = target.gap + shift(bundle, target, apart, true);
  const pieces = joining(bundle.ends, y);
  pieces.push({ points: [[middle(bundle.ends[bundle.ends.length - 1].box), y], [x, y], [x, yTarget], [middle(target), yTarget]], weight: bundle.total });
  return pieces;
}

/** The way of one source alone, along its bundle's lane. */
export function routeOf(end: End, bundle: Bundle, target: Box, x: number, apart: boolean): Piece[] {
  return route({ ...bundle, ends: [end], total: abs(end.weight) }, target, x, apart);
}

function joining(ends: readonly End[], y: number): Piece[] {
  const pieces: Piece[] = [];
  let sum = 0;
  for (let i = 0; i + 1 < ends.length; i++) {
    sum += abs(ends[i].weight);
    pieces.push({ points: [[middle(ends[i].box), y], [middle(ends[i + 1].box), y]], weight: sum });
  }
  return pieces;
}

/** Sources in the target's own row need no lane: they run along the gap, from both sides. */
function alongRow(bundle: Bundle, target: Box, apart: boolean): Piece[] {
  const y = target.gap + (apart ? (bundle.negative ? APART : -APART) : 0);
  const to = middle(target);
  const before = bundle.ends.filter((end) => middle(end.box) <= to);
  const after = bundle.ends.filter((end) => middle(end.box) > to).reverse();
  return [before, after].flatMap((side) => {
    if (!side.length) return [];
    const total = side.reduce((sum, end) => sum + abs(end.weight), 0);
    return [...joining(side, y), { points: [[middle(side[side.length - 1].box), y], [to, y]] as Point[], weight: total }];
  });
}

const THINNEST = 1;
const THICKEST = 4.5;

/** Pixels for a weight. */
export function thickness(weight: number, scale: number): number {
  const share = scale > 0 ? min(1, abs(weight) / scale) : 0;
  return THINNEST + (THICKEST - THINNEST) * share;
}

/** How many boxes lie above and below what is in sight. */
export function outOfSight(boxes: readonly Box[], top: number, bottom: number): { above: number; below: number } {
  let above = 0;
  let below = 0;
  for (const { gap } of boxes) {
    if (gap < top) above++;
    else if (gap > bottom) below++;
  }
  return { above, below };
}
