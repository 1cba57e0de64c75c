/** One tooltip per view; it follows the token under the pointer and never takes the pointer itself. */
import { type Child, frameOf, h, replaceChildren } from "./dom";
import type { CleanUp } from "./model";

export class Tooltip {
  readonly #element = h("div", { class: "ts-tooltip", role: "tooltip", hidden: true });

  constructor(private readonly root: HTMLElement) {
    root.append(this.#element);
  }

  show(anchor: Element, ...content: Child[]): void {
    replaceChildren(this.#element, ...content);
    this.#element.hidden = false;
    const box = anchor.getClientRects()[0] ?? frameOf(anchor);
    const frame = frameOf(this.root);
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const left = Math.max(4, Math.min(box.left - frame.left, frame.width - width - 4));
    const below = box.bottom - frame.top + 4;
    const above = box.top - frame.top - height - 4;
    const fits = box.bottom + height + 8 < window.innerHeight;
    this.#element.style.transform = `translate(${Math.round(left)}px, ${Math.round(fits || above < 0 ? below : above)}px)`;
  }

  hide(): void {
    this.#element.hidden = true;
  }
}

/** Call with the token under the pointer, and with null once it leaves. */
export function onHover(area: HTMLElement, selector: string, call: (token: HTMLElement | null) => void): CleanUp {
  let last: Element | null = null;
  const over = (event: Event): void => {
    const token = (event.target as Element).closest<HTMLElement>(selector);
    if (token === last) return;
    last = token;
    call(token);
  };
  const leave = (): void => {
    last = null;
    call(null);
  };
  area.addEventListener("pointerover", over);
  area.addEventListener("pointerleave", leave);
  return () => {
    area.removeEventListener("pointerover", over);
    area.removeEventListener("pointerleave", leave);
  };
}
