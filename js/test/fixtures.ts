/** The messages that the kernel's tests write. */
import refusal from "../../tests/fixtures/protocol/refusal.json";
import reply from "../../tests/fixtures/protocol/reply.json";
import request from "../../tests/fixtures/protocol/request.json";
import stored from "../../tests/fixtures/protocol/rows.json";
import type { BufferLike, ReplyMessage, RowsMessage } from "../src/shared/protocol";
import { revive } from "../src/shared/static_model";

const { buffers: coded, ...message } = stored;
export const rows = message as unknown as RowsMessage;
export const buffers = revive(coded) as BufferLike[];
export { request };
export const accepted = reply as ReplyMessage;
export const refused = refusal as ReplyMessage;
