/** A choice between a few, as joined buttons. */
import { aria, button, h, on, taken } from "./dom";

export class Segments {
  readonly element: HTMLElement;
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(label: string, options: readonly (readonly [value: string, text: string, help: string])[], private readonly choose: (value: string) => void) {
    this.element = h("div", { class: "ts-segments", role: "radiogroup", "aria-label": label });
    for (const [value, text, help] of options) {
      const choice = button({ role: "radio", title: help, onclick: () => choose(value) }, text);
      this.#buttons.set(value, choice);
      this.element.append(choice);
    }
    on(this.element, "keydown", (event) => this.#move(event));
  }

  update(value: string): void {
    for (const [name, button] of this.#buttons) {
      aria(button, "checked", name === value);
      button.tabIndex = name === value ? 0 : -1;
    }
  }

  #move(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const names = [...this.#buttons.keys()];
    const now = names.findIndex((name) => this.#buttons.get(name) === document.activeElement);
    const next = names[(now + by + names.length) % names.length];
    this.choose(next);
    this.#buttons.get(next)?.focus();
    taken(event);
  }
}
