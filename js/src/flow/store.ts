/** Maps, trust figures and the grid of one model: what is here, what was asked for, and what came of it. */
import { signal } from "@preact/signals-core";
import { perLink, type Link } from "../shared/link";
import { onTraits, trait, type WidgetModel } from "../shared/model";
import { decodeColumns, type BufferLike, type DroppedMessage, type FlowMessage, type GridMessage, type Trust, type TrustMessage } from "../shared/protocol";
import { afterGrace, computing, Waits, type Wait } from "../shared/waits";
import { FlowMap } from "./maps";
import { keyOf, type Question } from "./question";

const MAPS_KEPT = 16;
const TRUST_KEPT = 256;

export type TrustWait = Trust | "measuring" | { error: string };

export interface Grid {
  run: string;
  layers: number[];
  heads: number[];
  size: number;
  cells: Uint8Array;
}

export class FlowStore {
  /** Grows with every change. */
  readonly version = signal(0);
  grid: Grid | null = null;
  gridWait: "asked" | { error: string } | null = null;
  /** Whether the grid was asked for with the sink; undefined: it came with the page. */
  gridSink: unknown;
  readonly #maps = new Map<string, FlowMap>();
  readonly #waits: Waits;
  readonly #trusts = new Map<string, TrustWait>();

  readonly #link: Link;
  readonly #model: WidgetModel;

  constructor(link: Link, model: WidgetModel) {
    this.#link = link;
    this.#model = model;
    this.#waits = new Waits(model, () => this.version.value++);
    link.onMessage<FlowMessage>("flow", this.#addMap);
    link.onMessage<TrustMessage>("trust", this.#addTrust);
    link.onMessage<GridMessage>("grid", this.#addGrid);
    link.onMessage<DroppedMessage>("dropped", ({ run, key }) => this.#dropped(nameOf(run, key)));
    onTraits(model, ["status"], () => computing(model) || afterGrace(model, () => this.#abandon()));
    this.#loadSaved();
    onTraits(model, ["_maps"], () => this.#loadSaved());
  }

  /** What a saved page holds: "attention, layer 3 by token, line". */
  get titles(): string[] {
    const units: Record<string, string[]> = {};
    for (const { info } of this.#maps.values()) units[info.title] = [...new Set(units[info.title]).add(info.unit)];
    return Object.entries(units).map(([title, all]) => `${title} by ${all.join(", ")}`);
  }

  map(run: string, question: Question): FlowMap | undefined {
    const name = nameOf(run, keyOf(question));
    const map = this.#maps.get(name);
    if (map) {
      // the one used last goes last
      this.#maps.delete(name);
      this.#maps.set(name, map);
    }
    return map;
  }

  wait(run: string, question: Question): Wait | undefined {
    return this.#waits.get(nameOf(run, keyOf(question)));
  }

  /** Ask for a map that is not here; once, until it is forgotten. */
  ask(run: string, question: Question, action: "map" | "attribute" = "map"): void {
    const name = nameOf(run, keyOf(question));
    if (this.#done(name) || (action === "map" && this.#waits.has(name))) return;
    const lost = { state: "failed", error: "The kernel answered under another key than this view asked for." } as const;
    this.#waits.ask(name, this.#link.request(action, { ...question }), lost, () => this.#done(name));
  }

  /** Let a question that failed or was stopped, or that nothing runs for, be asked again. */
  forget(run: string, question: Question): void {
    const name = nameOf(run, keyOf(question));
    const state = this.#waits.get(name)?.state;
    if (state === "failed" || state === "stopped" || (state === "started" && !computing(this.#model))) this.#waits.delete(name);
  }

  /** Something newer runs instead. What is only asked for will be answered yet. */
  #dropped(name: string): void {
    if (this.#waits.get(name)?.state === "asked") return;
    this.#waits.delete(name);
    this.version.value++;
  }

  /** Whether the whole map is here. */
  #done(name: string): boolean {
    return this.#maps.get(name)?.info.partial === false;
  }

  trust(run: string, question: Question, top: number): TrustWait | undefined {
    return this.#trusts.get(trustName(run, keyOf(question), question.at, top));
  }

  askTrust(run: string, question: Question, top: number): void {
    const name = trustName(run, keyOf(question), question.at, top);
    this.#setTrust(name, "measuring");
    this.#link.request("trust", { ...question, top }).catch((error: Error) => this.#setTrust(name, { error: error.message }));
  }

  askGrid(): void {
    this.gridWait = "asked";
    this.version.value++;
    this.gridSink = this.#model.get("sink");
    // it is here once its message is: the reply may come long before
    this.#link.request("grid").catch((error: Error) => this.#endGrid({ error: error.message }));
  }

  /** What is still awaited although the kernel is idle was dropped: it can be asked for again. */
  #abandon(): void {
    const error = "It was not measured.";
    for (const [name, wait] of this.#trusts) if (wait === "measuring") this.#setTrust(name, { error });
    if (this.gridWait === "asked") this.#endGrid({ error });
  }

  #setTrust(name: string, wait: TrustWait): void {
    this.#trusts.set(name, wait);
    if (this.#trusts.size > TRUST_KEPT) this.#trusts.delete(this.#trusts.keys().next().value!);
    this.version.value++;
  }

  readonly #addMap = (message: FlowMessage, buffers: BufferLike[]): void => {
    const name = nameOf(message.run, message.key);
    this.#maps.delete(name);
    this.#maps.set(name, new FlowMap(message, buffers));
    this.#waits.delete(name);
    if (this.#maps.size > MAPS_KEPT && this.#link.presence.value !== "static") this.#maps.delete(this.#maps.keys().next().value!);
    this.version.value++;
  };

  readonly #addTrust = (message: TrustMessage): void => {
    this.#setTrust(trustName(message.run, message.key, message.at, message.top), message.trust);
  };

  readonly #addGrid = (message: GridMessage, buffers: BufferLike[]): void => {
    const cells = decodeColumns(message.columns, buffers).get("maps") as Uint8Array;
    this.grid = { run: message.run, layers: message.layers, heads: message.heads, size: message.size, cells };
    this.#endGrid(null);
  };

  #endGrid(wait: { error: string } | null): void {
    this.gridWait = wait;
    this.version.value++;
  }

  /** What a saved page holds: flows, and trust figures and the grid where they were computed. */
  #loadSaved(): void {
    type Saved = (FlowMessage | TrustMessage | GridMessage) & { buffers?: BufferLike[] };
    for (const saved of trait<Saved[]>(this.#model, "_maps", [])) {
      if (saved.kind === "trust") this.#addTrust(saved);
      else if (saved.kind === "grid") this.#addGrid(saved, saved.buffers ?? []);
      else this.#addMap(saved, saved.buffers ?? []);
    }
  }
}

export const storeOf = perLink(FlowStore);

function nameOf(run: string, key: string): string {
  return `${run}\n${key}`;
}

function trustName(run: string, key: string, at: number | null, top: number): string {
  return `${run}\n${key}\n${at}\n${top}`;
}
