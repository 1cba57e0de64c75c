/** The part of an anywidget model that the views use. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event?: string | null, callback?: ((...args: never[]) => void) | null): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

export interface RenderContext {
  model: WidgetModel;
  el: HTMLElement;
}

export type CleanUp = () => void;

/** A trait with a type and a fallback. */
export function trait<T>(model: WidgetModel, name: string, fallback: T): T {
  return (model.get(name) as T | null | undefined) ?? fallback;
}

/** Set a trait and tell the kernel. */
export function setTrait(model: WidgetModel, name: string, value: unknown): void {
  model.set(name, value);
  model.save_changes();
}

/** Call whenever one of the traits changes; returns how to stop. */
export function onTraits(model: WidgetModel, names: string[], call: () => void): CleanUp {
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, call);
  return () => {
    for (const event of events) model.off(event, call);
  };
}
