/** The metric along the whole run, on one canvas; a click selects. */
import { h } from "./dom";
import type { Metric } from "./metrics";
import type { Run } from "./runs";

const HEIGHT = 48;

export class Strip {
  readonly element = h("div", { class: "ts-strip" });
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly left = h("span");
  private readonly middle = h("span");
  private readonly right = h("span");
  private drawn: Run | null = null;

  constructor(select: (i: number) => void) {
    this.element.append(this.canvas, h("div", { class: "ts-strip-labels" }, this.left, this.middle, this.right));
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect();
      if (this.drawn?.length) select(Math.min(this.drawn.length - 1, Math.floor(((event.clientX - box.left) / box.width) * this.drawn.length)));
    });
  }

  draw(run: Run, metric: Metric, selected: number): void {
    this.drawn = run;
    const width = Math.max(1, this.canvas.clientWidth);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = HEIGHT * ratio;
    const context = this.canvas.getContext("2d");
    this.left.textContent = run.meta.prompt_length ? "prompt" : "";
    this.middle.textContent = `${metric.label} along the run`;
    this.right.textContent = `${run.length.toLocaleString("en")} tokens`;
    if (!context) return;
    const style = getComputedStyle(this.element);
    const heat = `rgb(${style.getPropertyValue("--ts-heat")} / 0.62)`;
    const accent = style.getPropertyValue("--ts-accent");
    context.scale(ratio, ratio);
    const step = width / Math.max(run.length, 1);
    const scored = run.length <= run.meta.prompt_length;
    const columns = new Float32Array(Math.ceil(width) + 1);
    for (let i = 0; i < run.length; i++) {
      if (i < run.meta.prompt_length && !scored) continue;
      const value = metric.value(run, i);
      const column = step < 1 ? Math.floor(i * step) : i;
      if (!Number.isNaN(value)) columns[column] = Math.max(columns[column], metric.heat(value));
    }
    const gap = step > 4 ? 1 : 0;
    const unit = step < 1 ? 1 : step;
    context.fillStyle = heat;
    columns.forEach((value, i) => {
      if (value > 0) context.fillRect(i * unit, (HEIGHT - 2) * (1 - value), Math.max(unit - gap, 0.75), (HEIGHT - 2) * value + 1);
    });
    context.fillStyle = style.getPropertyValue("--ts-line");
    if (!scored) context.fillRect(0, HEIGHT - 2, run.meta.prompt_length * step, 2);
    if (selected >= 0) {
      context.fillStyle = accent;
      const tall = Math.max(6, (HEIGHT - 2) * (metric.heat(metric.value(run, selected)) || 0));
      context.fillRect(selected * step, HEIGHT - 1 - tall, Math.max(unit - gap, 2), tall + 1);
    }
  }
}
