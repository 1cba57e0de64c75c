/** Arrow keys among tokens. */
import type { TokenArea } from "./token_area";

/** The token an arrow key leads to, or −1 for a key that does not move. */
export function destination(key: string, area: TokenArea, from: number): number {
  switch (key) {
    case "ArrowRight":
      return step(area, from, 1);
    case "ArrowLeft":
      return step(area, from, -1);
    case "ArrowDown":
      return vertical(area, from, 1);
    case "ArrowUp":
      return vertical(area, from, -1);
    case "Home":
      return edge(area, from, -1);
    case "End":
      return edge(area, from, 1);
    default:
      return -1;
  }
}

/** Where a token begins; undefined for hidden special tokens, which are passed over. */
function boxOf(area: TokenArea, i: number): DOMRect | undefined {
  return area.spanOf(i)?.getClientRects()[0];
}

function step(area: TokenArea, from: number, by: 1 | -1): number {
  for (let i = from + by; i >= 0 && i < area.length; i += by) if (boxOf(area, i)) return i;
  return Math.max(from, 0);
}

function topOf(area: TokenArea, i: number): number {
  return boxOf(area, i)?.top ?? NaN;
}

/** The token nearest in the line above or below, as it is laid out on the screen. */
function vertical(area: TokenArea, from: number, by: 1 | -1): number {
  const start = boxOf(area, Math.max(from, 0));
  if (!start) return from;
  const center = start.left + start.width / 2;
  let best = -1;
  let distance = Infinity;
  let lineTop = NaN;
  for (let i = from + by; i >= 0 && i < area.length; i += by) {
    const box = boxOf(area, i);
    if (!box || Math.abs(box.top - start.top) < 4) continue;
    if (Number.isNaN(lineTop)) lineTop = box.top;
    if (Math.abs(box.top - lineTop) >= 4) break;
    const off = Math.max(0, box.left - center, center - box.right);
    if (off < distance) [best, distance] = [i, off];
  }
  return best < 0 ? from : best;
}

function edge(area: TokenArea, from: number, by: 1 | -1): number {
  const top = topOf(area, from);
  let last = from;
  for (let i = from + by; i >= 0 && i < area.length; i += by) {
    const other = topOf(area, i);
    if (Number.isNaN(other)) continue;
    if (Math.abs(other - top) >= 4) break;
    last = i;
  }
  return last;
}
