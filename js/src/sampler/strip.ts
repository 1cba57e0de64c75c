/** How much likelier, or less likely, each written token would have been: one bar a token on one canvas; a click selects. */
import { aria, frameOf, h, on, say } from "../shared/dom";
import { abs, floor, max, min } from "../shared/math";
import type { Reading } from "./reading";

const HEIGHT = 64;
const MOST_NATS = 2;
const MIDDLE = HEIGHT / 2;
const { log } = Math;

/** Where a bar ends: surely, and possibly; −1 … 1 of the half height, up is likelier. */
export function barOf(was: number, low: number, high: number): { sure: number; from: number; to: number } {
  const [from, to] = [low, high].map((p) => max(-1, min(1, log(p / was) / MOST_NATS)));
  return { sure: from > 0 ? from : to < 0 ? to : 0, from, to };
}

export class RatioStrip {
  readonly element = h("div", { class: "ts-sm-strip" });
  readonly #canvas = h("canvas", { role: "img" });
  readonly #tokens = h("span");
  #drawn = 0;

  constructor(select: (i: number) => void) {
    this.element.append(h("div", { class: "ts-sm-strip-labels" }, h("span", {}, "▲ likelier than at temperature 1"), h("span", {}, `± ${MOST_NATS} nats`)), this.#canvas, h("div", { class: "ts-sm-strip-labels" }, h("span", {}, "▼ less likely · ✕ impossible"), this.#tokens));
    on(this.#canvas, "click", (event) => {
      const box = frameOf(this.#canvas);
      if (this.#drawn) select(max(0, min(this.#drawn - 1, floor(((event.clientX - box.left) / box.width) * this.#drawn))));
    });
  }

  draw(reading: Reading, selected: number): void {
    const { run } = reading;
    this.#drawn = run.length;
    say(this.#tokens, `${run.length.toLocaleString("en")} tokens`);
    aria(this.#canvas, "label", countsText(reading));
    const width = max(1, this.#canvas.clientWidth);
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = width * ratio;
    this.#canvas.height = HEIGHT * ratio;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(this.element);
    const color = (name: string): string => style.getPropertyValue(name);
    context.scale(ratio, ratio);
    const step = width / max(run.length, 1);
    const thick = max(step - (step > 4 ? 1 : 0), 0.75);
    if (selected >= 0) {
      context.fillStyle = color("--ts-accent-bg");
      context.fillRect(selected * step, 0, max(thick, 2), HEIGHT);
    }
    for (let i = reading.from; i < run.length; i++) {
      const one = reading.written(i);
      if (!one) continue;
      if (one.removed) {
        cross(context, i * step, thick, color("--ts-fg"));
        continue;
      }
      const { sure, from, to } = barOf(one.was, one.low, one.high);
      context.fillStyle = sure > 0 ? color("--ts-accent") : `rgb(${color("--ts-heat")})`;
      context.fillRect(i * step, MIDDLE - max(0, sure) * MIDDLE, thick, abs(sure) * MIDDLE);
      hatch(context, i * step, thick, MIDDLE - (sure < 0 ? sure : to) * MIDDLE, MIDDLE - (sure > 0 ? sure : from) * MIDDLE, color("--ts-fg3"));
    }
    context.fillStyle = color("--ts-fg3");
    context.fillRect(0, MIDDLE - 0.5, width, 1);
    context.fillRect(0, MIDDLE - 1.5, reading.from * step, 3);
    if (selected >= 0) {
      context.fillStyle = color("--ts-accent");
      context.fillRect(selected * step, HEIGHT - 2, max(thick, 2), 2);
    }
  }
}

/** The strip in words; a bar of less than half a pixel is none. */
function countsText(reading: Reading): string {
  const counts = { likelier: 0, "less likely": 0, impossible: 0 };
  for (let i = reading.from; i < reading.run.length; i++) {
    const one = reading.written(i);
    if (!one) continue;
    const { sure } = barOf(one.was, one.low, one.high);
    if (one.removed) counts.impossible++;
    else if (abs(sure) * MIDDLE >= 0.5) counts[sure > 0 ? "likelier" : "less likely"]++;
  }
  const parts = Object.entries(counts).map(([name, n]) => `${n} ${name}`);
  return `The written tokens under these settings: ${parts.join(", ")}`;
}

/** Stripes from one height to another: it lies somewhere in between. */
function hatch(context: CanvasRenderingContext2D, x: number, width: number, top: number, bottom: number, color: string): void {
  if (bottom - top < 1.5) return;
  context.fillStyle = color;
  for (let y = top; y < bottom; y += 3) context.fillRect(x, y, width, 1);
}

function cross(context: CanvasRenderingContext2D, x: number, width: number, color: string): void {
  const size = max(1.5, min(3, width / 2));
  const middle = x + width / 2;
  context.strokeStyle = color;
  context.lineWidth = 1.25;
  context.beginPath();
  context.moveTo(middle, MIDDLE);
  context.lineTo(middle, HEIGHT - 6 - size);
  for (const side of [-size, size]) {
    context.moveTo(middle - side, HEIGHT - 5 - size);
    context.lineTo(middle + side, HEIGHT - 5 + size);
  }
  context.stroke();
}
