import { expect, test } from "vitest";
import { SettingsPanel } from "../src/shared/settings";
import { StaticModel } from "../src/shared/static_model";

test("a changed field changes its setting only, and sampling opens the others", () => {
  const model = new StaticModel({ settings: { max_new_tokens: 8, do_sample: false, top_k: 4 } });
  const panel = new SettingsPanel(model, true);
  const [tokens, temperature, topK] = panel.element.querySelectorAll<HTMLInputElement>("input[type=number]");
  expect([tokens.value, topK.value, temperature.disabled]).toEqual(["8", "4", true]);
  tokens.value = "16";
  tokens.dispatchEvent(new Event("change"));
  expect(model.get("settings")).toEqual({ max_new_tokens: 16, do_sample: false, top_k: 4 });
  model.set("settings", { do_sample: true, top_k: null });
  expect([temperature.disabled, topK.value]).toEqual([false, ""]);
});
