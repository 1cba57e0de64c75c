/** What is said of a run and its tokens wherever one is read. */
import { button, h, heading } from "./dom";
import { number, percent } from "./metrics";
import type { CleanUp } from "./model";
import type { Run } from "./runs";
import { labelText } from "./text";
import { onHover, Tooltip } from "./tooltip";

const LEAST_SURE = 5;

/** With nothing selected: the least likely tokens as links, once all are there. */
export function leastSure(run: Run, select: (i: number) => void): Node[] {
  if (run.running) return [heading("Writing …"), h("p", { class: "ts-hint" }, "The least likely tokens are listed here once it is done. Tokens can be clicked already.")];
  const from = run.length > run.meta.prompt_length ? run.meta.prompt_length : 0;
  const order = Array.from({ length: run.length - from }, (_, i) => from + i)
    .filter((i) => run.surprisal(i) > 0 && run.texts[i].trim() !== "")
    .sort((a, b) => run.surprisal(b) - run.surprisal(a))
    .slice(0, LEAST_SURE);
  const links = order.map((i) => h("li", {}, button({ class: "ts-bar", onclick: () => select(i) }, h("code", {}, labelText(run.tokenText(i))), h("span", { class: "ts-dim" }, `position ${i}`), h("span", { class: "ts-share" }, percent(run.probability(i))))));
  return [heading("Least likely tokens"), h("ol", { class: "ts-links" }, ...links), h("p", { class: "ts-hint" }, "Click a token, or move with the arrow keys, to see its numbers and what else could stand there.")];
}

/** The numbers of the token under the pointer; `more`: what else there is to say of it. */
export function tokenTips(root: HTMLElement, area: HTMLElement, runNow: () => Run | undefined, more: (run: Run, i: number) => string): CleanUp {
  const tooltip = new Tooltip(root);
  return onHover(area, "[data-i]", (span) => {
    const run = runNow();
    if (!span || !run) return tooltip.hide();
    const i = Number(span.dataset.i);
    const facts = Number.isNaN(run.probability(i)) ? "not measured" : `${percent(run.probability(i))} · surprisal ${number(run.surprisal(i))} · entropy ${number(run.model.scalars.entropy.at(i))} nats · rank ${run.model.scalars.rank.at(i)}`;
    const found = more(run, i);
    tooltip.show(span, h("code", {}, labelText(run.tokenText(i))), ` ${facts}`, found && h("div", {}, found));
  });
}

/** How a run was made. */
export function origin(run: Run): string {
  const { settings, model, dtype } = run.meta;
  const way = settings.do_sample ? `sampled, temperature ${settings.temperature}, seed ${settings.seed ?? NaN}` : "greedy";
  return [model, dtype, run.meta.finish === "scored" ? "given text" : way].join(" · ");
}
