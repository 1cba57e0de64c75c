/** The rows and the graph beside them: the keyboard moves, opens and closes here; what it does to a run is the host's. */
import { h, on, taken } from "../shared/dom";
import type { TreeData } from "./data";
import { graphOf, GraphView, trail } from "./graph";
import type { Line } from "./lines";
import { RowView, type RowFacts } from "./row";
import { Scale } from "./scale";

export interface ListHost {
  open(id: string): void;
  mark(id: string): void;
  pin(id: string): void;
  prune(id: string): void;
  rename(id: string, label: string): void;
  /** Open or close what hangs off a run. */
  fold(id: string, closed: boolean): void;
  /** The keyboard, or a click, is on another run. */
  moved(): void;
}

export interface ListScene {
  data: TreeData;
  lines: readonly Line[];
  /** Indices of the lines to show. */
  shown: readonly number[];
  facts: readonly RowFacts[];
  selected: string;
}

const WIDTH = 240;

export class RunList {
  readonly element: HTMLElement;
  /** As wide as the graph: to be watched, because the width may change while the view keeps its own. */
  readonly axis = h("span", { class: "graph" });
  readonly #list = h("div", { role: "tree", "aria-label": "Runs" });
  readonly #graph = new GraphView();
  readonly #views = new Map<string, RowView>();
  #scene: ListScene | null = null;
  #scale: Scale | null = null;
  #ticked = "";
  #current = "";
  #selected: string | undefined;

  constructor(private readonly host: ListHost) {
    this.axis.title = "Tokens written. Lengths go with the square root, so that a run of 400 tokens is drawn twice as long as one of 100. A stretch is thicker and warmer the less the model expected one of its tokens.";
    const head = h("div", { class: "ts-bt-head", "aria-hidden": "true" }, this.axis, h("span", { class: "what" }, "run, and where it parts from the others"), h("span", {}, "outcome"), h("span", { class: "num", title: "Geometric mean of the probabilities of the written tokens: one over the perplexity" }, "p / token"), h("span", { class: "count" }, "tokens"));
    this.element = h("div", { class: "ts-bt-list" }, head, h("div", { class: "ts-bt-rows" }, this.#list, this.#graph.element as unknown as HTMLElement));
    on(this.#list, "click", (event) => this.#clicked(event));
    on(this.#list, "keydown", (event) => this.#pressed(event));
    on(this.#list, "focusin", (event) => this.#focused(event));
  }

  /** The line that the keyboard is on, or −1. */
  get current(): number {
    const { lines, shown } = this.#scene ?? { lines: [], shown: [] };
    return shown.find((i) => lines[i].run.id === this.#current) ?? -1;
  }

  update(scene: ListScene): void {
    const before = this.#scene;
    const held = this.#list.contains(document.activeElement);
    const place = before?.shown.indexOf(this.current) ?? 0;
    this.#scene = scene;
    this.#settle(scene, place);
    this.#fill(scene);
    this.#draw(scene, before?.data !== scene.data);
    this.#mark();
    if (held && !this.#list.contains(document.activeElement)) this.#viewOf(this.current)?.element.focus({ preventScroll: true });
  }

  /** Put the keyboard on a run. */
  goTo(id: string): void {
    const { lines, shown } = this.#scene!;
    const at = shown.findIndex((i) => lines[i].run.id === id);
    if (at >= 0) this.#goTo(at);
  }

  /** A box in place of the current run's name. */
  async rename(label: string): Promise<void> {
    const id = this.#current;
    const view = this.#views.get(id);
    const typed = await view?.edit(label);
    if (typed !== null && typed !== undefined) this.host.rename(id, typed.trim().replaceAll(/\s+/g, " "));
    if (view && (document.activeElement === document.body || !document.activeElement)) view.element.focus({ preventScroll: true });
  }

  /** Where the keyboard is once other lines are shown: with its run, else what that hung off, else the same row. */
  #settle({ lines, shown, selected }: ListScene, place: number): void {
    if (selected !== (this.#selected ?? "") && shown.some((i) => lines[i].run.id === selected)) this.#current = selected;
    this.#selected = selected;
    if (this.current >= 0) return;
    const set = new Set(shown);
    let at = lines.findIndex(({ run }) => run.id === this.#current);
    while (at >= 0 && !set.has(at)) at = lines[at].above;
    this.#current = lines[at < 0 ? shown[Math.min(Math.max(place, 0), shown.length - 1)] : at]?.run.id ?? "";
  }

  #fill({ data, lines, shown, facts }: ListScene): void {
    const known = new Set(lines.map(({ run }) => run.id));
    for (const id of this.#views.keys()) if (!known.has(id)) this.#views.delete(id);
    const rows = shown.map((i) => {
      const { id } = lines[i].run;
      let view = this.#views.get(id);
      if (!view) this.#views.set(id, (view = new RowView(id)));
      view.update(data, facts[i]);
      return view.element;
    });
    arrange(this.#list, rows);
  }

  #draw({ data, lines, shown }: ListScene, anew: boolean): void {
    const width = this.axis.clientWidth || this.#scale?.width || WIDTH;
    if (anew || !this.#scale || this.#scale.width !== width) this.#scale = new Scale(data, width);
    this.#graph.draw(graphOf(data, lines, shown, this.#scale), width, shown.length);
    const ticks = this.#scale.ticks();
    const key = ticks.join();
    if (key === this.#ticked) return;
    this.#ticked = key;
    this.axis.textContent = "";
    for (const [n, x] of ticks) {
      const tick = h("i", {}, n);
      tick.style.left = `${Math.round(x)}px`;
      this.axis.append(tick);
    }
  }

  #mark(): void {
    const { lines, shown, selected } = this.#scene!;
    const current = this.current;
    for (const i of shown) this.#viewOf(i)!.mark(lines[i].run.id === selected, i === current);
    this.#graph.trail(current < 0 || !this.#scale ? ["", ""] : trail(lines, shown, current, this.#scale));
  }

  #viewOf(i: number): RowView | undefined {
    return i < 0 ? undefined : this.#views.get(this.#scene!.lines[i].run.id);
  }

  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>("[data-run]");
    if (!row || target.closest("input")) return;
    const id = row.dataset.run!;
    const { lines, shown, facts } = this.#scene!;
    const at = shown.findIndex((i) => lines[i].run.id === id);
    if (at < 0) return;
    this.#goTo(at);
    const { open } = facts[shown[at]];
    if (target.closest(".tri, .more") && open !== null) this.host.fold(id, open);
    else this.#open(id);
  }

  /** The keyboard may come from outside, by a screen reader say. */
  #focused(event: FocusEvent): void {
    const id = (event.target as Element).closest<HTMLElement>("[data-run]")?.dataset.run;
    if (!id || id === this.#current || !this.#scene) return;
    this.#current = id;
    this.#mark();
    this.host.moved();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest("input")) return;
    const at = this.#scene!.shown.indexOf(this.current);
    if (at >= 0 && this.#act(event.key, at)) taken(event);
  }

  #act(key: string, at: number): boolean {
    const { lines, shown, facts } = this.#scene!;
    const { run, above, kids } = lines[shown[at]];
    const { open, labelled, name } = facts[shown[at]];
    if (key === "ArrowDown") this.#goTo(at + 1);
    else if (key === "ArrowUp") this.#goTo(at - 1);
    else if (key === "Home") this.#goTo(0);
    else if (key === "End") this.#goTo(shown.length - 1);
    else if (key === "PageDown") this.#goTo(Math.min(at + 10, shown.length - 1));
    else if (key === "PageUp") this.#goTo(Math.max(at - 10, 0));
    else if (key === "ArrowRight") open === false ? this.host.fold(run.id, false) : this.#goTo(kids.length ? at + 1 : at);
    else if (key === "ArrowLeft") open ? this.host.fold(run.id, true) : this.#goTo(shown.indexOf(above));
    else if (key === "Enter") this.#open(run.id);
    else if (key === " ") this.host.mark(run.id);
    else if (key === "p") this.host.pin(run.id);
    else if (key === "F2" || key === "r") void this.rename(labelled ? name : "");
    else if (key === "Delete") this.host.prune(run.id);
    else return false;
    return true;
  }

  /** The keyboard follows what others select; what is selected here must not fetch it back. */
  #open(id: string): void {
    this.#selected = id;
    this.host.open(id);
  }

  #goTo(at: number): void {
    const { lines, shown } = this.#scene!;
    const i = shown[at];
    if (i === undefined) return;
    this.#current = lines[i].run.id;
    this.#mark();
    const { element } = this.#viewOf(i)!;
    element.focus({ preventScroll: true });
    this.#scrollTo(element);
    this.host.moved();
  }

  /** Bring a row into sight inside the list; the page stays where it is. */
  #scrollTo(row: HTMLElement): void {
    const box = this.element;
    const head = (this.#list.parentElement as HTMLElement).offsetTop;
    const top = row.offsetTop + head;
    if (top - head < box.scrollTop) box.scrollTop = top - head;
    else if (top + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + row.offsetHeight - box.clientHeight;
  }
}

/** Put the rows in this order, moving only what has to move. */
function arrange(list: HTMLElement, rows: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(rows);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const row of rows) {
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
}
