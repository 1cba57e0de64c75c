/** The list of keys behind "?". */
import { h } from "./dom";

export type Keys = readonly [string, string][];

export function keyHelp(keys: Keys): HTMLElement {
  const rows = keys.flatMap(([names, what]) => [h("dt", {}, ...names.split(" ").flatMap((key) => [h("kbd", {}, key), " "])), h("dd", {}, what)]);
  return h("section", { class: "ts-keys", "aria-label": "Keys", hidden: true }, h("dl", {}, ...rows));
}
