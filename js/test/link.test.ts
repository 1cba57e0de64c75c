import { expect, test } from "vitest";
import { Link } from "../src/shared/link";
import { StaticModel } from "../src/shared/static_model";
import { accepted, buffers, refused, request, rows } from "./fixtures";

const live = () => {
  const model = new StaticModel({ _static: false });
  return { model, link: new Link(model) };
};

test("a request goes out as the kernel reads it, and its reply comes back", async () => {
  const { model, link } = live();
  const answer = link.request("branch", request.arguments);
  expect(model.sent).toEqual([{ ...request, request: 1 }]);
  model.receive({ ...accepted, request: 1 });
  expect(await answer).toEqual(accepted.result);
});

test("a refusal rejects with the kernel's words", async () => {
  const { model, link } = live();
  const answer = link.request("branch");
  model.receive({ ...refused, request: 1 });
  await expect(answer).rejects.toThrow(refused.error);
});

test("a hole makes the link ask for what it lacks", () => {
  const { model, link } = live();
  model.receive({ ...rows, start: 2 }, buffers);
  expect(model.sent).toEqual([{ kind: "request", request: 1, action: "hello", arguments: { have: { "run-1": 0 } } }]);
  expect(link.version.value).toBe(1);
});

test("a saved page sends nothing and says so", async () => {
  const model = new StaticModel({ _static: true });
  const link = new Link(model);
  link.hello();
  await expect(link.request("stop")).rejects.toThrow("no kernel");
  expect(model.sent).toEqual([]);
});

test("a disposed link listens no more", () => {
  const { model, link } = live();
  expect(model.listenerCount).toBe(4);
  link.dispose();
  expect(model.listenerCount).toBe(0);
});
