/** One view of a lens map: traits in, the map and its panel out; clicks and keys become traits. */
import { effect } from "@preact/signals-core";
import { Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { h, on, oncePerFrame, say, shown, taken } from "../shared/dom";
import { JobLine } from "../shared/job";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { count, number, percent } from "../shared/metrics";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import { Tooltip } from "../shared/tooltip";
import { askerOf, type Capabilities } from "./asker";
import { Controls } from "./controls";
import type { LensData } from "./data";
import { moved, type Place } from "./geometry";
import { lensCanvas } from "./map";
import { marks } from "./marks";
import { shadeOf } from "./shade";
import { Profile } from "./profile";
import { Side } from "./side";
import { FIRST_TOKEN, spokenCell, tokenLabel } from "./statements";
import { storeOf } from "./store";

const TRAITS = ["selected", "layer", "shade", "cells", "status", "progress", "error", "_job", "_columns", "_capabilities", "_windows"];

const KEYS: Keys = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the layer above, below"],
  ["PageUp PageDown", "ten tokens on"],
  ["Home End", "the first, the last token"],
  ["d", "the layer where the token is decided"],
  ["Esc", "select nothing"],
  ["?", "this list"],
];

/** The view as one closure: its parts know each other by name; returns how to take it down. */
export function showLensMap(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-lens" });
  const store = storeOf(link, model);
  const asker = askerOf(link, model, store);
  const notice = new Notice(model, () => update());
  const controls = new Controls(model);
  const job = new JobLine(() => asker.start(), () => ask("cancel"), marks());
  const redraw = oncePerFrame(() => root.isConnected && update());
  const map = lensCanvas({ choose: (place) => choose(place), point: (place) => point(place), scrolled: redraw });
  const profile = new Profile((column) => choose({ row: -1, column }));
  const side = new Side((row) => choose({ row, column: -1 }));
  const empty = h("p", { class: "ts-empty" });
  const main = h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, map.element, profile.element), side.element);
  const keys = new KeyHelp(KEYS);
  const origin = h("span", { class: "ts-origin" });
  let pointed: Place | null = null;
  let revealed = "";
  root.append(notice.element, controls.element, job.progress, job.element, empty, main, keys.element, h("footer", { class: "ts-foot" }, keys.button, origin));
  const tooltip = new Tooltip(root);
  el.append(root);
  on(map.area, "keydown", (event) => pressed(event));
  const cleanUps = [
    connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el, working: () => !!link.run?.running }),
    effect(() => {
      void store.version.value;
      redraw();
    }),
  ];
  update();

  return () => {
    for (const cleanUp of cleanUps) cleanUp();
    asker.dispose();
    root.remove();
  };

  function layersNow(): number[] {
    return trait<Capabilities>(model, "_capabilities", {}).layers ?? [];
  }

  /** The selected cell; with a token and no layer, the last one. */
  function selectedNow(): Place {
    const column = trait(model, "selected", -1);
    const layers = layersNow();
    const row = layers.indexOf(trait(model, "layer", -1));
    const there = column < (link.run?.length ?? 0) ? column : -1;
    return { column: there, row: row < 0 && there >= 0 ? layers.length - 1 : row };
  }

  function ask(action: string): void {
    link.request(action).catch((error: Error) => notice.say(error.message));
  }

  /** A cell; at the labels only a layer or a token. */
  function choose({ row, column }: Place): void {
    const before = [model.get("selected"), model.get("layer")];
    const wanted = [column >= 0 ? column : before[0], row >= 0 ? layersNow()[row] : before[1]];
    if (wanted[0] !== before[0]) model.set("selected", wanted[0]);
    if (wanted[1] !== before[1]) model.set("layer", wanted[1]);
    if (wanted.some((value, i) => value !== before[i])) model.save_changes();
    update();
  }

  function clear(): void {
    model.set("selected", null);
    setTrait(model, "layer", null);
    update();
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moved(event.key, map.layout, selectedNow());
    if (next) choose(next);
    else if (event.key === "Escape") keys.open ? keys.toggle() : clear();
    else if (event.key === "?") keys.toggle();
    else if (event.key === "d") toDecision();
    else return;
    taken(event);
  }

  function toDecision(): void {
    const run = link.run;
    const { column } = selectedNow();
    const row = run && column > 0 ? store.data(run.id).decidedAt(column, layersNow().length) : -1;
    if (row >= 0) choose({ row, column });
  }

  function update(): void {
    const run = link.run;
    const capabilities = trait<Capabilities>(model, "_capabilities", {});
    notice.update(link.presence.value);
    const layers = layersNow();
    shown(main, !!run && layers.length > 0);
    shown(empty, !run || !layers.length);
    say(empty, run ? "No model is behind this map: pass session=… to LensMap, or a Lens that was computed before." : "Nothing to read yet: pass a run to LensMap.");
    say(origin, [capabilities.model || run?.meta.model, run ? `${run.length.toLocaleString("en")} tokens` : ""].filter(Boolean).join(" · "));
    if (!run || !layers.length) return job.update({ kind: "none", hint: "" });
    controls.update(map.arrange(trait(model, "cells", "auto"), run.length, layers.length));
    const selected = selectedNow();
    reveal(run, selected);
    const data = store.data(run.id);
    const answer = asker.answer(run, wantedColumns(selected));
    job.update(answer.job);
    draw(run, data, selected);
    side.update({ run, data, layers, ...selected, reason: answer.reason });
    map.speak(selected, selected.column < 0 ? "no cell selected" : spokenCell(data.cell(selected.row, selected.column), layers[selected.row], selected.column, tokenLabel(run.tokenText(selected.column))));
  }

  function draw(run: Run, data: LensData, selected: Place): void {
    map.draw({ data, layers: layersNow(), shade: shadeOf(model.get("shade")), token: (column) => tokenLabel(run.tokenText(column)), selected, pointed }, root.dataset.theme);
    profile.draw({ run, data, rows: layersNow().length, selected: selected.column, columns: map.columns, gutter: map.layout.gutter, step: map.columns[1] - map.columns[0] < run.length ? 0 : map.layout.cellWidth });
  }

  /** Bring the selection into sight when it changes, and not when the reader scrolls away from it. */
  function reveal(run: Run, selected: Place): void {
    const key = [run.id, selected.row, selected.column, map.layout.mode, map.layout.cellWidth].join();
    if (key === revealed) return;
    revealed = key;
    if (selected.column >= 0) map.reveal(selected);
  }

  function wantedColumns(selected: Place): [number, number] {
    const [start, stop] = map.columns;
    // the selected column is wanted wherever it is scrolled to, unless that is far away
    const near = selected.column >= start - 64 && selected.column < stop + 64;
    return near ? [Math.min(start, selected.column), Math.max(stop, selected.column + 1)] : [start, stop];
  }

  function point(place: Place | null): void {
    pointed = place;
    const run = link.run;
    if (!run) return;
    const data = store.data(run.id);
    draw(run, data, selectedNow());
    if (!place || place.column < 0) return tooltip.hide();
    const token = tokenLabel(run.tokenText(place.column));
    const written = h("p", {}, "written at position ", place.column, ": ", h("code", {}, token));
    const cell = place.row < 0 ? null : data.cell(place.row, place.column);
    if (!cell) return tooltip.show(map.anchor, written, place.column === 0 ? h("p", {}, FIRST_TOKEN) : place.row < 0 ? null : h("p", {}, "not computed"));
    const rows = cell.top.flatMap(({ text, p }, i) => [h("span", {}, i + 1 === cell.rank ? "●" : ""), h("code", {}, tokenLabel(text)), h("span", { class: "num" }, percent(p))]);
    tooltip.show(map.anchor, h("p", {}, h("b", {}, `layer ${layersNow()[place.row]}`), " would say"), h("div", { class: "ts-tip-rows" }, ...rows), written, h("p", {}, `its rank ${count(cell.rank)} · p ${percent(cell.p)} · KL ${number(cell.kl)} nats`));
  }
}
