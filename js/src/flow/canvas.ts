/** Two canvases over the text, and how lines are put on them. */
import { h } from "../shared/dom";
import { min } from "../shared/math";
import type { Piece, Point } from "./geometry";

const RADIUS = 7;
const DASH = [5, 3];

export interface Ink {
  accent: string;
  warm: string;
  muted: string;
  paper: string;
}

/** The palette, as the theme has it now. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return { accent: value("--ts-accent"), warm: `rgb(${value("--ts-heat")})`, muted: value("--ts-fg3"), paper: value("--ts-bg") || "#fff" };
}

/** A canvas over the visible part of a scrolling element, drawn in content coordinates. */
export class Layer {
  readonly element = h("canvas", { class: "ts-arcs", "aria-hidden": "true" });
  #width = 0;
  #height = 0;

  /** Empty it, at the size of the area; null where there is no canvas to draw on, or the area is hidden. */
  clear(area: HTMLElement): CanvasRenderingContext2D | null {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [area.clientWidth, area.clientHeight];
    if (!width) return null;
    if (this.#width !== width * ratio || this.#height !== height * ratio) {
      this.element.width = this.#width = width * ratio;
      this.element.height = this.#height = height * ratio;
      this.element.style.width = `${width}px`;
      this.element.style.height = `${height}px`;
    }
    const context = this.element.getContext("2d");
    if (!context) return null;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    context.setTransform(ratio, 0, 0, ratio, 0, -area.scrollTop * ratio);
    context.lineJoin = "round";
    context.lineCap = "butt";
    return context;
  }
}

export interface Stroke {
  color: string;
  alpha: number;
  dashed: boolean;
  width(weight: number): number;
}

/** A polyline with round corners, as round as the shorter side allows. */
export function roundedPath(context: CanvasRenderingContext2D, points: readonly Point[], roundest = RADIUS): void {
  context.moveTo(...points[0]);
  for (let i = 1; i + 1 < points.length; i++) {
    const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
    const radius = min(roundest, distance(a, b) / 2, distance(b, c) / 2);
    context.arcTo(...b, ...c, radius);
  }
  context.lineTo(...points[points.length - 1]);
}

function distance([x1, y1]: Point, [x2, y2]: Point): number {
  return Math.hypot(x2 - x1, y2 - y1);
}

export function strokePieces(context: CanvasRenderingContext2D, pieces: readonly Piece[], stroke: Stroke): void {
  context.globalAlpha = stroke.alpha;
  context.strokeStyle = stroke.color;
  context.setLineDash(stroke.dashed ? DASH : []);
  for (const { points, weight } of pieces) {
    context.lineWidth = stroke.width(weight);
    context.beginPath();
    roundedPath(context, points);
    context.stroke();
  }
  context.setLineDash([]);
}

/** Where the flow ends: a small triangle from the gap up to the token. */
export function arrowUp(context: CanvasRenderingContext2D, [x, y]: Point, color: string, alpha: number): void {
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x, y - 5);
  context.lineTo(x - 4, y + 1.5);
  context.lineTo(x + 4, y + 1.5);
  context.fill();
}

/** Where it begins: a dot in the gap. */
export function dot(context: CanvasRenderingContext2D, [x, y]: Point, radius: number, color: string, alpha: number): void {
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** A number in a disc: which pin the lanes belong to. */
export function badge(context: CanvasRenderingContext2D, [x, y]: Point, text: string, ink: Ink): void {
  dot(context, [x, y], 6.5, ink.accent, 1);
  context.fillStyle = ink.paper;
  context.font = "600 9px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}
