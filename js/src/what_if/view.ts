/** The counterfactual lab: the run, what else could stand at a token, and what becomes of each alternative. */
import { MetricBar, Notice } from "../shared/bars";
import { Branches } from "../shared/branches";
import { connect } from "../shared/connect";
import { Alternatives, tokenFigures } from "../shared/detail";
import { aria, button, data, flag, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { HeatArea } from "../shared/heat_area";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { absoluteScale, metricOf } from "../shared/metrics";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import { destination } from "../shared/navigation";
import { leastSure, origin, tokenTips } from "../shared/run_facts";
import type { Run } from "../shared/runs";
import { Strip } from "../shared/strip";
import { describeToken } from "../shared/token_area";
import { Tooltip } from "../shared/tooltip";
import { Checks, countTests } from "./checks";
import { Stretch, type Range } from "./stretch";
import { decisiveList, pointTable, UNTIL } from "./decided";
import { figureText, markOf, type ForkPoint, type Forks } from "./forks";
import { Lane } from "./lane";
import { likeTo, note, summary, type Same, type Verdicts } from "./verdicts";

const TRAITS = ["selected", "span", "metric", "status", "error", "tests", "until", "work", "progress", "show_line_numbers", "show_whitespace", "show_special", "color_prompt", "_columns", "_alignments", "_model", "_allowed", "_verdicts", "_same", "_forks"];
const WORK: Record<string, string> = { writing: "writing alternatives", testing: "running tests", forks: "trying other tokens" };

const KEYS: Keys = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the token above, below"],
  ["Enter", "alternatives of the selected token; Enter again regenerates from one"],
  ["a", "regenerate the 3 likeliest others"],
  ["Shift ← →", "a stretch of tokens; r writes it anew"],
  ["[ ]", "the token before, after, that was asked about"],
  ["t", "tests"],
  ["Esc", "back to the text"],
  ["?", "this list"],
];

export function showWhatIf(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-what-if" });
  const notice = new Notice(model, () => update());
  const bar = new MetricBar(model);
  const area = new HeatArea();
  const stretch = new Stretch(area, (range, to) => mark(range, to), (start, stop) => ask("rewrite", { start, stop }));
  const strip = new Strip((i) => select(i, false));
  const lane = new Lane((i) => select(i, true));
  const checks = new Checks({ check: (tests) => ask("check", { tests }), allow: () => ask("allow") });
  const until = h("select", { "aria-label": "Write alternatives to the end of the", onchange: () => setTrait(model, "until", until.value) }, ...Object.entries(UNTIL).map(([value, text]) => h("option", { value }, text)));
  const testsButton = button({ "aria-expanded": "false", onclick: () => toggleTests() });
  const where = button({ onclick: () => ask("forks"), title: "Try other tokens at the positions where the model was least sure, write each on, and see what came of it" }, "Where was it decided?");
  const doing = h("span", { class: "ts-wi-doing", role: "status" });
  const stop = button({ onclick: () => ask("stop"), hidden: true }, "Stop");
  const progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Progress" }, h("i"));
  const figures = h("div", { class: "ts-detail-head" });
  const decided = h("section", { class: "ts-wi-decided" });
  const alternatives = new Alternatives({
    choose: (token) => ask("branch", { at: selectedNow(), token }),
    chooseBatch: (k) => ask("alternatives", { at: selectedNow(), k }),
    tokenize: (text) => link.request("tokenize", { text }) as Promise<{ id: number; text: string }[]>,
    unavailable: () => blocked() ?? (occupied() ? "Computing: wait, or press Stop." : null),
  });
  const outcome = h("p", { class: "ts-wi-outcome", role: "status" });
  const branches = new Branches(
    {
      ask: (action, args) => ask(action, args),
      select: (i) => select(i, false),
      note: (run) => note(run, verdicts()[run.id], likeTo(run, same(), link.store.runs), model.get("work") === "testing"),
      merged: (id) => id in same(),
    },
    new Tooltip(root),
  );
  const keys = new KeyHelp(KEYS);
  const foot = h("span", { class: "ts-origin" });
  const empty = h("p", { class: "ts-empty" }, "No run yet: session.what_if(prompt) generates one.");
  const side = h("aside", { class: "ts-side", "aria-label": "Selected token" }, stretch.element, figures, decided, alternatives.element);
  let focusNext = false;
  let paintedFor = "";

  root.append(
    h("div", { class: "ts-wi-controls" }, h("label", {}, "Write alternatives to the end of the ", until), testsButton, where, doing, stop),
    checks.element,
    progress,
    notice.element,
    bar.element,
    h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, area.element, empty, strip.element, lane.element), side),
    outcome,
    branches.element,
    keys.element,
    h("footer", { class: "ts-foot" }, h("span", {}, h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " move"), h("span", {}, h("kbd", {}, "Enter"), " alternatives"), keys.button, foot),
  );
  el.append(root);
  on(area.element, "click", (event) => {
    const span = (event.target as Element).closest<HTMLElement>("[data-i]");
    if (!span) return;
    if (event.shiftKey && selectedNow() >= 0) stretch.extend(Number(span.dataset.i), selectedNow());
    else select(Number(span.dataset.i), true);
  });
  on(root, "keydown", (event) => pressed(event));
  const cleanUps = [connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el, working }), tokenTips(root, area.element, () => link.run, pointNote)];
  update();
  return () => {
    for (const cleanUp of cleanUps) cleanUp();
    root.remove();
  };

  function selectedNow(): number {
    return trait(model, "selected", -1);
  }

  function verdicts(): Verdicts {
    return trait<Verdicts>(model, "_verdicts", {});
  }

  function same(): Same {
    return trait<Same>(model, "_same", {});
  }

  /** The analysis of the run on display. */
  function forks(): Forks | null {
    const found = trait<Partial<Forks>>(model, "_forks", {});
    return found.run && found.run === link.run?.id ? (found as Forks) : null;
  }

  function pointAt(i: number): ForkPoint | undefined {
    return forks()?.points.find(({ at }) => at === i);
  }

  function pointNote(_run: Run, i: number): string {
    const [found, point] = [forks(), pointAt(i)];
    return found && point ? `${point.certain ? "decided here" : "not certain here"}: ${figureText(found, point)}` : "";
  }

  function working(): boolean {
    return trait(model, "work", "") !== "" || ["queued", "generating"].includes(trait(model, "status", ""));
  }

  /** Whether the model is at work: tests run beside it. */
  function occupied(): boolean {
    return working() && model.get("work") !== "testing";
  }

  /** Why nothing can be computed, or null. */
  function blocked(): string | null {
    if (link.presence.value === "static") return "No kernel is behind this page.";
    if (link.presence.value === "gone") return "The kernel is gone.";
    return trait<{ available?: boolean }>(model, "_model", {}).available ? null : "No model is behind this run: pass session=… to WhatIf.";
  }

  function ask(action: string, args: Record<string, unknown> = {}): void {
    notice.say("");
    link.request(action, args).catch((error: Error) => notice.say(error.message));
  }

  /** Why the model cannot fill a gap, or null. */
  function noFill(): string | null {
    const off = blocked() ?? (occupied() ? "Computing: wait, or press Stop." : null);
    return off ?? (trait<{ fills?: boolean }>(model, "_model", {}).fills ? null : "This model has no tokens for filling a gap. Those of StarCoder, Qwen-Coder, CodeLlama, DeepSeek-Coder and others do.");
  }

  function mark(range: Range | null, to: number): void {
    focusNext = true;
    setTrait(model, "span", range);
    setTrait(model, "selected", to);
    update();
  }

  function select(i: number, focus: boolean): void {
    focusNext = focus;
    if (stretch.range) setTrait(model, "span", null);
    if (i !== selectedNow()) setTrait(model, "selected", i);
    update();
  }

  function toggleTests(): void {
    aria(testsButton, "expanded", checks.toggle());
  }

  function pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    const inText = area.element.contains(target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (keys.open) keys.toggle();
      else if (stretch.range) mark(null, selectedNow());
      else area.spanOf(Math.max(selectedNow(), 0))?.focus();
    } else if (typing) return;
    else if (event.key === "?") keys.toggle();
    else if (event.key === "t") toggleTests();
    else if (event.key === "[" || event.key === "]") jump(event.key === "]" ? 1 : -1);
    else if (inText) {
      const next = destination(event.key, area, selectedNow());
      if (next >= 0 && event.shiftKey) stretch.extend(next, Math.max(selectedNow(), 0));
      else if (next >= 0) select(next, true);
      else if (event.key === "r" && stretch.range && noFill() === null) ask("rewrite", { start: stretch.range[0], stop: stretch.range[1] + 1 });
      else if (event.key === "Enter" || event.key === " ") {
        if (selectedNow() < 0) select(0, true);
        alternatives.focus();
      } else if (event.key === "a" && selectedNow() >= 0 && !occupied() && !blocked()) ask("alternatives", { at: selectedNow(), k: 3 });
      else return;
    } else return;
    taken(event);
  }

  /** To the next position that was asked about. */
  function jump(by: 1 | -1): void {
    const places = (forks()?.points ?? []).map(({ at }) => at).sort((a, b) => a - b);
    const now = selectedNow();
    const next = by > 0 ? places.find((at) => at > now) : places.findLast((at) => at < now);
    if (next !== undefined) select(next, true);
  }

  function update(): void {
    const run = link.run;
    const metric = metricOf(model.get("metric"));
    const busy = working();
    const off = blocked();
    notice.update(link.presence.value);
    bar.update(metric, "", run);
    updateControls(busy, off);
    for (const element of [area.element, strip.element, side]) shown(element, !!run);
    shown(empty, !run);
    say(foot, run ? origin(run) : "");
    if (run) updateText(run);
    else lane.update({} as Run, null, -1);
    const notes = JSON.stringify([verdicts(), same(), model.get("work") === "testing"]);
    branches.update(link.store, model, metric, false, off !== null || occupied(), notes);
    const beside = trait<string[]>(model, "_columns", []).slice(1).map((id) => link.store.runs.get(id)).filter((one): one is Run => !!one);
    say(outcome, run && !busy ? summary(beside, verdicts(), same()) : "");
    shown(outcome, beside.length > 0);
  }

  function updateControls(busy: boolean, off: string | null): void {
    const work = trait(model, "work", "");
    const share = trait(model, "progress", 0);
    const tests = trait(model, "tests", "");
    const n = countTests(tests);
    until.value = trait(model, "until", "function");
    until.disabled = where.disabled = off !== null || occupied();
    checks.update(tests, model.get("_allowed") === true, off);
    say(testsButton, n ? `Tests (${n})` : tests.trim() ? "Tests" : "Tests: none");
    say(doing, busy ? `${WORK[work] ?? "working"} … ${Math.round(share * 100)} %` : "");
    shown(stop, busy);
    stop.disabled = off !== null;
    const found = forks();
    say(where, found && !found.finished ? "Go on looking" : "Where was it decided?");
    flag(progress, "on", busy);
    (progress.firstElementChild as HTMLElement).style.width = `${busy ? Math.max(2, share * 100) : 0}%`;
    aria(progress, "valuenow", Math.round(share * 100));
    aria(root, "busy", busy);
  }

  function updateText(run: Run): void {
    const metric = metricOf(model.get("metric"));
    const colorPrompt = model.get("color_prompt") === true;
    area.setOptions({ lineNumbers: model.get("show_line_numbers") !== false, whitespace: model.get("show_whitespace") === true, special: model.get("show_special") === true, colorPrompt }, run);
    area.sync(run);
    const key = [run.id, metric.name, colorPrompt, run.length].join();
    area.paint(run, metric, absoluteScale(metric), key !== paintedFor);
    paintedFor = key;
    const found = forks();
    const marks = new Map(found?.points.filter((point) => point.certain).map((point) => [point.at, markOf(found!, point)]));
    for (let i = 0; i < run.length; i++) for (const [k, span] of area.spansOf(i).entries()) data(span, "mark", k ? undefined : marks.get(i));
    const selected = selectedNow() < run.length ? selectedNow() : -1;
    area.select(selected, focusNext);
    focusNext = false;
    if (selected >= 0) area.spanOf(selected)?.setAttribute("aria-label", [describeToken(run, selected), pointNote(run, selected)].filter(Boolean).join(", "));
    stretch.update(run, trait<Range | null>(model, "span", null), noFill());
    strip.draw(run, metric, selected);
    lane.update(run, found, selected);
    shown(alternatives.element, selected >= 0);
    if (selected >= 0) alternatives.show(run, selected, branches.regenerated(selected));
    replaceChildren(figures, ...(selected >= 0 ? tokenFigures(run, selected) : found ? [] : leastSure(run, (i) => select(i, true))));
    const point = pointAt(selected);
    const open = blocked() === null ? (token: number) => ask("show_arm", { at: selected, token }) : null;
    replaceChildren(decided, ...(found ? (selected < 0 ? decisiveList(run, found, (i) => select(i, true)) : point ? pointTable(found, point, open) : []) : []));
  }
}
