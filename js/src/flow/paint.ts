/** Groups of arcs onto a canvas. */
import { max, min } from "../shared/math";
import { arrowUp, badge, dot, strokePieces, type Ink } from "./canvas";
import { middle, thickness, type Piece } from "./geometry";
import { ownRoute, type Group, type LineArc, type Strand } from "./strands";

const FADED = 0.13;
const FAINTEST = 0.45;

interface Look {
  /** Fade all but this far end. */
  only: number | null;
  /** Overall strength. */
  alpha: number;
  /** In grey: something else is selected. */
  muted: boolean;
}

export function paintGroup(context: CanvasRenderingContext2D, group: Group, palette: Ink, look: Look): void {
  const ink = look.muted ? { ...palette, accent: palette.muted, warm: palette.muted } : palette;
  const single = look.only === null ? null : ownRoute(group, look.only);
  const strands = [...group.strands].sort((a, b) => a.bundle.total - b.bundle.total);
  for (const strand of strands) {
    const alpha = look.alpha * (single ? FADED : FAINTEST + (1 - FAINTEST) * (strand.bundle.total / group.strongest));
    paintStrand(context, group, strand, strand.pieces, ink, alpha, 0);
  }
  if (single) paintStrand(context, group, { ...single.strand, bundle: { ...single.strand.bundle, ends: [single.end] } }, single.pieces, ink, 1, 2);
  if (group.strands.length) paintTarget(context, group, ink, look.alpha);
}

function paintStrand(context: CanvasRenderingContext2D, group: Group, strand: Strand, pieces: Piece[], ink: Ink, alpha: number, least: number): void {
  const { bundle } = strand;
  const color = bundle.negative ? ink.warm : ink.accent;
  const scale = group.map.info.scale > 0 ? group.map.info.scale : group.strongest;
  const most = group.apart ? 3 : Infinity;
  strokePieces(context, pieces, { color, alpha, dashed: bundle.negative, width: (weight) => min(most, max(least, thickness(weight, scale))) });
  const y = pieces[0].points[0][1];
  for (const end of bundle.ends) {
    if (group.map.info.direction === "readers") arrowUp(context, [middle(end.box), y], color, alpha);
    else dot(context, [middle(end.box), y], 2.25, color, alpha);
  }
}

function paintTarget(context: CanvasRenderingContext2D, group: Group, ink: Ink, alpha: number): void {
  const at = [middle(group.target), group.target.gap] as const;
  const mixed = group.strands.every(({ bundle }) => bundle.negative) ? ink.warm : ink.accent;
  if (group.map.info.direction === "readers") dot(context, at, 3, mixed, alpha);
  else arrowUp(context, at, mixed, alpha);
  const first = group.strands.filter(({ x }) => x > 0).sort((a, b) => a.x - b.x)[0];
  if (group.pin && first) badge(context, [first.x - 14, group.target.gap], String(group.pin), ink);
}

export function paintLineArc(context: CanvasRenderingContext2D, arc: LineArc, strongest: number, readers: boolean, ink: Ink): void {
  const share = arc.flow.weight / strongest;
  const alpha = 0.16 + 0.6 * share;
  strokePieces(context, [arc.piece], { color: ink.accent, alpha, dashed: false, width: () => 1 + 1.25 * share });
  const points = arc.piece.points;
  const [x, y] = readers ? points[0] : points[points.length - 1];
  context.globalAlpha = min(1, alpha + 0.15);
  context.fillStyle = ink.accent;
  context.beginPath();
  context.moveTo(x - 4, y);
  context.lineTo(x + 1.5, y - 3);
  context.lineTo(x + 1.5, y + 3);
  context.fill();
}
