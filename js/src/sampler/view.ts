/** One view of a run under other sampler settings: traits in, text, strip and bars out; sliders become traits. */
import { Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { button, flag, h, heading, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { HeatArea } from "../shared/heat_area";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { max } from "../shared/math";
import { absoluteScale, METRICS, percent, type Metric } from "../shared/metrics";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import { destination } from "../shared/navigation";
import type { SamplerSettings } from "../shared/reweighting";
import { origin, tokenTips } from "../shared/run_facts";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import { describeToken } from "../shared/token_area";
import { Again } from "./again";
import { Bars } from "./bars";
import { Reading } from "./reading";
import { Sliders } from "./sliders";
import { RatioStrip } from "./strip";
import { exactText, fateWords, leftOut, natsText, outText, ownSettings, shareText, wholeText } from "./words";

const TRAITS = ["selected", "temperature", "top_k", "top_p", "min_p", "status", "progress", "error", "show_line_numbers", "show_whitespace", "show_special", "_columns", "_model"];
const LISTED = 6;
const NOBODY: ReadonlySet<number> = new Set();

const KEYS: Keys = [
  ["← →", "the token before, after; in a slider: less, more"],
  ["↑ ↓", "the token above, below"],
  ["Home End", "first, last token of the line; in a slider: its ends"],
  ["s", "sample again from the selected token"],
  ["Esc", "back to the text; select nothing"],
  ["?", "this list"],
];

export function showSampler(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-sampler" });
  const notice = new Notice(model, () => update());
  const sliders = new Sliders((settings) => change(settings));
  const penalty = h("p", { class: "ts-note", hidden: true });
  const whole = h("span");
  const culprit = button({ class: "ts-quiet link", onclick: () => select(Number(culprit.dataset.at), true) });
  const summary = h("div", { class: "ts-sm-whole" }, h("span", {}, "the run: ", whole), culprit);
  const legend = h("div", { class: "ts-legend", title: "Surprisal of each written token under these settings" }, "surprisal 0", h("i", { "aria-hidden": "true" }), "3 nats", h("s", {}, "impossible"));
  const area = new HeatArea();
  const strip = new RatioStrip((i) => select(i, false));
  const head = h("div", { class: "ts-sm-head" });
  const list = h("div", { class: "ts-sm-changed" });
  const bars = new Bars();
  const exact = h("p", { class: "ts-sm-exact" });
  const again = new Again(sample, () => ask("cancel"));
  const empty = h("p", { class: "ts-empty", role: "status" });
  const side = h("aside", { class: "ts-side", "aria-label": "Selected token" }, head, list, bars.element, exact, again.element);
  const main = h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, area.element, strip.element), side);
  const keys = new KeyHelp(KEYS);
  const foot = h("span", { class: "ts-origin" });
  const bar = h("div", { class: "ts-metrics" }, summary, legend);
  let reading: Reading | null = null;
  let focusNext = false;
  let selectedFor = "";
  root.append(notice.element, sliders.element, bar, penalty, empty, main, keys.element, h("footer", { class: "ts-foot" }, h("span", {}, h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " move"), h("span", {}, h("kbd", {}, "s"), " sample again"), keys.button, foot));
  el.append(root);
  on(area.element, "click", (event) => {
    const span = (event.target as Element).closest<HTMLElement>("[data-i]");
    if (span) select(Number(span.dataset.i), true);
  });
  on(root, "keydown", (event) => pressed(event));
  const cleanUps = [connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el }), tokenTips(root, area.element, () => link.run, (_run, i) => fateOf(i))];
  update();

  return () => {
    cleanUps.forEach((cleanUp) => cleanUp());
    root.remove();
  };

  function change(settings: Partial<SamplerSettings>): void {
    for (const [name, value] of Object.entries(settings)) model.set(name, value);
    model.save_changes();
  }

  function settingsNow(): SamplerSettings {
    return { temperature: trait(model, "temperature", 1), top_k: trait(model, "top_k", null), top_p: trait(model, "top_p", null), min_p: trait(model, "min_p", null) };
  }

  function selectedNow(): number {
    const selected = trait(model, "selected", -1);
    return selected < (link.run?.length ?? 0) ? selected : -1;
  }

  function working(): boolean {
    return ["queued", "computing"].includes(trait(model, "status", "idle"));
  }

  function blocked(): string | null {
    if (link.presence.value === "static") return "No kernel is behind this page.";
    if (link.presence.value === "gone") return "The kernel is gone.";
    if (!trait<{ available?: boolean }>(model, "_model", {}).available) return "No model is behind this run: pass session=… to Sampler.";
    if (selectedNow() < 0) return "Select the token to be drawn anew.";
    return selectedNow() === 0 ? "Nothing stands before the first token." : null;
  }

  function ask(action: string, args: Record<string, unknown> = {}): void {
    notice.say("");
    link.request(action, args).catch((error: Error) => notice.say(error.message));
  }

  function sample(): void {
    if (!blocked() && !working()) ask("sample_again", { at: selectedNow() });
  }

  function select(i: number, focus: boolean): void {
    focusNext = focus;
    if (i !== selectedNow()) setTrait(model, "selected", i < 0 ? null : i);
    update();
  }

  function pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = target.matches("input");
    if (event.key === "Escape") escape(target);
    else if (field) return;
    else if (event.key === "?") keys.toggle();
    else if (event.key === "s") sample();
    else if (area.element.contains(target)) {
      const next = destination(event.key, area, selectedNow());
      if (next < 0) return;
      select(next, true);
    } else return;
    taken(event);
  }

  function escape(target: HTMLElement): void {
    if (keys.open) keys.toggle();
    else if (area.element.contains(target)) select(-1, true);
    else area.spanOf(max(0, selectedNow()))?.focus();
  }

  /** What becomes of a written token, in words; "" where nothing is known. */
  function fateOf(i: number): string {
    const one = reading?.written(i);
    return one ? fateWords(one.low, one.high, one.removed) : "";
  }

  function update(): void {
    const run = link.run;
    const settings = settingsNow();
    notice.update(link.presence.value);
    reading = run ? read(run, settings) : null;
    const stored = reading?.widest ?? 0;
    sliders.update(settings, stored || 10, run ? ownSettings(run.meta.settings) : null);
    shown(main, stored > 0);
    shown(bar, stored > 0);
    shown(empty, stored === 0);
    say(empty, run ? "This run was stored without alternatives: there is nothing to weigh." : "Nothing has been generated yet: the run appears here.");
    say(foot, run ? origin(run) : "");
    if (!run || !reading || !stored) return shown(penalty, false);
    const factor = run.meta.settings.repetition_penalty;
    shown(penalty, factor !== 1);
    say(penalty, `This run was written with a repetition penalty of ${factor}. It depends on the text before and is no part of these numbers.`);
    drawText(run, reading);
    strip.draw(reading, selectedNow());
    drawWhole(reading);
    drawSide(reading);
  }

  function read(run: Run, settings: SamplerSettings): Reading {
    const { vocabulary = null } = trait<{ vocabulary?: number | null }>(model, "_model", {});
    const now = reading?.run === run && reading.vocabulary === vocabulary ? reading : new Reading(run, vocabulary);
    now.use(settings);
    return now;
  }

  function drawText(run: Run, now: Reading): void {
    area.setOptions({ lineNumbers: model.get("show_line_numbers") !== false, whitespace: model.get("show_whitespace") === true, special: model.get("show_special") === true, colorPrompt: false }, run);
    area.sync(run);
    const metric: Metric = { ...METRICS.surprisal, value: (_run, i) => surprisal(now, i) };
    area.paint(run, metric, absoluteScale(metric), true, NOBODY as Set<number>);
    for (let i = now.from; i < run.length; i++) {
      const gone = !!now.written(i)?.removed;
      for (const span of area.spansOf(i)) if (span.classList.contains("gone") !== gone) flag(span, "gone", gone);
    }
    const selected = selectedNow();
    const key = [run.id, run.length, selected].join();
    // only then: it scrolls to the token, which must not happen while a slider moves
    if (focusNext || key !== selectedFor) area.select(selected, focusNext);
    selectedFor = key;
    focusNext = false;
    if (selected >= 0) area.spanOf(selected)?.setAttribute("aria-label", [describeToken(run, selected), fateOf(selected)].filter(Boolean).join(", "));
  }

  function drawWhole(now: Reading): void {
    const found = now.whole();
    const first = found.impossible[0];
    const without = leftOut(found);
    replaceChildren(whole, h("b", {}, wholeText(found)), ` · at temperature 1: ${natsText(found.was)} nats${without && ` · ${without}`}`);
    whole.title = "ln p of all written tokens together";
    shown(culprit, first !== undefined);
    if (first === undefined) return;
    const more = found.impossible.length - 1;
    say(culprit, `token ${first} ${labelText(now.run.tokenText(first))} is ${outText(now.written(first)!.removed)}${more ? `, and ${more} more` : ""}`);
    culprit.dataset.at = String(first);
  }

  function drawSide(now: Reading): void {
    const { run } = now;
    const i = selectedNow();
    const found = i < 0 ? null : now.at(i);
    shown(list, i < 0);
    shown(bars.element, !!found);
    shown(exact, !!found);
    again.update({ at: i, blocked: blocked(), status: trait(model, "status", "idle"), progress: trait(model, "progress", 0) });
    if (i < 0) {
      replaceChildren(head, heading("What changes the most"));
      return drawChanged(now);
    }
    const one = now.written(i);
    const facts = one ? h("p", { class: "fate" }, `${percent(one.was)} → `, h("b", {}, one.removed ? outText(one.removed) : shareText(one.low, one.high)), h("span", { class: "ts-dim" }, " as written")) : h("p", { class: "fate" }, i ? "Nothing is stored here." : "Nothing comes before this token, so the model gave it no probability.");
    replaceChildren(head, h("div", { class: "ts-token-head" }, h("code", { class: "ts-chip" }, labelText(run.tokenText(i))), h("span", { class: "ts-dim" }, `position ${i}`)), facts);
    if (!found) return;
    bars.update(now, i, found);
    const top = run.model.top(i);
    const tail = run.model.scalars.tail.at(i);
    replaceChildren(exact, h("b", {}, found.exact ? "exact " : "within bounds "), exactText(found, tail, now.vocabulary, top.length, top[top.length - 1][1]));
    flag(exact, "yes", found.exact);
  }

  function drawChanged(now: Reading): void {
    const changed = now.changed(LISTED);
    const rows = changed.map((i) => {
      const { was, low, high, removed } = now.written(i)!;
      return h("li", {}, button({ onclick: () => select(i, true) }, h("code", {}, labelText(now.run.tokenText(i))), h("span", { class: "ts-dim" }, `position ${i}`), h("span", { class: "ts-share" }, `${percent(was)} → ${removed ? outText(removed) : shareText(low, high)}`)));
    });
    const hint = changed.length ? "Click a token, or move with the arrow keys, to see what else could be drawn there." : "These settings change nothing: this is the model's own distribution. Move a slider, or click a token.";
    replaceChildren(list, h("ol", { class: "rows" }, ...rows), h("p", { class: "ts-hint" }, hint));
  }
}

/** Surprisal of a written token under the settings, at the middle of its bounds, in nats. */
function surprisal(now: Reading, i: number): number {
  const one = now.written(i);
  return one ? -Math.log((one.low + one.high) / 2) : NaN;
}
