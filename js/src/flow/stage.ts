/** The text with its arcs: what is drawn where, and when it is drawn again. */
import { flag, h, oncePerFrame, say, shown } from "../shared/dom";
import { max, min } from "../shared/math";
import type { CleanUp } from "../shared/model";
import { TokenArea } from "../shared/token_area";
import { inkOf, Layer, type Ink } from "./canvas";
import { inFrames } from "./frames";
import { outOfSight } from "./geometry";
import { Layout } from "./layout";
import type { Lines } from "./lines";
import type { FlowMap, TokenFlow } from "./maps";
import { lineFlows, type LineFlow } from "./overview";
import { paintGroup, paintLineArc } from "./paint";
import { endName, edgeLabel } from "./statements";
import { groupsOf, lineArcs, type Group, type LineArc, type Wanted } from "./strands";
import { Tints, tintsOf } from "./tints";

const LINE_FLOWS = 32;
const ARCS_A_SLICE = 8;
/** After the theme has changed, a notebook may take so long to load its styles. */
const RESTYLED_MS = [100, 500, 1500];

/** What is to be seen. */
export interface Scene {
  /** Changes whenever the picture must. */
  key: string;
  texts: readonly string[];
  lines: Lines;
  map: FlowMap | undefined;
  selected: TokenFlow | null;
  pins: Wanted[];
  threshold: number;
}

export interface Stage {
  area: TokenArea;
  element: HTMLElement;
  /** The strongest flows between lines, once they are counted. */
  overview: LineFlow[];
  show(scene: Scene, theme: string | undefined): void;
  /** Show the arcs of a token under the pointer while nothing is selected. */
  previewToken(i: number | null): TokenFlow | null;
  /** Fade all sources but one. */
  emphasise(far: number | null): void;
  dispose(): void;
}

/** `redraw` is called once the strongest flows between lines are known, and when the text is to be measured again. */
export function stageOf(redraw: () => void): Stage {
  const area = new TokenArea();
  const element = h("div", { class: "ts-stage" });
  const overview: LineFlow[] = [];
  const below = new Layer();
  const above = new Layer();
  const up = h("span", { class: "ts-edge up", hidden: true });
  const down = h("span", { class: "ts-edge down", hidden: true });
  const layout = new Layout(area);
  const tints = new Tints(area);
  let current: Scene | null = null;
  let ink: Ink | null = null;
  let pinned: Group[] = [];
  let own: Group | null = null;
  let preview: Group | null = null;
  let arcs: LineArc[] = [];
  let overviewFor = "";
  let stopOverview: CleanUp = () => undefined;
  let emphasis: number | null = null;
  let drawnTheme: string | undefined;
  let restyled: ReturnType<typeof setTimeout>[] = [];

  element.append(area.element, below.element, above.element, up, down);
  const scrolled = oncePerFrame(() => paint());
  area.element.addEventListener("scroll", scrolled, { passive: true });
  // also when it comes into sight again
  const resized = new ResizeObserver(redraw);
  resized.observe(area.element);

  return { area, element, overview, show, previewToken, emphasise, dispose };

  function dispose(): void {
    stopOverview();
    resized.disconnect();
    restyled.forEach(clearTimeout);
  }

  function remeasure(): void {
    layout.forget();
    redraw();
  }

  function show(scene: Scene, theme: string | undefined): void {
    if (!layout.visible) return layout.forget();
    area.element.style.setProperty("--ts-lanes", `${Layout.reserve(element.clientWidth)}px`);
    const moved = layout.refresh(`${scene.texts.length},${scene.lines.count}`);
    if (!moved && scene.key === current?.key && theme === drawnTheme) return;
    if (theme !== drawnTheme) {
      restyled.forEach(clearTimeout);
      restyled = drawnTheme ? RESTYLED_MS.map((ms) => setTimeout(remeasure, ms)) : [];
      drawnTheme = theme;
    }
    ink = inkOf(element);
    if (scene.key !== current?.key) {
      emphasis = null;
      tints.only(null);
    }
    current = scene;
    preview = null;
    const { map, selected } = scene;
    const wanted = selected && map ? [{ flow: selected, map, pin: 0 }, ...scene.pins] : scene.pins;
    const groups = groupsOf(wanted, layout, scene.texts);
    own = groups.find((group) => !group.pin) ?? null;
    pinned = groups.filter((group) => group.pin);
    tints.pins(new Map(scene.pins.map(({ flow, pin }) => [flow.near, pin])));
    flag(area.element, "by-line", map?.info.unit !== "token");
    tints.show(restingTints());
    prepareOverview(moved);
    paint();
  }

  function restingTints(): Map<number, number> {
    const out = new Map<number, number>();
    // beside a selection, pinned tokens keep their arcs only: two tints on one text would mix
    for (const { flow, map } of own ? [own] : pinned) for (const [i, ratio] of tintsOf(flow, map)) out.set(i, ratio);
    return out;
  }

  /** The overview is counted and drawn in slices, the strongest flows first, then kept. */
  function prepareOverview(moved: boolean): void {
    const { map, lines, texts } = current!;
    const key = map && map.info.at === null ? `${map.run}\n${map.key}\n${texts.length}` : "";
    if (key === overviewFor && !moved) return;
    stopOverview();
    const known = key === overviewFor && overview.length > 0;
    overviewFor = key;
    if (!known) overview.length = 0;
    arcs = [];
    if (key) stopOverview = inFrames(overviewSteps(map!, lines, known));
  }

  function* overviewSteps(map: FlowMap, lines: Lines, known: boolean): Generator<void> {
    if (!known) {
      yield;
      yield* lineFlows(map, lines, min(LINE_FLOWS, Math.ceil(1.25 * lines.count)), overview);
      redraw();
      yield;
    }
    // hidden: it begins again with the next picture
    if (!layout.visible) return layout.forget();
    // boxes are remembered: measured a few at a time here, they cost nothing below
    for (let i = 0; i < lines.of.length; i++) if (lines.of[i] !== lines.of[i + 1] && layout.box(i) && i % 4 === 0) yield;
    void layout.margin;
    yield;
    const every = lineArcs(overview, layout, lines);
    yield;
    // the last are the strongest: they come first
    while (arcs.length < every.length) {
      arcs = every.slice(max(0, every.length - arcs.length - ARCS_A_SLICE));
      paintBelow();
      yield;
    }
  }

  function paint(): void {
    paintBelow();
    paintAbove();
    updateEdges();
  }

  function paintBelow(): void {
    const context = below.clear(area.element);
    if (!context || !current || !ink) return;
    if (!own && !pinned.length && arcs.length) {
      const strongest = arcs[arcs.length - 1].flow.weight;
      for (const arc of arcs) paintLineArc(context, arc, strongest, current.map?.info.direction === "readers", ink);
    }
    for (const group of pinned) paintGroup(context, group, ink, { only: null, alpha: 0.8, muted: own !== null });
  }

  function paintAbove(): void {
    const context = above.clear(area.element);
    const group = preview ?? own;
    flag(below.element, "faded", preview !== null || (own !== null && emphasis !== null));
    if (context && group && ink) paintGroup(context, group, ink, { only: emphasis, alpha: preview ? 0.8 : 1, muted: false });
  }

  /** Show the arcs of a token under the pointer while nothing is selected. */
  function previewToken(i: number | null): TokenFlow | null {
    if (!current || own) return null;
    const { map, threshold, texts } = current;
    const flow = i !== null && map?.covers(i) ? map.flow(i, threshold) : null;
    preview = flow ? (groupsOf([{ flow, map: map!, pin: 0 }], layout, texts)[0] ?? null) : null;
    tints.show(flow ? tintsOf(flow, map!) : restingTints());
    paintAbove();
    updateEdges();
    return flow;
  }

  /** Fade all sources but one. */
  function emphasise(far: number | null): void {
    if (emphasis === far) return;
    emphasis = far;
    tints.only(far === null || !current?.map ? null : current.map.reach(far, own?.flow.near ?? -1));
    paintAbove();
  }

  /** How many ends are out of sight, at the edge where they are. */
  function updateEdges(): void {
    const group = preview ?? own;
    const { scrollTop, clientHeight } = area.element;
    const [top, bottom] = [scrollTop + 2, scrollTop + clientHeight + layout.step / 2];
    const none = { above: 0, below: 0 };
    const ends = group ? outOfSight(group.strands.flatMap(({ bundle }) => bundle.ends.map(({ box }) => box)), top, bottom) : none;
    const token = group ? outOfSight([group.target], top, bottom) : none;
    const name = group ? endName(group.map.info) : "";
    const arrow = (text: string, sign: string): string => (text ? `${sign} ${text}` : "");
    say(up, arrow(edgeLabel(ends.above, token.above > 0, name, "above"), "↑"));
    say(down, arrow(edgeLabel(ends.below, token.below > 0, name, "below"), "↓"));
    shown(up, up.textContent !== "");
    shown(down, down.textContent !== "");
  }
}
