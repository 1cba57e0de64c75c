/** Where the run was decided, in words: the tokens that did, and what each that was tried led to. */
import { button, h, heading, type Child } from "../shared/dom";
import { percent } from "../shared/metrics";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import { armOutcome, figureText, ranked, story, type ForkPoint, type Forks } from "./forks";

/** How far alternatives are written, in words. */
export const UNTIL = { line: "line", statement: "statement", function: "function", run: "end" };
const LISTED = 6;

/** With nothing selected: the tokens that decided the most, as links. */
export function decisiveList(run: Run, found: Forks, select: (i: number) => void): Child[] {
  const all = ranked(found);
  const listed = all.filter((point) => point.certain).slice(0, LISTED);
  const items = listed.map((point) => h("li", {}, button({ class: "ts-bar", onclick: () => select(point.at) }, h("code", {}, labelText(run.tokenText(point.at))), h("span", { class: "ts-dim" }, `position ${point.at}`), h("span", { class: "ts-share" }, figureText(found, point).split(" [")[0]))));
  const about = found.outcome === "tests" ? "by how much the token changed the chance of passing the tests" : found.drawn ? "how far the programs after the token differ from those before it was chosen" : "how much of the probability that was tried leads to another program";
  const way = found.drawn ? "continuations drawn" : "greedy continuations";
  const asked = found.finished ? `${found.asked} positions tried` : `${found.points.length} of ${found.asked} positions tried so far`;
  return [
    heading("Where it was decided"),
    listed.length ? h("ol", { class: "ts-links" }, ...items) : h("p", { class: "ts-hint" }, "No token certainly changed the outcome."),
    h("p", { class: "ts-hint" }, `${about}; ${asked}, ${way} to the end of the ${UNTIL[found.until as keyof typeof UNTIL] ?? "run"}.`),
  ];
}

/** What each token that was tried at this position led to. */
export function pointTable(found: Forks, point: ForkPoint, show: ((token: number) => void) | null): Child[] {
  const rows = point.arms.map((arm) => {
    const { sign, text, kind } = armOutcome(found, arm);
    const open = !arm.written && arm.done > 0 ? show : null;
    const name = open ? button({ class: "ts-quiet", title: "show it beside the run", onclick: () => open(arm.token) }, h("code", {}, labelText(arm.text))) : h("code", {}, labelText(arm.text));
    return h("tr", { class: arm.written ? "own" : "" }, h("th", { scope: "row" }, name), h("td", {}, percent(arm.probability)), h("td", { class: kind, title: arm.message }, h("b", {}, sign), ` ${text}`));
  });
  return [heading("If another token stood here"), h("table", { class: "ts-wi-arms" }, h("tbody", {}, ...rows)), h("p", { class: "ts-hint" }, story(found, point))];
}
