/** Which tokens are sources: a background by strength, and an underline (dashed where the sign is negative). */
import { flag } from "../shared/dom";
import { abs, max } from "../shared/math";
import type { TokenArea } from "../shared/token_area";
import type { FlowMap, TokenFlow } from "./maps";

const WEAKEST = 0.1;

/** Token → weight relative to the strongest, with its sign. */
export function tintsOf(flow: TokenFlow, map: FlowMap): Map<number, number> {
  const out = new Map<number, number>();
  const strongest = abs(flow.shown[0]?.weight ?? 0) || 1;
  for (const { far, weight } of flow.shown) {
    const [from, to] = map.reach(far, flow.near);
    const ratio = Math.sign(weight) * max(WEAKEST, abs(weight) / strongest);
    for (let i = from; i < to; i++) out.set(i, ratio);
  }
  return out;
}

export class Tints {
  #shown = new Map<number, number>();
  #marked: number[] = [];

  constructor(private readonly area: TokenArea) {}

  /** Paint these tokens and no others. */
  show(tints: Map<number, number>): void {
    for (const i of this.#shown.keys()) if (!tints.has(i)) this.#put(i, 0);
    for (const [i, ratio] of tints) if (this.#shown.get(i) !== ratio) this.#put(i, ratio);
    this.#shown = tints;
  }

  /** Fade all but some. */
  only(range: [number, number] | null): void {
    for (const i of this.#marked) for (const span of this.area.spansOf(i)) span.classList.remove("on");
    this.#marked = [];
    flag(this.area.element, "one", range !== null);
    for (let i = range?.[0] ?? 0; i < (range?.[1] ?? 0); i++) {
      for (const span of this.area.spansOf(i)) span.classList.add("on");
      this.#marked.push(i);
    }
  }

  /** Number the pinned tokens. */
  pins(numbers: Map<number, number>): void {
    for (const span of this.area.element.querySelectorAll<HTMLElement>("[data-pin]")) if (!numbers.has(Number(span.dataset.i))) delete span.dataset.pin;
    for (const [i, number] of numbers) {
      const span = this.area.spansOf(i)[0];
      if (span && span.dataset.pin !== String(number)) span.dataset.pin = String(number);
    }
  }

  #put(i: number, ratio: number): void {
    for (const span of this.area.spansOf(i)) {
      flag(span, "src", ratio > 0);
      flag(span, "neg", ratio < 0);
      if (ratio) span.style.setProperty("--w", abs(ratio).toFixed(2));
      else span.style.removeProperty("--w");
    }
  }
}
