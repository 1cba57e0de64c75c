/** The outline as a tree: opens and closes, moves with the keyboard, shows what is selected. */
import { flag, h, on, say, taken } from "../shared/dom";
import { openRows, Openings, type Row } from "./outline";
import { arrange, RowView, type RowScene } from "./row";

export interface TreeScene extends RowScene {
  byMetric: boolean;
  /** First and last token of the selected node. */
  span: [number, number] | null;
  /** The selected token, or −1. */
  token: number;
}

export class OutlineTree {
  readonly element: HTMLElement;
  readonly #list = h("div", { role: "tree", "aria-label": "Syntax tree" });
  readonly #head = { scale: h("span", { class: "scale" }), value: h("span", { class: "num" }) };
  readonly #openings = new Openings();
  readonly #views = new Map<number, RowView>();
  #scene: TreeScene | null = null;
  #rows: Row[] = [];
  /** The row that the keyboard is on, by its key: it survives a growing text. */
  #current = "";
  #currentNode = -1;
  #revealed: unknown[] = [];

  constructor(private readonly select: (node: number) => void) {
    const head = h("div", { class: "ts-cv-head", "aria-hidden": "true" }, h("span", { class: "line" }, "line"), h("span"), h("span"), this.#head.scale, this.#head.value, h("span", { class: "count" }, "tokens"));
    this.element = h("div", { class: "ts-cv-outline" }, head, this.#list);
    on(this.#list, "click", (event) => this.#clicked(event));
    on(this.#list, "keydown", (event) => this.#pressed(event));
  }

  update(scene: TreeScene): void {
    const before = this.#scene;
    if (before?.run.id !== scene.run.id) this.#openings.reset();
    const held = this.#list.contains(document.activeElement);
    if (before?.syntax !== scene.syntax || before.run !== scene.run) {
      this.#views.clear();
      this.#list.textContent = "";
    }
    this.#scene = scene;
    const wanted = this.#reveal(scene);
    this.#draw();
    if (wanted >= 0) this.#scrollTo(wanted);
    if (held) this.#viewOf(this.#currentNode)?.element.focus({ preventScroll: true });
  }

  /** Open what hides the selection when it changes, and not when the reader closes it again. */
  #reveal({ run, syntax, outline, span, token }: TreeScene): number {
    const [oldRun, oldSyntax, oldFirst, oldLast, oldToken] = this.#revealed;
    const fresh = oldRun !== run.id || (oldSyntax !== syntax && !run.running);
    this.#revealed = [run.id, syntax, span?.[0], span?.[1], token];
    const spanChanged = span !== null && (fresh || span[0] !== oldFirst || span[1] !== oldLast);
    const row = spanChanged ? rowOver(this.#scene!) : fresh || token !== oldToken ? outline.sectionOf(token) : -1;
    if (row < 0) return -1;
    this.#openings.reveal(outline, row);
    this.#current = outline.key(row);
    return row;
  }

  #draw(): void {
    const scene = this.#scene!;
    const { outline, reading } = scene;
    this.#rows = openRows(outline, this.#openings, scene.byMetric && reading ? reading.compare : null);
    flag(this.element, "bare", !reading);
    say(this.#head.scale, reading ? reading.ends.join(" … ") : "");
    this.#head.scale.title = reading ? `The bar: ${reading.metric.help}, from ${reading.ends[0]} to ${reading.ends[1]}` : "";
    say(this.#head.value, reading ? reading.title.split(" ")[0] : "");
    this.#currentNode = (this.#rows.find(({ node }) => outline.key(node) === this.#current) ?? this.#rows[0])?.node ?? -1;
    for (const row of this.#rows) {
      const view = this.#viewOf(row.node)!;
      view.place(row);
      view.read(reading);
    }
    this.#mark();
    arrange(this.#list, this.#rows.map(({ node }) => this.#views.get(node)!.element));
  }

  /** Which row is selected, which holds the selected token, and which the keyboard is on. */
  #mark(): void {
    const { outline, syntax, span, token } = this.#scene!;
    const over = rowOver(this.#scene!);
    const exact = span !== null && over >= 0 && syntax.first(over) === span[0] && syntax.last(over) === span[1];
    // a selected row begins with the selected token: that needs no mark of its own
    const near = exact && token === span[0] ? -1 : outline.sectionOf(token);
    for (const { node } of this.#rows) this.#views.get(node)!.mark(exact && node === over, node === near || (!exact && node === over), node === this.#currentNode);
  }

  #viewOf(node: number): RowView | undefined {
    if (node < 0) return undefined;
    let view = this.#views.get(node);
    if (!view) this.#views.set(node, (view = new RowView(this.#scene!, node)));
    return view;
  }

  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const at = this.#rows.findIndex(({ node }) => String(node) === target.closest<HTMLElement>("[data-node]")?.dataset.node);
    if (at < 0) return;
    if (target.closest(".parts")) this.#toggleParts(at);
    else if (target.closest(".tri") && this.#rows[at].expandable) this.#setOpen(at, !this.#rows[at].open);
    else this.select(this.#rows[at].node);
    this.#goTo(at);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const at = this.#rows.findIndex(({ node }) => node === this.#currentNode);
    if (at < 0 || !this.#act(event.key, at)) return;
    taken(event);
  }

  #act(key: string, at: number): boolean {
    const { open, expandable, depth, node } = this.#rows[at];
    if (key === "ArrowDown") this.#goTo(at + 1);
    else if (key === "ArrowUp") this.#goTo(at - 1);
    else if (key === "Home") this.#goTo(0);
    else if (key === "End") this.#goTo(this.#rows.length - 1);
    else if (key === "ArrowRight") expandable && !open ? this.#setOpen(at, true) : this.#goTo(open ? at + 1 : at);
    else if (key === "ArrowLeft") open ? this.#setOpen(at, false) : this.#goTo(this.#rows.findLastIndex((row, i) => i < at && row.depth < depth));
    else if (key === "Enter") this.select(node);
    else if (key === " ") this.#toggleParts(at);
    else return false;
    return true;
  }

  #setOpen(at: number, open: boolean): void {
    this.#openings.setOpen(this.#scene!.outline, this.#rows[at].node, open);
    this.#draw();
  }

  #toggleParts(at: number): void {
    const { node, parts, open, expandable } = this.#rows[at];
    const { outline } = this.#scene!;
    if (parts === null) return expandable ? this.#setOpen(at, !open) : undefined;
    this.#openings.setParts(outline, node, !(parts && open));
    this.#openings.setOpen(outline, node, true);
    this.#draw();
  }

  /** Move the keyboard to a row. */
  #goTo(at: number): void {
    const row = this.#rows[at];
    if (!row) return;
    this.#current = this.#scene!.outline.key(row.node);
    this.#currentNode = row.node;
    this.#mark();
    this.#viewOf(row.node)!.element.focus({ preventScroll: true });
    this.#scrollTo(row.node);
  }

  /** Bring a row into sight inside the list; the page stays where it is. */
  #scrollTo(node: number): void {
    const { element } = this.#viewOf(node)!;
    const box = this.element;
    const top = element.offsetTop;
    const head = this.#list.offsetTop;
    if (top - head < box.scrollTop) box.scrollTop = top - head;
    else if (top + element.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + element.offsetHeight - box.clientHeight;
  }
}

/** The row of the selected node; where no node has exactly these tokens, the nearest around them. */
function rowOver({ syntax, outline, span }: TreeScene): number {
  if (!span) return -1;
  const node = syntax.nodeOver(...span);
  if (node >= 0) return outline.rowOf(node);
  let row = outline.rowOf(syntax.nodeOf(Math.min(...span)));
  while (row >= 0 && !spans(syntax.first(row), syntax.last(row), ...span)) row = outline.above(row);
  return row;
}

function spans(first: number, last: number, from: number, to: number): boolean {
  return Math.min(first, last) <= Math.min(from, to) && Math.max(first, last) >= Math.max(from, to);
}
