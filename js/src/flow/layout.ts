/** Where tokens are on the screen, measured once and remembered until the text or its size changes. */
import { frameOf } from "../shared/dom";
import { floor, max, min, round } from "../shared/math";
import type { TokenArea } from "../shared/token_area";
import type { Box, Margin } from "./geometry";

const LANES_WIDEST = 140;
const LANES_NARROWEST = 48;
/** From so many lines on, the longest is not looked for: lanes stand at the very right. */
const LINES_MEASURED = 400;
const CLEAR = 12;

export class Layout {
  readonly #boxes = new Map<number, Box>();
  #found: Margin | null = null;
  #pitch = 0;
  #key = "";

  constructor(private readonly area: TokenArea) {}

  /** Forget everything if what it depends on has changed; returns whether it did. */
  refresh(text: string): boolean {
    const { clientWidth, clientHeight, scrollHeight } = this.area.element;
    const key = `${text},${clientWidth},${clientHeight},${scrollHeight},${getComputedStyle(this.area.element).font}`;
    if (key === this.#key) return false;
    this.forget();
    this.#key = key;
    return true;
  }

  /** Measure everything again. */
  forget(): void {
    this.#key = "";
    this.#boxes.clear();
    this.#found = null;
    this.#pitch = 0;
  }

  /** Whether there is anything to measure: not on a page that is hidden. */
  get visible(): boolean {
    return this.area.element.clientWidth > 0;
  }

  /** The row height. */
  get step(): number {
    return (this.#pitch ||= parseFloat(getComputedStyle(this.area.element).lineHeight) || 24);
  }

  /** The last rectangle of a token; null while it is not drawn. */
  box(i: number): Box | null {
    const box = this.#boxes.get(i) ?? this.#measure(i);
    if (box) this.#boxes.set(i, box);
    return box;
  }

  #measure(i: number): Box | null {
    const rects = this.area.spansOf(i).at(-1)?.getClientRects();
    const rect = rects?.[rects.length - 1];
    if (!rect || !this.visible) return null;
    const { element } = this.area;
    const frame = frameOf(element);
    const center = (rect.top + rect.bottom) / 2 - frame.top - element.clientTop + element.scrollTop;
    const left = rect.left - frame.left - element.clientLeft;
    return { left, right: left + max(rect.width, 8), gap: center + this.step / 2, row: floor(center / this.step - 0.25) };
  }

  /** The place for lanes: right of the longest line, or as near to it as the area allows. */
  get margin(): Margin {
    return (this.#found ??= this.#measureMargin());
  }

  /** How much of the area is kept free of text. */
  static reserve(width: number): number {
    return round(min(LANES_WIDEST, max(LANES_NARROWEST, width * 0.13)));
  }

  #measureMargin(): Margin {
    const { element } = this.area;
    const width = element.clientWidth;
    const room = Layout.reserve(width) - CLEAR;
    const lines = element.querySelectorAll<HTMLElement>(".x");
    const latest = width - room - 4;
    if (lines.length > LINES_MEASURED) return { base: latest, room };
    const frame = frameOf(element);
    const range = document.createRange();
    let longest = 0;
    for (const line of lines) {
      range.selectNodeContents(line);
      longest = max(longest, frameOf(range).right - frame.left);
    }
    return { base: min(longest + CLEAR, latest), room };
  }
}
