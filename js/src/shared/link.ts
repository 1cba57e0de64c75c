/** One connection per model: rows in, requests out, and whether anybody answers. All views of the model share it. */
import { signal, type Signal } from "@preact/signals-core";
import { trait, type CleanUp, type WidgetModel } from "./model";
import type { BufferLike, KernelMessage, RowsMessage, Snapshot } from "./protocol";
import { RunStore, type Run } from "./runs";

export type Presence = "live" | "silent" | "gone" | "static";

/** Called with messages of one kind, which are the business of one widget only. */
export type MessageHandler<M> = (message: M, buffers: BufferLike[]) => void;

const ANSWER_EXPECTED_MS = 4000;
const PROBE_MS = 2000;
const SILENCE_MS = 1000;

export const GONE = "The kernel is gone. What was computed stays here; run the cell again to go on.";
const STATIC = "There is no kernel behind this page: it shows what was computed before it was saved.";

export class Link {
  readonly store = new RunStore();
  /** Grows with every change of the store. */
  readonly version = signal(0);
  readonly presence: Signal<Presence>;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #handlers = new Map<string, Set<MessageHandler<never>>>();
  #next = 1;
  #lastRows = 0;
  #asked = false;

  readonly #model: WidgetModel;

  constructor(model: WidgetModel) {
    this.#model = model;
    this.presence = signal<Presence>(model.get("_static") === true ? "static" : "live");
    this.store.load(trait<Snapshot | null>(model, "_snapshot", null));
    for (const [name, call] of this.#heard()) model.on(name, call);
  }

  dispose(): void {
    for (const [name, call] of this.#heard()) this.#model.off(name, call);
    this.#fail(GONE);
  }

  /** What the model says, and who hears it. */
  #heard(): [event: string, call: (...args: never[]) => void][] {
    return [["msg:custom", this.#receive], ["change:_snapshot", this.#reload], ["change:_columns", this.#prune], ["comm_live_update", this.#onCommState]];
  }

  /** The run on display, the first of several. */
  get run(): Run | undefined {
    return this.store.runs.get(trait<string[]>(this.#model, "_columns", [])[0] ?? "");
  }

  /** Ask the kernel; rejects with a message for the reader. */
  request(action: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (this.presence.value === "static") return Promise.reject(new Error(STATIC));
    if (this.presence.value === "gone") return Promise.reject(new Error(GONE));
    const number = this.#next++;
    const late = setTimeout(() => this.#waiting.has(number) && this.#setPresence("silent"), ANSWER_EXPECTED_MS);
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      try {
        this.#model.send({ kind: "request", request: number, action, arguments: args });
      } catch {
        // the connection is closed for good
        this.#fail(GONE);
      }
    }).finally(() => clearTimeout(late));
  }

  /** Hear messages of a kind that the link itself does not know. */
  onMessage<M extends KernelMessage>(kind: M["kind"], handler: MessageHandler<M>): CleanUp {
    const known = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, known.add(handler));
    return () => known.delete(handler);
  }

  /** Say what is here and get what is missing: when a view opens, a second later, and after a hole. */
  hello(): void {
    if (this.presence.value === "static" || this.presence.value === "gone" || this.#asked) return;
    this.#asked = true;
    this.request("hello", { have: this.store.have() })
      .catch(() => undefined)
      .finally(() => (this.#asked = false));
  }

  /** Called once a second while something is being written: ask where it fell silent. */
  watch(): void {
    if (performance.now() - this.#lastRows > SILENCE_MS) this.hello();
  }

  readonly #receive = (message: KernelMessage, buffers: BufferLike[] = []): void => {
    if (message?.kind === "rows") this.#receiveRows(message, buffers);
    else if (message?.kind === "reply") {
      this.#setPresence("live");
      const pending = message.request === null ? undefined : this.#waiting.get(message.request);
      if (message.request !== null) this.#waiting.delete(message.request);
      if (message.ok) pending?.resolve(message.result);
      else pending?.reject(new Error(message.error ?? "The kernel refused without a reason."));
    } else for (const handler of this.#handlers.get(message?.kind) ?? []) handler(message as never, buffers);
  };

  #receiveRows(message: RowsMessage, buffers: BufferLike[]): void {
    this.#lastRows = performance.now();
    if (!this.store.apply(message, buffers)) this.hello();
    this.version.value++;
  }

  readonly #reload = (): void => {
    this.store.load(trait<Snapshot | null>(this.#model, "_snapshot", null));
    this.version.value++;
  };

  readonly #prune = (): void => {
    this.store.keepOnly(trait<string[]>(this.#model, "_columns", []));
    this.version.value++;
  };

  /** The connection changed: find out whether anybody is still there. */
  readonly #onCommState = (): void => {
    const gone = setTimeout(() => this.#fail(GONE), PROBE_MS);
    this.#asked = false;
    this.request("hello", { have: this.store.have() }).then(
      () => clearTimeout(gone),
      () => this.#fail(GONE),
    );
  };

  #fail(reason: string): void {
    if (this.presence.value !== "static") this.#setPresence("gone");
    for (const pending of this.#waiting.values()) pending.reject(new Error(reason));
    this.#waiting.clear();
  }

  #setPresence(presence: Presence): void {
    if (this.presence.value !== "static") this.presence.value = presence;
  }
}

/** One store for each link: all views of a model share it, and it lives as long. */
export function perLink<T>(Store: new (link: Link, model: WidgetModel) => T): (link: Link, model: WidgetModel) => T {
  const known = new WeakMap<Link, T>();
  return (link, model) => {
    let store = known.get(link);
    if (!store) known.set(link, (store = new Store(link, model)));
    return store;
  };
}
