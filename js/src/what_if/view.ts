/** The counterfactual lab: the run, what else could stand at a token, and what becomes of each alternative. */
import { MetricBar, Notice } from "../shared/bars";
import { Branches } from "../shared/branches";
import { connect } from "../shared/connect";
import { Alternatives, tokenFigures } from "../shared/detail";
import { aria, flag, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
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
import { Lab, LAB_KEYS, LAB_TRAITS } from "./lab";
import type { Range } from "./stretch";

const TRAITS = ["selected", "metric", "status", "error", "show_line_numbers", "show_whitespace", "show_special", "color_prompt", "_columns", "_alignments", "_model", ...LAB_TRAITS];
const KEYS: Keys = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the token above, below"],
  ["Enter", "alternatives of the selected token; Enter again regenerates from one"],
  ...LAB_KEYS,
  ["Esc", "back to the text"],
  ["?", "this list"],
];

export function showWhatIf(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-what-if" });
  const notice = new Notice(model, () => update());
  const bar = new MetricBar(model);
  const area = new HeatArea();
  const strip = new Strip((i) => select(i, false));
  const lab = new Lab(link, model, area, { ask, select, mark, blocked, working });
  const progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Progress" }, h("i"));
  const figures = h("div", { class: "ts-detail-head" });
  const alternatives = new Alternatives({
    choose: (token) => ask("branch", { at: selectedNow(), token }),
    chooseBatch: (k) => ask("alternatives", { at: selectedNow(), k }),
    tokenize: (text) => link.request("tokenize", { text }) as Promise<{ id: number; text: string }[]>,
    unavailable: () => lab.unavailable(),
  });
  const branches = new Branches({ ask, select: (i) => select(i, false), note: (run) => lab.note(run), merged: (id) => lab.merged(id) }, new Tooltip(root));
  const keys = new KeyHelp(KEYS);
  const foot = h("span", { class: "ts-origin" });
  const empty = h("p", { class: "ts-empty" }, "No run yet: session.what_if(prompt) generates one.");
  const side = h("aside", { class: "ts-side", "aria-label": "Selected token" }, lab.stretch.element, figures, lab.decided, alternatives.element);
  let focusNext = false;
  let paintedFor = "";

  root.append(
    lab.controls,
    lab.checks.element,
    progress,
    notice.element,
    bar.element,
    h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, area.element, empty, strip.element, lab.lane.element), side),
    lab.outcome,
    branches.element,
    keys.element,
    h("footer", { class: "ts-foot" }, h("span", {}, h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " move"), h("span", {}, h("kbd", {}, "Enter"), " alternatives"), keys.button, foot),
  );
  el.append(root);
  on(area.element, "click", (event) => {
    const span = (event.target as Element).closest<HTMLElement>("[data-i]");
    if (span && !lab.clicked(Number(span.dataset.i), event.shiftKey, selectedNow())) select(Number(span.dataset.i), true);
  });
  on(root, "keydown", (event) => pressed(event));
  const cleanUps = [connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el, working }), tokenTips(root, area.element, () => link.run, (_run, i) => lab.pointNote(i))];
  update();
  return () => {
    for (const cleanUp of cleanUps) cleanUp();
    root.remove();
  };

  function selectedNow(): number {
    return trait(model, "selected", -1);
  }

  function working(): boolean {
    return trait(model, "work", "") !== "" || ["queued", "generating"].includes(trait(model, "status", ""));
  }

  function blocked(): string | null {
    if (link.presence.value === "static") return "No kernel is behind this page.";
    if (link.presence.value === "gone") return "The kernel is gone.";
    return trait<{ available?: boolean }>(model, "_model", {}).available ? null : "No model is behind this run: pass session=… to WhatIf.";
  }

  function ask(action: string, args: Record<string, unknown> = {}): void {
    notice.say("");
    link.request(action, args).catch((error: Error) => notice.say(error.message));
  }

  function mark(range: Range | null, to: number): void {
    focusNext = true;
    setTrait(model, "span", range);
    setTrait(model, "selected", to);
    update();
  }

  function select(i: number, focus: boolean): void {
    focusNext = focus;
    if (lab.stretch.range) setTrait(model, "span", null);
    if (i !== selectedNow()) setTrait(model, "selected", i);
    update();
  }

  function pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    const inText = area.element.contains(target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && keys.open) keys.toggle();
    else if ((!typing || event.key === "Escape") && lab.pressed(event.key, event.shiftKey, inText, selectedNow())) void 0;
    else if (event.key === "Escape") area.spanOf(Math.max(selectedNow(), 0))?.focus();
    else if (typing) return;
    else if (event.key === "?") keys.toggle();
    else if (inText) {
      const next = destination(event.key, area, selectedNow());
      if (next >= 0) select(next, true);
      else if (event.key === "Enter" || event.key === " ") {
        if (selectedNow() < 0) select(0, true);
        alternatives.focus();
      } else return;
    } else return;
    taken(event);
  }

  function update(): void {
    const run = link.run;
    const metric = metricOf(model.get("metric"));
    const busy = working();
    notice.update(link.presence.value);
    bar.update(metric, "", run);
    flag(progress, "on", busy);
    const share = trait(model, "progress", 0) * 100;
    (progress.firstElementChild as HTMLElement).style.width = `${busy ? Math.max(2, share) : 0}%`;
    aria(progress, "valuenow", Math.round(share));
    aria(root, "busy", busy);
    for (const element of [area.element, strip.element, side]) shown(element, !!run);
    shown(empty, !run);
    say(foot, run ? origin(run) : "");
    const selected = run && selectedNow() < run.length ? selectedNow() : -1;
    if (run) updateText(run, selected);
    lab.update(run, selected);
    branches.update(link.store, model, metric, false, lab.unavailable() !== null, lab.notes);
  }

  function updateText(run: Run, selected: number): void {
    const metric = metricOf(model.get("metric"));
    const colorPrompt = model.get("color_prompt") === true;
    area.setOptions({ lineNumbers: model.get("show_line_numbers") !== false, whitespace: model.get("show_whitespace") === true, special: model.get("show_special") === true, colorPrompt }, run);
    area.sync(run);
    const key = [run.id, metric.name, colorPrompt, run.length].join();
    area.paint(run, metric, absoluteScale(metric), key !== paintedFor);
    paintedFor = key;
    area.select(selected, focusNext);
    focusNext = false;
    if (selected >= 0) area.spanOf(selected)?.setAttribute("aria-label", [describeToken(run, selected), lab.pointNote(selected)].filter(Boolean).join(", "));
    strip.draw(run, metric, selected);
    shown(alternatives.element, selected >= 0);
    if (selected >= 0) alternatives.show(run, selected, branches.regenerated(selected));
    replaceChildren(figures, ...(selected >= 0 ? tokenFigures(run, selected) : lab.forks ? [] : leastSure(run, (i) => select(i, true))));
  }
}
