/** The whole run in one line: how early each token was decided, and which part the map shows. A click selects. */
import { aria, h, on } from "../shared/dom";
import type { Run } from "../shared/runs";
import type { LensData } from "./data";
import { inkOf } from "./paint";

const HEIGHT = 44;
const FALLBACK_WIDTH = 760;

export interface ProfileScene {
  run: Run;
  data: LensData;
  rows: number;
  /** −1: none. */
  selected: number;
  /** What the map shows. */
  columns: [number, number];
  gutter: number;
  /** Width of a column of the map, where all fit; else 0. */
  step: number;
}

export class Profile {
  readonly element: HTMLElement;
  readonly #canvas = h("canvas", { role: "img", title: "Click to select a token" });
  readonly #right = h("span");
  #scene: ProfileScene | null = null;

  constructor(choose: (column: number) => void) {
    this.element = h("div", { class: "ts-lens-profile" }, this.#canvas, h("p", {}, h("span", {}, "layers that agree on each token; orange: none"), this.#right));
    on(this.#canvas, "click", (event) => {
      if (!this.#scene) return;
      const { run, gutter } = this.#scene;
      const x = event.clientX - this.#canvas.getBoundingClientRect().left - gutter;
      choose(Math.max(0, Math.min(run.length - 1, Math.floor(x / this.#step()))));
    });
  }

  draw(scene: ProfileScene): void {
    this.#scene = scene;
    const { run, data, rows, selected, columns, gutter } = scene;
    aria(this.#canvas, "label", wordsOf(scene));
    this.#right.textContent = `${run.length.toLocaleString("en")} tokens`;
    const width = this.#canvas.clientWidth || FALLBACK_WIDTH;
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = HEIGHT * ratio;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const ink = inkOf(this.element);
    const step = this.#step();
    const bar = Math.max(0.75, step - (step > 4 ? 1 : 0));
    context.fillStyle = ink.line;
    context.fillRect(gutter, HEIGHT - 1, step * run.length, 1);
    for (let column = 1; column < run.length; column++) {
      if (!data.known(column)) continue;
      const decided = data.decidedAt(column, rows);
      const tall = decided < 0 ? 0 : Math.max(2, ((rows - decided) / rows) * (HEIGHT - 4));
      const x = gutter + column * step;
      context.fillStyle = column === selected ? ink.accent : decided < 0 ? `rgb(${ink.heat})` : ink.muted;
      context.globalAlpha = column === selected || decided < 0 ? 1 : 0.55;
      // no bar stands on what is never decided: a flat mark does
      context.fillRect(x, decided < 0 ? HEIGHT - 3 : HEIGHT - tall, bar, decided < 0 ? 3 : tall);
      context.globalAlpha = 1;
    }
    context.lineWidth = 1;
    const [start, stop] = columns;
    context.strokeStyle = ink.accent;
    if (stop - start < run.length) context.strokeRect(gutter + start * step + 0.5, 0.5, (stop - start) * step - 1, HEIGHT - 1);
  }

  #step(): number {
    const { run, gutter, step } = this.#scene!;
    return step || ((this.#canvas.clientWidth || FALLBACK_WIDTH) - gutter) / Math.max(run.length, 1);
  }
}

/** The profile in words. */
function wordsOf({ run, data, rows }: ProfileScene): string {
  let [known, never, sum] = [0, 0, 0];
  for (let column = 1; column < run.length; column++) {
    if (!data.known(column)) continue;
    known++;
    const decided = data.decidedAt(column, rows);
    if (decided < 0) never++;
    else sum += rows - decided;
  }
  const mean = known > never ? `, the last ${(sum / (known - never)).toFixed(1)} of ${rows} on average` : "";
  return known ? `How many layers agree on each token${mean}; none on ${never} of ${known} tokens` : "How many layers agree on each token: not computed yet";
}
