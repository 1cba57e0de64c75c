/** A widget inside the widget: a model of its own over the holder's connection, and its view once its code is there. */
import { asData } from "../shared/data_url";
import { h, heading, replaceChildren } from "../shared/dom";
import type { CleanUp, WidgetModel } from "../shared/model";
import type { BufferLike } from "../shared/protocol";

type Listener = (...args: unknown[]) => void;
type State = Record<string, unknown>;

export interface PartMessage {
  kind: "part";
  part: string;
  method: "open" | "update" | "custom" | "failed" | "echo_update";
  state?: State;
  buffer_paths?: (string | number)[][];
  content?: unknown;
  error?: string;
}

/** What ipywidgets' own model would be: traits, changes of them, and messages. */
export class PartModel implements WidgetModel {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #holder: WidgetModel;
  readonly #name: string;
  #state: State;
  #unsaved: State = {};

  constructor(holder: WidgetModel, name: string, state: State) {
    [this.#holder, this.#name, this.#state] = [holder, name, state];
  }

  get(name: string): unknown {
    return this.#state[name];
  }

  set(name: string, value: unknown): void {
    if (Object.is(this.#state[name], value)) return;
    this.#unsaved[name] = value;
    this.#change({ [name]: value });
  }

  save_changes(): void {
    const state = this.#unsaved;
    this.#unsaved = {};
    if (Object.keys(state).length && this.#state._static !== true) this.#holder.send({ kind: "part", part: this.#name, method: "update", state });
  }

  on(event: string, callback: (...args: never[]) => void): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(callback as Listener));
  }

  off(event?: string | null, callback?: ((...args: never[]) => void) | null): void {
    if (!event) this.#listeners.clear();
    else if (callback) this.#listeners.get(event)?.delete(callback as Listener);
    else this.#listeners.delete(event);
  }

  send(content: unknown): void {
    this.#holder.send({ kind: "part", part: this.#name, method: "custom", content });
  }

  receive(message: PartMessage, buffers: BufferLike[]): void {
    if (message.method === "custom") this.emit("msg:custom", message.content, buffers);
    else if (message.method === "update" || message.method === "open") this.#change(withBuffers(message, buffers));
  }

  /** The connection of the holder changed. */
  emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }

  #change(values: State): void {
    const changed = Object.keys(values).filter((name) => !Object.is(this.#state[name], values[name]));
    this.#state = { ...this.#state, ...values };
    for (const name of changed) this.emit(`change:${name}`);
    if (changed.length) this.emit("change");
  }
}

/** A state with its bytes back where they were. */
export function withBuffers({ state = {}, buffer_paths = [] }: PartMessage, buffers: BufferLike[]): State {
  const whole = structuredClone(state);
  buffer_paths.forEach((path, i) => {
    let place = whole as Record<string | number, unknown>;
    for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>;
    place[path[path.length - 1]] = buffers[i];
  });
  return whole;
}

/** A panel with a part in it; says what it waits for, or why there is nothing. */
export class PartPanel {
  readonly element: HTMLElement;
  readonly #body = h("div", { class: "ts-ex-part" });
  #model: PartModel | null = null;
  #takeDown: CleanUp[] = [];
  #closed = false;

  constructor(
    private readonly holder: WidgetModel,
    readonly name: string,
    title: string,
    close: () => void,
    private readonly made: (model: PartModel) => void,
  ) {
    this.element = h("section", { class: "ts-ex-panel", "aria-label": title, "data-panel": name }, h("header", {}, heading(title), h("button", { type: "button", class: "ts-quiet", onclick: close, "aria-label": `Close ${title}` }, "Close")), this.#body);
    this.say("Opening …");
  }

  get model(): PartModel | null {
    return this.#model;
  }

  say(text: string): void {
    replaceChildren(this.#body, h("p", { class: "ts-empty", role: "status" }, text));
  }

  /** A message of the kernel to this part. */
  async receive(message: PartMessage, buffers: BufferLike[]): Promise<void> {
    if (message.method === "failed") return this.say(message.error ?? "This cannot be shown.");
    if (this.#model) return this.#model.receive(message, buffers);
    if (message.method === "open") await this.show(withBuffers(message, buffers));
  }

  /** From a saved page: what the part held. */
  async show(state: State): Promise<void> {
    const model = (this.#model = new PartModel(this.holder, this.name, state));
    this.made(model);
    try {
      const module = await load(String(state._esm), state._static === true);
      if (this.#closed) return;
      const widget = module.default();
      const el = h("div", {});
      replaceChildren(this.#body, h("style", {}, String(state._css ?? "")), el);
      this.#takeDown = [await widget.initialize?.({ model }), await widget.render({ model, el })].filter((one): one is CleanUp => typeof one === "function");
    } catch (error) {
      this.say(`This panel could not be shown: ${(error as Error).message}`);
    }
  }

  dispose(): void {
    this.#closed = true;
    for (const call of this.#takeDown.reverse()) call();
    this.element.remove();
  }
}

interface Module {
  default(): { initialize?(context: { model: WidgetModel }): unknown; render(context: { model: WidgetModel; el: HTMLElement }): unknown };
}

const loaded = new Map<string, Promise<Module>>();

/** Code that came as text, once. A saved page allows no blobs. */
function load(code: string, saved: boolean): Promise<Module> {
  let module = loaded.get(code);
  if (!module) loaded.set(code, (module = saved ? import(/* @vite-ignore */ asData(code)) : fetched(code)));
  return module;
}

async function fetched(code: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as Module;
  } finally {
    URL.revokeObjectURL(url);
  }
}
