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
