/** The state that tests/fixtures/make_lens.py writes, and a kernel that answers from it. */
import stored from "../../tests/fixtures/lens/75.json";
import { LensData } from "../src/lens_map/data";
import type { BufferLike, LensMessage } from "../src/shared/protocol";
import { revive, StaticModel } from "../src/shared/static_model";

type Stored = { state: Record<string, unknown>; windows: (LensMessage & { buffers: unknown[] })[] };

export const { state, windows } = stored as unknown as Stored;
export const LAYERS = Array.from({ length: 30 }, (_, i) => i);
export const COLUMNS = 75;

export function lensData(some = windows): LensData {
  const data = new LensData();
  for (const { buffers, ...message } of some) data.add(message, revive(buffers) as BufferLike[]);
  return data;
}

export interface Sent {
  request: number;
  action: string;
  arguments: { start: number; stop: number };
}

/** A live model; `send` sends a window, `reply` answers a request. */
export function liveModel(traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...state, ...traits, _static: false });
  const asked: Sent[] = [];
  model.on("sent", ((sent: Sent) => void (sent.action !== "hello" && asked.push(sent))) as never);
  const reply = (request: number, result: unknown): void => model.receive({ kind: "reply", request, ok: true, result });
  const refuse = (request: number, error: string): void => model.receive({ kind: "reply", request, ok: false, error });
  const send = (n: number): void => {
    const { buffers, ...message } = windows[n];
    model.receive(message, buffers);
  };
  return { model, asked, reply, refuse, send };
}
