/** Probability over the layers, as a small line; a click chooses the layer. */
import { h, on } from "../shared/dom";
import { inkOf } from "./paint";

const HEIGHT = 104;
const LEFT = 38;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 18;
const FALLBACK_WIDTH = 306;

export interface ChartScene {
  layers: readonly number[];
  /** Probability after each layer. */
  values: readonly number[];
  /** Row whose point is marked; −1: none. */
  row: number;
  /** Row from which on the token is decided; −1: none. */
  decided: number;
  spoken: string;
}

export class Chart {
  readonly element = h("canvas", { class: "ts-lens-chart", role: "img" });
  #scene: ChartScene | null = null;

  constructor(choose: (row: number) => void) {
    on(this.element, "click", (event) => {
      const rows = this.#scene?.layers.length ?? 0;
      if (!rows) return;
      const box = this.element.getBoundingClientRect();
      const share = (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
      choose(Math.max(0, Math.min(rows - 1, Math.round(share * (rows - 1)))));
    });
  }

  draw(scene: ChartScene): void {
    this.#scene = scene;
    this.element.setAttribute("aria-label", scene.spoken);
    const width = this.element.clientWidth || FALLBACK_WIDTH;
    const ratio = window.devicePixelRatio || 1;
    this.element.width = Math.round(width * ratio);
    this.element.height = Math.round(HEIGHT * ratio);
    const context = this.element.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const ink = inkOf(this.element);
    const { layers, values, row, decided } = scene;
    const x = (i: number): number => LEFT + (i / Math.max(1, layers.length - 1)) * (width - LEFT - RIGHT);
    const y = (p: number): number => TOP + (1 - p) * (HEIGHT - TOP - BOTTOM);
    context.font = `10px ${ink.ui}`;
    context.textBaseline = "middle";
    for (const p of [0, 0.5, 1]) {
      context.fillStyle = ink.line;
      context.fillRect(LEFT, Math.round(y(p)), width - LEFT - RIGHT, 1);
      context.fillStyle = ink.muted;
      context.textAlign = "right";
      context.fillText(`${p * 100} %`, LEFT - 6, y(p) + 0.5);
    }
    this.#layerLabels(context, scene, x, [ink.muted, ink.text]);
    if (decided >= 0) {
      context.strokeStyle = ink.text;
      context.lineWidth = 1;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(x(decided), TOP);
      context.lineTo(x(decided), HEIGHT - BOTTOM);
      context.stroke();
      context.setLineDash([]);
    }
    context.strokeStyle = ink.accent;
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.beginPath();
    values.forEach((p, i) => (Number.isNaN(p) ? undefined : context.lineTo(x(i), y(p))));
    context.stroke();
    if (row >= 0 && !Number.isNaN(values[row])) {
      context.fillStyle = ink.paper;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x(row), y(values[row]), 3.5, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  /** The ends, where the deciding layer does not stand, and that one. */
  #layerLabels(context: CanvasRenderingContext2D, { layers, decided }: ChartScene, x: (i: number) => number, [muted, strong]: [string, string]): void {
    const last = layers.length - 1;
    const write = (row: number, align: CanvasTextAlign, color: string, text: string): void => {
      context.fillStyle = color;
      context.textAlign = align;
      context.fillText(text, x(row), HEIGHT - BOTTOM / 2 + 1);
    };
    const at = decided < 0 ? NaN : x(decided);
    // not a number is not less than any: without a decision both ends are named
    if (!(at - x(0) < 52)) write(0, "left", muted, `layer ${layers[0]}`);
    if (last > 0 && !(x(last) - at < 24)) write(last, "right", muted, String(layers[last]));
    if (decided >= 0) write(decided, decided === last ? "right" : decided ? "center" : "left", strong, String(layers[decided]));
  }
}
