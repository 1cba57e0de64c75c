import { expect, test } from "vitest";
import { bundles, laneCount, lanes, laneX, outOfSight, route, thickness, type Box, type End } from "../src/flow/geometry";

const PITCH = 20;
const box = (left: number, row: number): Box => ({ left, right: left + 10, row, gap: (row + 1) * PITCH });
const end = (id: number, left: number, row: number, weight: number): End => ({ id, box: box(left, row), weight });
const margin = { base: 200, room: 100 };

test("sources of one row are one bundle, from left to right; signs stay apart", () => {
  const found = bundles([end(1, 50, 0, 2), end(2, 10, 0, 1), end(3, 30, 0, -4), end(4, 0, 2, 1)]);
  expect(found.map(({ row, negative, total, ends }) => [row, negative, total, ends.map(({ id }) => id)])).toEqual([
    [0, false, 3, [2, 1]],
    [0, true, 4, [3]],
    [2, false, 1, [4]],
  ]);
});

test("nothing crosses the text: paths run in the gaps, and down only in the margin", () => {
  const [bundle] = bundles([end(1, 10, 0, 1), end(2, 60, 0, 2)]);
  const target = box(40, 5);
  const x = laneX(0, 1, margin);
  for (const { points } of route(bundle, target, x, false))
    for (let i = 1; i < points.length; i++) {
      const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
      if (y0 === y1) expect(y0 % PITCH).toBe(0);
      else expect([x0, x1].every((at) => at >= margin.base)).toBe(true);
    }
});

test("a leader grows where each source joins, and carries the sum to the target", () => {
  const [bundle] = bundles([end(1, 10, 0, 1), end(2, 60, 0, 2)]);
  const pieces = route(bundle, box(40, 5), 210, false);
  expect(pieces.map(({ weight }) => weight)).toEqual([1, 3]);
  expect(pieces[1].points).toEqual([[65, 20], [210, 20], [210, 120], [45, 120]]);
});

test("sources of the target's own row need no lane, and come from both sides", () => {
  const pieces = bundles([end(1, 0, 3, 1), end(2, 90, 3, 2)]).flatMap((bundle) => route(bundle, box(40, 3), 210, false));
  expect(pieces.map(({ points, weight }) => [points, weight])).toEqual([
    [[[5, 80], [45, 80]], 1],
    [[[95, 80], [45, 80]], 2],
  ]);
});

test("lanes nest by distance, share none where they pass the same rows, and stop at the cap", () => {
  const spans = [{ from: 0, to: 9 }, { from: 7, to: 9 }, { from: 4, to: 9 }, { from: 12, to: 9 }];
  expect(lanes(spans, 10)).toEqual([2, 0, 1, 0]);
  expect(lanes(spans, 2)).toEqual([1, 0, 1, 0]);
});

test("all lanes lie in the margin, in order", () => {
  const most = laneCount(margin);
  const xs = Array.from({ length: most }, (_, lane) => laneX(lane, most, margin));
  expect(xs.every((x, i) => x > (xs[i - 1] ?? margin.base) && x < margin.base + margin.room)).toBe(true);
});

test("of two signs in one gap the outer stays outside", () => {
  const [positive, negative] = bundles([end(1, 10, 0, 1), end(2, 60, 0, -1)]);
  const target = box(40, 5);
  const above = route(positive, target, 210, true)[0].points;
  const outer = route(negative, target, 220, true)[0].points;
  expect(outer[0][1]).toBeLessThan(above[0][1]);
  expect(outer[3][1]).toBeGreaterThan(above[3][1]);
});

test("thickness is never nothing and never a wall", () => {
  expect([thickness(0, 1), thickness(1, 1), thickness(99, 1), thickness(-1, 0)]).toEqual([1, 4.5, 4.5, 1]);
});

test("ends out of sight are counted at their side", () => {
  expect(outOfSight([box(0, 0), box(0, 1), box(0, 9)], 30, 100)).toEqual({ above: 1, below: 1 });
});
