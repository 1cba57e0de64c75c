/** Elements by function. Text goes in as text nodes only: what a model wrote is never markup. */

export type Child = Node | string | number | null | undefined | false;
export type Properties = Record<string, string | number | boolean | EventListener | undefined>;

/** An element; properties that start with "on" are listeners, booleans are attributes that are there or not. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = String(value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, ...children);
  return element;
}

export function append(parent: Node, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "object" ? child : document.createTextNode(String(child)));
  }
}

export function replaceChildren(parent: Node, ...children: Child[]): void {
  parent.textContent = "";
  append(parent, ...children);
}

/** Listen. */
export function on<K extends keyof HTMLElementEventMap>(element: HTMLElement, type: K, call: (event: HTMLElementEventMap[K]) => void): void {
  element.addEventListener(type, call);
}

/** The event ends here: neither the browser nor the notebook acts on it. */
export function taken(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Change a text only where it differs, so that a selection in it survives and no reader is told twice. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A class that is there or not. */
export function flag(element: Element, name: string, there: boolean): void {
  element.classList.toggle(name, there);
}

export function aria(element: Element, name: string, value: unknown): void {
  element.setAttribute(`aria-${name}`, String(value));
}

/** An attribute of the page's own that is there or not. */
export function data(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(`data-${name}`);
  else element.setAttribute(`data-${name}`, value);
}

export function frameOf(element: Element | Range): DOMRect {
  return element.getBoundingClientRect();
}

/** A heading of a view: of level 2, under that of the page; an h4, because hosts adorn the greater ones. */
export function heading(...children: Child[]): HTMLElement {
  return h("h4", { "aria-level": 2 }, ...children);
}

/** A button that submits nothing. */
export function button(properties: Properties = {}, ...children: Child[]): HTMLButtonElement {
  return h("button", { type: "button", ...properties }, ...children);
}

/** Show or hide without a layout of its own. */
export function shown(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) element.hidden = !visible;
}

/** Call at most once per frame. */
export function oncePerFrame(call: () => void): () => void {
  let frame = 0;
  return () => {
    if (!frame)
      frame = requestAnimationFrame(() => {
        frame = 0;
        call();
      });
  };
}
