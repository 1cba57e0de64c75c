/** Where tokens are on the screen, measured once and remembered until the text or its width changes. */
import type { TokenArea } from "../shared/token_area";
import type { Box, Margin } from "./geometry";

const LANES_WIDEST = 140;
const LANES_NARROWEST = 48;
/** From so many lines on, the longest is not looked for: lanes stand at the very right. */
const LINES_MEASURED = 400;
const CLEAR = 12;

export class Layout {
  readonly #boxes = new Map<number, Box | null>();
  #found: Margin | null = null;
  #pitch = 0;
  #key = "";

  constructor(private readonly area: TokenArea) {}

  /** Forget everything if what it depends on has changed; returns whether it did. */
  refresh(text: string): boolean {
    const { clientWidth, clientHeight } = this.area.element;
    const key = `${text},${clientWidth},${clientHeight},${getComputedStyle(this.area.element).font}`;
    if (key === this.#key) return false;
    this.#key = key;
    this.#boxes.clear();
    this.#found = null;
    this.#pitch = 0;
    return true;
  }

  /** The row height. */
  get step(): number {
    return (this.#pitch ||= parseFloat(getComputedStyle(this.area.element).lineHeight) || 24);
  }

  /** The last rectangle of a token; null while it is not drawn. */
  box(i: number): Box | null {
    let box = this.#boxes.get(i);
    if (box === undefined) this.#boxes.set(i, (box = this.#measure(i)));
    return box;
  }

  #measure(i: number): Box | null {
    const rects = this.area.spansOf(i).at(-1)?.getClientRects();
    const rect = rects?.[rects.length - 1];
    if (!rect) return null;
    const { element } = this.area;
    const frame = element.getBoundingClientRect();
    const center = (rect.top + rect.bottom) / 2 - frame.top - element.clientTop + element.scrollTop;
    const left = rect.left - frame.left - element.clientLeft;
    return { left, right: left + Math.max(rect.width, 8), gap: center + this.step / 2, row: Math.floor(center / this.step - 0.25) };
  }

  /** The place for lanes: right of the longest line, or as near to it as the area allows. */
  get margin(): Margin {
    return (this.#found ??= this.#measureMargin());
  }

  /** How much of the area is kept free of text. */
  static reserve(width: number): number {
    return Math.round(Math.min(LANES_WIDEST, Math.max(LANES_NARROWEST, width * 0.13)));
  }

  #measureMargin(): Margin {
    const { element } = this.area;
    const width = element.clientWidth;
    const room = Layout.reserve(width) - CLEAR;
    const lines = element.querySelectorAll<HTMLElement>(".x");
    const latest = width - room - 4;
    if (lines.length > LINES_MEASURED) return { base: latest, room };
    const frame = element.getBoundingClientRect();
    const range = document.createRange();
    let longest = 0;
    for (const line of lines) {
      range.selectNodeContents(line);
      longest = Math.max(longest, range.getBoundingClientRect().right - frame.left);
    }
    return { base: Math.min(longest + CLEAR, latest), room };
  }
}
