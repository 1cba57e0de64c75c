/** The states that tests/fixtures/make_flow.py writes, and a kernel that answers from them. */
import keys from "../../tests/fixtures/flow/keys.json";
import small from "../../tests/fixtures/flow/20.json";
import run75 from "../../tests/fixtures/flow/75.json";
import { FlowMap } from "../src/flow/maps";
import { keyOf, type Question } from "../src/flow/question";
import type { BufferLike, FlowMessage } from "../src/shared/protocol";
import { revive, StaticModel } from "../src/shared/static_model";

type Stored = { at: number; state: Record<string, unknown>; maps: (FlowMessage & { buffers: unknown[] })[] };

export const stored20 = small as unknown as Stored;
export const stored75 = run75 as unknown as Stored;
export { keys };

export function mapOf(stored: Stored, key: string): FlowMap {
  const message = stored.maps.find((map) => map.kind === "flow" && map.key === key)!;
  return new FlowMap(message, revive(message.buffers) as BufferLike[]);
}

export interface Sent {
  request: number;
  action: string;
  arguments: Question & { top: number; text: string };
}

/** A live model; `kernel.answer()` answers what was asked so far. */
export function liveModel(stored: Stored, traits: Record<string, unknown> = {}) {
  const model = new StaticModel({ ...stored.state, ...traits, _static: false });
  const asked: Sent[] = [];
  model.on("sent", ((sent: Sent) => asked.push(sent)) as never);
  const reply = (request: number, result: unknown): void => model.receive({ kind: "reply", request, ok: true, result });
  const send = (key: string): void => {
    const { buffers, ...message } = stored.maps.find((map) => map.key === key)!;
    model.receive(message, buffers);
  };
  const answer = (): void => {
    for (const { request, action, arguments: args } of asked.splice(0)) {
      const key = action === "map" ? keyOf(args) : "";
      const found = action === "map" && stored.maps.some((map) => map.kind === "flow" && map.key === key);
      if (found) send(key);
      reply(request, action !== "map" ? { started: true, text: "read as one token" } : found ? { key } : { missing: true, seconds: 34, text: "19 tokens, 20 forward passes" });
    }
  };
  return { model, asked, reply, send, answer };
}
