/** Beside the text: the selected token, one sentence that states what is shown, the figure of trust, the table. */
import { aria, button, type Child, h, heading, on, replaceChildren, say, shown } from "../shared/dom";
import { abs, max } from "../shared/math";
import type { Run } from "../shared/runs";
import { clipped, labelText } from "../shared/text";
import { headOf, type Lines } from "./lines";
import type { FlowMap, TokenFlow } from "./maps";
import type { LineFlow } from "./overview";
import { endName, exactShare, flowStatement, mapStatement, massName, share, unitOf, weightText, whole } from "./statements";
import { flowTable, type FlowTable, ROWS_MOST, type Row, type TableHost, type TableText } from "./table";
import { TrustBox } from "./trust";
import type { TrustWait } from "./store";

const LINE_ROWS = 12;

export interface SideHost extends TableHost {
  pin(i: number): void;
}

export interface SideScene {
  run: Run;
  lines: Lines;
  map: FlowMap | undefined;
  /** The arcs of the selected token, or of the one under the pointer. */
  flow: TokenFlow | null;
  preview: boolean;
  /** Why the map is not the one asked for. */
  standIn: string;
  selected: number;
  pin: number;
  sink: boolean;
  /** Instead of a map: why there is none, or that it is on its way. */
  message: string;
  trust: TrustWait | string | undefined;
  overview: readonly LineFlow[];
}

export class Side {
  readonly element = h("aside", { class: "ts-side", "aria-label": "What the arcs say" });
  readonly table: FlowTable;
  readonly #head = h("div", { class: "ts-token-head" });
  readonly #chip = h("code", { class: "ts-chip" });
  readonly #place = h("span", { class: "ts-dim" });
  readonly #pin = button({ class: "ts-pin", "aria-pressed": "false" });
  readonly #title = heading();
  readonly #statement = h("p", { class: "ts-statement" });
  readonly #notes = h("div", { class: "ts-hint ts-map-notes" });
  readonly #trust = new TrustBox();
  #selected = -1;

  constructor(host: SideHost) {
    this.table = flowTable(host);
    on(this.#pin, "click", () => host.pin(this.#selected));
    this.#head.append(this.#chip, this.#place, this.#pin);
    this.element.append(this.#head, this.#title, this.#statement, this.#notes, this.#trust.element, this.table.element);
  }

  update(scene: SideScene): void {
    const near = scene.flow?.near ?? scene.selected;
    this.#selected = scene.selected;
    shown(this.#head, near >= 0);
    shown(this.#title, near < 0);
    if (near >= 0) this.#updateHead(scene, near);
    else say(this.#title, "Select a token");
    const { map, flow } = scene;
    this.#trust.update(scene.preview ? undefined : scene.trust, flow?.shown.length ?? 0);
    const state = (most?: number): string => (map && flow ? flowStatement(map.info, flow, scene.sink, most) : map ? mapStatement(map.info, scene.sink, most) : "");
    const text = clipped(scene.message, 400) || state();
    const full = scene.message || state(Infinity);
    const lead = scene.standIn ? `${scene.standIn} ` : "";
    if (this.#statement.textContent !== lead + text) replaceChildren(this.#statement, lead ? h("b", {}, lead) : null, text);
    this.#statement.title = full === text ? "" : full;
    this.#updateNotes(scene);
    if (map && flow && !scene.message) this.#sources(scene, map, flow, text);
    else if (map && near < 0) this.#flows(scene, map, text);
    else this.table.update([], { caption: "", source: "", position: "", line: "", weight: "", rest: "" });
  }

  #updateHead({ run, lines, pin, selected }: SideScene, near: number): void {
    say(this.#chip, labelText(run.tokenText(near)));
    say(this.#place, `position ${near} · line ${lines.of[near] + 1}`);
    this.#pin.disabled = near !== selected;
    say(this.#pin, pin ? `pinned ${pin}` : "pin");
    this.#pin.title = pin ? "Let go of its arcs (p)" : "Keep its arcs while you look at others (p)";
    aria(this.#pin, "pressed", pin > 0);
  }

  #updateNotes({ map, flow, message }: SideScene): void {
    const notes: Child[] = (message ? [] : (map?.info.notes ?? [])).map((note) => h("p", { title: note.length > 240 ? note : undefined }, clipped(note, 240)));
    if (!flow && !message) notes.push(h("p", {}, "Click a token to see which context produced it. In the margin: the strongest flows from line to line."));
    const key = notes.map((note) => (note as Node).textContent).join("\n");
    if (this.#notes.dataset.key === key) return;
    this.#notes.dataset.key = key;
    replaceChildren(this.#notes, ...notes);
  }

  #sources({ run, lines }: SideScene, map: FlowMap, flow: TokenFlow, caption: string): void {
    const { info } = map;
    const strongest = abs(flow.shown[0]?.weight ?? 1) || 1;
    const edges = flow.shown.slice(0, ROWS_MOST);
    const rows = edges.map(({ far, weight }): Row => {
      const range = map.range(far);
      const token = headOf(run.texts, range);
      const line = lines.of[token];
      const byLine = info.unit !== "token";
      const own = map.farOf(flow.near) === far;
      const label = (byLine ? lines.text(line) || "(empty line)" : labelText(run.tokenText(far))) + (own ? (byLine ? ` (its own ${info.unit})` : " (itself)") : "");
      const text = weightText(weight, info.signed);
      const part = exactShare(abs(weight), flow.mass);
      return { id: far, token, label, position: byLine ? "" : String(far), line: String(line + 1), weight: text, share: part, bar: weight / strongest, spoken: `${label}, ${byLine ? "" : `position ${far}, `}line ${line + 1}, ${text} ${unitOf(info)}, ${part} ${massName(info)}` };
    });
    const listed = edges.reduce((sum, edge) => sum + abs(edge.weight), 0);
    const more = (info.partial ? flow.edges : flow.sources) - rows.length;
    const rest = more > 0 ? `and ${whole(more)} more, ${share(max(0, flow.mass - listed), flow.mass)}` : "";
    this.table.update(rows, { caption, rest, ...headings(map) });
  }

  /** With nothing selected: the strongest flows from line to line. */
  #flows({ overview, lines }: SideScene, map: FlowMap, caption: string): void {
    const strongest = overview[0]?.weight ?? 1;
    const total = overview.reduce((sum, flow) => sum + flow.weight, 0);
    const readers = map.info.direction === "readers";
    const rows = overview.slice(0, LINE_ROWS).map((flow): Row => {
      const place = readers ? `${flow.near + 1} → ${flow.far + 1}` : `${flow.far + 1} → ${flow.near + 1}`;
      const weight = weightText(flow.weight, false);
      const part = exactShare(flow.weight, total);
      return { id: -1, token: flow.token, label: lines.text(flow.near) || "(empty line)", position: "", line: place, weight, share: part, bar: flow.weight / strongest, spoken: `line ${place}, ${weight}` };
    });
    this.table.update(rows, { caption, rest: rows.length ? `shares of the ${overview.length} flows drawn` : "", ...headings(map), source: readers ? "line that is read" : "line that reads", position: "", line: "lines" });
  }
}

function headings({ info }: FlowMap): Pick<TableText, "source" | "position" | "line" | "weight"> {
  const unit = unitOf(info);
  return { source: endName(info), position: info.unit !== "token" ? "" : "pos.", line: "line", weight: unit || "weight" };
}
