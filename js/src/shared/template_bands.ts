/** What a chat template put between the messages, folded to the names of the roles. */
import { h } from "./dom";
import { Role, type Run } from "./runs";
import type { TokenArea } from "./token_area";
import { isBlank } from "./text";

/**
 * Put a band where tokens of the template are folded: with their text, line by line, or with the name of the last mark
 * where they have none. A mark alone at the beginning of a text, or in what was written, has no band.
 */
export function drawBands(area: TokenArea, run: Run): void {
  area.element.querySelectorAll(".ts-band").forEach((band) => band.remove());
  let band: HTMLElement | null = null;
  let mark = 0;
  for (let i = 0; i < run.meta.prompt_length && i < run.length; i++) {
    const role = run.roles[i];
    const text = run.texts[i].replace(/\n/g, "");
    const span = area.spanOf(i)!;
    if (role === Role.Special) mark = i;
    else if (role === Role.Template) {
      if (band && band.parentNode === span.parentNode) band.textContent += text;
      else if (!isBlank(text)) band = put(span, text);
    }
    if (role < Role.Special || i === run.meta.prompt_length - 1) {
      if (mark && !band) put(area.spanOf(mark)!, run.label(run.ids[mark]).replace(/^[^\w/]+|\W+$/g, ""));
      band = null;
      mark = 0;
    }
  }
}

function put(span: HTMLElement, text: string): HTMLElement {
  const band = h("span", { class: "ts-band", role: "presentation" }, text);
  span.before(band);
  return band;
}
