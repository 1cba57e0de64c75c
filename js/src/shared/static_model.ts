/** A model without a kernel: for saved pages, and for tests, which play the kernel. */
import type { WidgetModel } from "./model";

type Listener = (...args: unknown[]) => void;

/** `{base64: …}` anywhere in a saved state becomes the bytes that a live kernel would have sent. */
export function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if (typeof record.base64 === "string" && Object.keys(record).length === 1) {
    const binary = atob(record.base64);
    return new DataView(Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer);
  }
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, revive(item)]));
}

export class StaticModel implements WidgetModel {
  readonly sent: unknown[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly state: Record<string, unknown>;

  constructor(state: Record<string, unknown>) {
    this.state = revive(state) as Record<string, unknown>;
  }

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string, value: unknown): void {
    if (Object.is(this.state[name], value)) return;
    this.state[name] = value;
    this.emit(`change:${name}`);
    this.emit("change");
  }

  save_changes(): void {
    // the state here is all there is
  }

  on(event: string, callback: (...args: never[]) => void): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(callback as Listener));
  }

  off(event?: string | null, callback?: ((...args: never[]) => void) | null): void {
    if (!event) this.listeners.clear();
    else if (callback) this.listeners.get(event)?.delete(callback as Listener);
    else this.listeners.delete(event);
  }

  send(content: unknown): void {
    this.sent.push(content);
    this.emit("sent", content);
  }

  /** What a kernel would send: for tests. */
  receive(content: unknown, buffers: unknown[] = []): void {
    this.emit("msg:custom", content, buffers.map(revive));
  }

  /** How many listeners there are: for tests of the clean-up. */
  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  private emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...args);
  }
}
