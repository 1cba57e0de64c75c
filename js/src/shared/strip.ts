/** The metric along the whole run, on one canvas; a click selects. */
import { aria, frameOf, h, on, say } from "./dom";
import type { Metric } from "./metrics";
import type { Run } from "./runs";
import { labelText } from "./text";

const HEIGHT = 48;

export class Strip {
  readonly element = h("div", { class: "ts-strip" });
  private readonly canvas = h("canvas", { role: "img" });
  private readonly left = h("span");
  private readonly middle = h("span");
  private readonly right = h("span");
  private drawn: Run | null = null;

  constructor(select: (i: number) => void) {
    this.element.append(this.canvas, h("div", { class: "ts-strip-labels" }, this.left, this.middle, this.right));
    on(this.canvas, "click", (event) => {
      const box = frameOf(this.canvas);
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
    const scored = run.length <= run.meta.prompt_length;
    const [heats, hottest] = heatsOf(run, metric, scored ? 0 : run.meta.prompt_length);
    const what = `${metric.label} along the run`;
    say(this.left, run.meta.prompt_length ? "prompt" : "");
    say(this.middle, what);
    say(this.right, `${run.length.toLocaleString("en")} tokens`);
    aria(this.canvas, "label", hottest < 0 ? what : `${what}, hottest at position ${hottest}: ${labelText(run.tokenText(hottest))}`);
    if (!context) return;
    const style = getComputedStyle(this.element);
    const heat = `rgb(${style.getPropertyValue("--ts-heat")} / 0.62)`;
    const accent = style.getPropertyValue("--ts-accent");
    context.scale(ratio, ratio);
    const step = width / Math.max(run.length, 1);
    const columns = new Float32Array(Math.ceil(width) + 1);
    heats.forEach((heat, i) => {
      const column = step < 1 ? Math.floor(i * step) : i;
      columns[column] = Math.max(columns[column], heat);
    });
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

/** How hot each token is, 0 where that is not shown; and which is hottest, or −1. */
function heatsOf(run: Run, metric: Metric, from: number): [heats: Float32Array, hottest: number] {
  const heats = new Float32Array(run.length);
  let hottest = -1;
  for (let i = from; i < run.length; i++) {
    heats[i] = metric.heat(metric.value(run, i)) || 0;
    if (heats[i] > (heats[hottest] ?? 0)) hottest = i;
  }
  return [heats, hottest];
}
