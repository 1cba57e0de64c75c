/** What one model knows of its runs' layers, what was asked for, and what came of it. All views share it. */
import { signal } from "@preact/signals-core";
import { perLink, type Link } from "../shared/link";
import { onTraits, trait, type WidgetModel } from "../shared/model";
import type { BufferLike, LensMessage } from "../shared/protocol";
import { Waits, type Wait } from "../shared/waits";
import { LensData } from "./data";

const WINDOWS_KEPT = 128;

export class LensStore {
  /** Grows with every change. */
  readonly version = signal(0);
  readonly #runs = new Map<string, LensData>();
  /** By the first column of a stretch of windows that is missing. */
  readonly #waits: Waits;

  readonly #link: Link;
  readonly #model: WidgetModel;

  constructor(link: Link, model: WidgetModel) {
    this.#link = link;
    this.#model = model;
    this.#waits = new Waits(model, () => this.version.value++);
    link.onMessage<LensMessage>("lens", this.#add);
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
    // windows come before their reply: what is still missing will not come by itself
    this.#waits.ask(name, this.#link.request(action, { start: range[0], stop: range[1] }), { state: "stopped" });
  }

  /** Forget how earlier requests ended, so that coming back to a place asks again: by then the cost is known better. */
  forgetEnded(): void {
    for (const [name, { state }] of this.#waits) if (state !== "asked" && state !== "started") this.#waits.delete(name);
  }

  readonly #add = (message: LensMessage, buffers: BufferLike[]): void => {
    const data = this.data(message.run);
    data.add(message, buffers);
    if (this.#link.presence.value !== "static") data.trim(WINDOWS_KEPT, message.start);
    this.version.value++;
  };

  #keepOnly(runs: string[]): void {
    for (const run of this.#runs.keys()) if (!runs.includes(run)) this.#runs.delete(run);
    this.#waits.clear();
    this.version.value++;
  }

  #loadSaved(): void {
    for (const saved of trait<(LensMessage & { buffers?: BufferLike[] })[]>(this.#model, "_windows", [])) this.#add(saved, saved.buffers ?? []);
  }
}

export const storeOf = perLink(LensStore);

function nameOf(run: string, [start]: [number, number]): string {
  return `${run}\n${start}`;
}
