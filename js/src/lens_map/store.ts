/** What one model knows of its runs' layers, what was asked for, and what came of it. All views share it. */
import { signal } from "@preact/signals-core";
import type { Link } from "../shared/link";
import { onTraits, trait, type WidgetModel } from "../shared/model";
import type { BufferLike, LensMessage } from "../shared/protocol";
import { LensData } from "./data";

const WINDOWS_KEPT = 128;
/** A window may arrive a little after the kernel said that it is idle. */
const GRACE_MS = 1500;

/** What is known about columns that are not here. */
export type Wait =
  | { state: "asked" }
  | { state: "started"; seen: boolean }
  | { state: "offer"; seconds: number; text: string }
  | { state: "stopped" }
  | { state: "failed"; error: string };

interface LensReply {
  missing?: boolean;
  seconds?: number;
  text?: string;
  started?: boolean;
}

const stores = new WeakMap<Link, LensStore>();

export function storeOf(link: Link, model: WidgetModel): LensStore {
  let store = stores.get(link);
  if (!store) stores.set(link, (store = new LensStore(link, model)));
  return store;
}

export class LensStore {
  /** Grows with every change. */
  readonly version = signal(0);
  readonly #runs = new Map<string, LensData>();
  /** By the first column of a stretch of windows that is missing. */
  readonly #waits = new Map<string, Wait>();

  constructor(
    private readonly link: Link,
    private readonly model: WidgetModel,
  ) {
    link.onMessage<LensMessage>("lens", this.#add);
    onTraits(model, ["status"], () => this.#followStatus());
    onTraits(model, ["_columns"], () => this.#keepOnly(trait<string[]>(model, "_columns", [])));
    this.#loadSaved();
    onTraits(model, ["_windows"], () => this.#loadSaved());
  }

  data(run: string): LensData {
    let data = this.#runs.get(run);
    if (!data) this.#runs.set(run, (data = new LensData()));
    return data;
  }

  /** The stretch of whole windows that holds what is missing of some columns; null where nothing is. */
  missing(run: string, [start, stop]: [number, number], size: number, length: number): [number, number] | null {
    const data = this.data(run);
    let range: [number, number] | null = null;
    for (let first = start - (start % size); first < stop; first += size) {
      if (!data.complete(first)) range = [range?.[0] ?? first, Math.min(first + size, length)];
    }
    return range;
  }

  wait(run: string, range: [number, number]): Wait | undefined {
    return this.#waits.get(nameOf(run, range));
  }

  /** Ask for columns; once, until they are here or the reader asks again. */
  ask(run: string, range: [number, number], action: "lens" | "compute" = "lens"): void {
    const name = nameOf(run, range);
    if (action === "lens" && this.#waits.has(name)) return;
    this.#setWait(name, { state: "asked" });
    this.link.request(action, { start: range[0], stop: range[1] }).then(
      (result) => this.#answered(name, (result ?? {}) as LensReply),
      (error: Error) => this.#setWait(name, { state: "failed", error: error.message }),
    );
  }

  /** Forget how earlier requests ended, so that coming back to a place asks again: by then the cost is known better. */
  forgetEnded(): void {
    for (const [name, { state }] of this.#waits) if (state !== "asked" && state !== "started") this.#waits.delete(name);
  }

  #answered(name: string, result: LensReply): void {
    if (result.missing) this.#setWait(name, { state: "offer", seconds: result.seconds ?? NaN, text: result.text ?? "" });
    else if (result.started) this.#setWait(name, { state: "started", seen: this.#computing });
    // windows come before their reply: what is still missing will not come by itself
    else this.#setWait(name, { state: "stopped" });
    this.version.value++;
  }

  get #computing(): boolean {
    return ["queued", "computing"].includes(trait<string>(this.model, "status", "idle"));
  }

  /** What was started and did not come although the kernel is idle again was cancelled, or failed. */
  #followStatus(): void {
    const computing = this.#computing;
    for (const [name, wait] of this.#waits) {
      if (wait.state !== "started") continue;
      if (computing) wait.seen = true;
      else if (wait.seen) setTimeout(() => this.#waits.get(name) === wait && !this.#computing && this.#setWait(name, { state: "stopped" }), GRACE_MS);
    }
  }

  #setWait(name: string, wait: Wait): void {
    this.#waits.set(name, wait);
    this.version.value++;
  }

  readonly #add = (message: LensMessage, buffers: BufferLike[]): void => {
    const data = this.data(message.run);
    data.add(message, buffers);
    if (this.link.presence.value !== "static") data.trim(WINDOWS_KEPT, message.start);
    this.version.value++;
  };

  #keepOnly(runs: string[]): void {
    for (const run of this.#runs.keys()) if (!runs.includes(run)) this.#runs.delete(run);
    this.#waits.clear();
    this.version.value++;
  }

  #loadSaved(): void {
    for (const saved of trait<(LensMessage & { buffers?: BufferLike[] })[]>(this.model, "_windows", [])) this.#add(saved, saved.buffers ?? []);
  }
}

function nameOf(run: string, [start]: [number, number]): string {
  return `${run}\n${start}`;
}
