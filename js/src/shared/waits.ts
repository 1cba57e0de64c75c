/** What was asked of the kernel and is not here yet, by name, and what came of it. */
import { onTraits, trait, type WidgetModel } from "./model";

export type Wait =
  | { state: "asked" }
  | { state: "started"; seen: boolean }
  | { state: "offer"; seconds: number; text: string }
  | { state: "stopped" }
  | { state: "failed"; error: string };

/** The reply to a request for something that may have to be computed first. */
export interface WaitReply {
  missing?: boolean;
  seconds?: number;
  text?: string;
  started?: boolean;
}

/** A result may arrive a little after the kernel said that it is idle. */
const GRACE_MS = 1500;

export function computing(model: WidgetModel): boolean {
  return ["queued", "computing"].includes(trait<string>(model, "status", "idle"));
}

export class Waits extends Map<string, Wait> {
  readonly #model: WidgetModel;
  readonly #changed: () => void;

  constructor(model: WidgetModel, changed: () => void) {
    super();
    this.#model = model;
    this.#changed = changed;
    onTraits(model, ["status"], () => this.#followStatus());
  }

  put(name: string, wait: Wait): void {
    this.set(name, wait);
    this.#changed();
  }

  /** Send a request and note how it ends; `otherwise`: what a reply means that promises nothing; `done`: whether all is here. */
  ask(name: string, request: Promise<unknown>, otherwise: Wait, done: () => boolean = () => false): void {
    this.put(name, { state: "asked" });
    request.then(
      (reply) => this.#answered(name, (reply ?? {}) as WaitReply, done() ? null : otherwise),
      (error: Error) => this.put(name, { state: "failed", error: error.message }),
    );
  }

  #answered(name: string, { missing, seconds = NaN, text = "", started }: WaitReply, otherwise: Wait | null): void {
    if (!otherwise) this.delete(name);
    else this.set(name, missing ? { state: "offer", seconds, text } : started ? { state: "started", seen: computing(this.#model) } : otherwise);
    this.#changed();
  }

  /** What was started and did not come although the kernel is idle again was cancelled, or failed. */
  #followStatus(): void {
    const busy = computing(this.#model);
    for (const [name, wait] of this) {
      if (wait.state !== "started") continue;
      if (busy) wait.seen = true;
      else if (wait.seen) afterGrace(this.#model, () => this.get(name) === wait && this.put(name, { state: "stopped" }));
    }
  }
}

/** Call in a moment, unless the kernel has begun with something by then. */
export function afterGrace(model: WidgetModel, call: () => void): void {
  setTimeout(() => computing(model) || call(), GRACE_MS);
}
