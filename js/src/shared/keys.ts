/** The list of keys behind "?". */
import { h } from "./dom";

const KEYS: [string, string][] = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the token above, below"],
  ["Home End", "first, last token of the line"],
  ["Enter", "alternatives of the selected token; Enter again regenerates from one"],
  ["Esc", "back to the text"],
  ["Ctrl Enter", "in the prompt: generate"],
  ["?", "this list"],
];

export function keyHelp(): HTMLElement {
  const rows = KEYS.flatMap(([keys, what]) => [h("dt", {}, ...keys.split(" ").flatMap((key) => [h("kbd", {}, key), " "])), h("dd", {}, what)]);
  return h("section", { class: "ts-keys", "aria-label": "Keys", hidden: true }, h("dl", {}, ...rows));
}
