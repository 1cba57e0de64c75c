/** One view of a flow: it turns traits into a question, shows the map that answers it, and asks for what is missing. */
import { effect } from "@preact/signals-core";
import { Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { h, on, oncePerFrame, say, shown, taken } from "../shared/dom";
import { JobLine } from "../shared/job";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { abs, max } from "../shared/math";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import { destination } from "../shared/navigation";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";
import { onHover, Tooltip } from "../shared/tooltip";
import { askerOf } from "./asker";
import { Controls, type Capabilities } from "./controls";
import { gridPanel } from "./grid";
import { Legend } from "./legend";
import { headOf, linesIn, type Lines } from "./lines";
import type { Edge, FlowMap, TokenFlow } from "./maps";
import { isAttention, questionOf } from "./question";
import { Side } from "./side";
import { stageOf } from "./stage";
import { exactShare, massName, unitOf, weightText, whole } from "./statements";
import { storeOf } from "./store";
import type { Wanted } from "./strands";

const TRAITS = ["selected", "pinned", "source", "layer", "head", "direction", "unit", "threshold", "sink", "contrast", "status", "progress", "error", "show_line_numbers", "show_whitespace", "show_special", "_job", "_columns", "_capabilities", "_maps"];

const KEYS: Keys = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the token above, below"],
  ["p", "pin the selected token: its arcs stay"],
  ["Enter", "to the table of sources; there Enter selects the source"],
  ["Esc", "back to the text; then: select nothing"],
  ["?", "this list"],
];

/** The view as one closure: its parts know each other by name; returns how to take it down. */
export function showFlow(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-flow" });
  const notice = new Notice(model, () => update());
  const legend = new Legend();
  const job = new JobLine(() => asker.start(), () => ask("cancel"), legend.element);
  const stage = stageOf(() => redraw());
  const empty = h("p", { class: "ts-empty" });
  const main = h("div", { class: "ts-main" });
  const keys = new KeyHelp(KEYS);
  const origin = h("span", { class: "ts-origin" });
  const cleanUps: CleanUp[] = [];
  const redraw = oncePerFrame(() => root.isConnected && update());
  const drawHover = oncePerFrame(() => root.isConnected && hovered());
  let focusNext = false;
  let pointed: HTMLElement | null = null;
  let previewed: TokenFlow | null = null;
  let shownFor = -1;
  let knownLines: { key: string; lines: Lines } = { key: "", lines: linesIn([]) };

  const store = storeOf(link, model);
  const asker = askerOf(link, model, store);
  const controls = new Controls(model, (text) => link.request("contrast_info", { at: selectedNow(), text }).then((reply) => (reply as { text: string }).text));
  const side = new Side({
    hover: (far) => emphasise(far, false),
    select: (i) => select(i, true),
    leave: () => stage.area.spanOf(max(selectedNow(), 0))?.focus(),
    pin: (i) => togglePin(i),
  });
  const grid = gridPanel(model, store);
  build();
  const tooltip = new Tooltip(root);
  el.append(root);
  listen(el);
  update();

  return () => {
    for (const cleanUp of cleanUps) cleanUp();
    asker.dispose();
    stage.dispose();
    root.remove();
  };

  function build(): void {
    main.append(h("div", { class: "ts-text" }, stage.element), side.element);
    const foot = h("footer", { class: "ts-foot" }, keys.button, origin);
    root.append(notice.element, controls.element, job.progress, job.element, empty, main, grid.element, keys.element, foot);
  }

  function listen(el: HTMLElement): void {
    cleanUps.push(
      connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el, working: () => !!link.run?.running }),
      effect(() => {
        void store.version.value;
        redraw();
      }),
      onHover(stage.area.element, "[data-i]", (span) => {
        pointed = span;
        drawHover();
      }),
    );
    on(stage.area.element, "click", (event) => {
      const span = (event.target as Element).closest<HTMLElement>("[data-i]");
      if (span) select(Number(span.dataset.i), true);
    });
    on(root, "keydown", (event) => pressed(event));
  }

  /** −1: none. */
  function selectedNow(): number {
    const i = trait(model, "selected", -1);
    return i < (link.run?.length ?? 0) ? i : -1;
  }

  function ask(action: string): void {
    link.request(action).catch((error: Error) => notice.say(error.message));
  }

  function select(i: number, focus: boolean): void {
    focusNext = focus;
    pointed = null;
    tooltip.hide();
    const value = i < 0 ? null : i;
    if (value !== model.get("selected")) setTrait(model, "selected", value);
    update();
  }

  function togglePin(i: number): void {
    const pins = trait<number[]>(model, "pinned", []);
    if (i >= 0) setTrait(model, "pinned", pins.includes(i) ? pins.filter((pin) => pin !== i) : [...pins, i]);
  }

  function pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    const inText = stage.area.element.contains(target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") onEscape(inText);
    else if (event.key === "?" && !typing) keys.toggle();
    else if (event.key === "p" && !typing) togglePin(selectedNow());
    else if (inText) {
      const next = destination(event.key, stage.area, selectedNow());
      if (next >= 0) select(next, true);
      else if (event.key === "Enter" || event.key === " ") onEnter(target);
      else return;
    } else return;
    taken(event);
  }

  function onEscape(inText: boolean): void {
    if (keys.open) return keys.toggle();
    if (inText) select(-1, false);
    stage.area.spanOf(max(selectedNow(), 0))?.focus({ preventScroll: true });
  }

  function onEnter(target: HTMLElement): void {
    const i = Number(target.closest<HTMLElement>("[data-i]")?.dataset.i ?? 0);
    if (i !== selectedNow()) select(i, true);
    else side.table.focus();
  }

  function update(): void {
    const run = link.run;
    const capabilities = trait<Capabilities>(model, "_capabilities", {});
    const blocked = asker.blocked(capabilities);
    notice.update(link.presence.value);
    controls.update(capabilities, blocked);
    shown(main, !!run);
    shown(empty, !run);
    say(empty, "Nothing to explain yet: pass a run to Flow, then click a token.");
    say(origin, [capabilities.model || run?.meta.model, run ? `${whole(run.length)} tokens` : ""].filter(Boolean).join(" · "));
    if (run) updateScene(run, blocked);
    else job.update({ kind: "none", hint: "" });
    legend.update(asker.latest.map?.info.signed === true);
    grid.update(!!run && trait(model, "source", "attention") === "attention" && (link.presence.value !== "static" || store.grid !== null));
  }

  function updateScene(run: Run, blocked: string | null): void {
    const selected = selectedNow();
    if (selected !== shownFor) tooltip.hide();
    shownFor = selected;
    const answer = asker.answer(run, selected, blocked);
    const threshold = trait(model, "threshold", 0.2);
    const flow = answer.map?.covers(selected) ? answer.map.flow(selected, threshold) : null;
    stage.area.setOptions({ lineNumbers: model.get("show_line_numbers") !== false, whitespace: model.get("show_whitespace") === true, special: model.get("show_special") === true, colorPrompt: false }, run);
    stage.area.sync(run);
    stage.area.select(selected, focusNext);
    focusNext = false;
    if (selected >= 0) stage.area.spanOf(selected)?.setAttribute("aria-label", `token ${selected + 1} of ${run.length}, ${labelText(run.tokenText(selected))}`);
    const pins = pinnedFlows(run, answer.map, threshold);
    const key = [run.id, run.length, answer.map?.key, answer.map?.info.partial, answer.map?.weight.length, selected, threshold, pins.map(({ flow, pin, map }) => `${flow.near}:${pin}:${map.key}`), model.get("show_whitespace"), model.get("show_special"), model.get("show_line_numbers")].join();
    stage.show({ key, texts: run.texts, lines: linesOf(run), map: answer.map, selected: flow, pins, threshold }, root.dataset.theme);
    previewed = stage.previewToken(flow || !pointed ? null : Number(pointed.dataset.i));
    job.update(answer.job);
    updateSide(run, answer.map, flow);
  }

  function updateSide(run: Run, map: FlowMap | undefined, flow: TokenFlow | null): void {
    const selected = selectedNow();
    const answer = asker.latest;
    const pin = trait<number[]>(model, "pinned", []).indexOf(selected) + 1;
    const drawn = flow ?? previewed;
    side.update({ run, lines: knownLines.lines, map, flow: drawn, preview: !flow && drawn !== null, standIn: answer.standIn, selected, pin, sink: trait(model, "sink", false) || !map?.key.startsWith("attention"), message: answer.message, trust: flow ? asker.trust(run, flow) : undefined, overview: stage.overview });
  }

  /** The pinned tokens whose arcs are known; the selected one draws its own. */
  function pinnedFlows(run: Run, current: FlowMap | undefined, threshold: number): Wanted[] {
    const out: Wanted[] = [];
    trait<number[]>(model, "pinned", []).forEach((i, n) => {
      const question = questionOf(model, i);
      const map = question && isAttention(question.source) ? current : question && store.map(run.id, question);
      if (map?.covers(i)) out.push({ flow: i === selectedNow() ? { ...map.flow(i, threshold), shown: [] } : map.flow(i, threshold), map, pin: n + 1 });
    });
    return out;
  }

  function linesOf(run: Run): Lines {
    const key = `${run.id},${run.length}`;
    if (key !== knownLines.key) knownLines = { key, lines: linesIn(run.texts) };
    return knownLines.lines;
  }

  /** The pointer is over a token: one source of the selection, or, with nothing selected, a token to preview. */
  function hovered(): void {
    const run = link.run;
    const map = asker.latest.map;
    if (!run || !map) return tooltip.hide();
    const i = pointed ? Number(pointed.dataset.i) : -1;
    if (selectedNow() >= 0) return hoveredSource(run, map, i);
    const before = previewed;
    previewed = stage.previewToken(i >= 0 ? i : null);
    if (before !== previewed) updateSide(run, map, null);
  }

  function hoveredSource(run: Run, map: FlowMap, i: number): void {
    const flow = map.flow(selectedNow(), trait(model, "threshold", 0.2));
    const within = ({ far }: Edge): boolean => {
      const [from, to] = map.reach(far, flow.near);
      return i >= from && i < to;
    };
    const edge = i === flow.near ? undefined : flow.shown.find(within);
    emphasise(edge ? edge.far : null, true);
    if (!edge || !pointed) return tooltip.hide();
    const text = `${weightText(edge.weight, map.info.signed)} ${unitOf(map.info)}`.trim();
    const name = map.info.unit !== "token" ? `line ${linesOf(run).of[headOf(run.texts, map.range(edge.far))] + 1}:` : labelText(run.tokenText(i));
    tooltip.show(pointed, h("code", {}, name), ` ${text} · ${exactShare(abs(edge.weight), flow.mass)} ${massName(map.info)}`);
  }

  function emphasise(far: number | null, inTable: boolean): void {
    stage.emphasise(far !== null && far >= 0 && selectedNow() >= 0 ? far : null);
    if (inTable) side.table.mark(far);
  }
}
