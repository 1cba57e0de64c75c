import { expect, test } from "vitest";
import { revive, StaticModel } from "../src/shared/static_model";

test("coded bytes come back as bytes, wherever they stand", () => {
  const [{ b }] = revive([{ b: { base64: "AQI=" } }]) as [{ b: DataView }];
  expect([b.byteLength, b.getUint8(1)]).toEqual([2, 2]);
});

test("listeners hear of a change once, and not of a value that stays", () => {
  const model = new StaticModel({ a: 1 });
  let heard = 0;
  model.on("change:a", () => heard++);
  model.set("a", 1);
  model.set("a", 2);
  expect([heard, model.get("a")]).toEqual([1, 2]);
});
