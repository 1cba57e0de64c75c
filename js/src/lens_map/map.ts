/** The map itself: a scrolling area, one canvas over its visible part, and the current cell in words for screen readers. */
import { h, on, oncePerFrame, say } from "../shared/dom";
import { contentSize, layoutOf, modeOf, placeAt, originOf, scrollTo, visibleColumns, type CellsMode, type Layout, type Place, type Scroll, type Size } from "./geometry";
import { inkOf, paint, type Ink, type Scene } from "./paint";

const HIGHEST = 640;
const FALLBACK_WIDTH = 760;

export interface MapHost {
  choose(place: Place): void;
  point(place: Place | null): void;
  /** Other columns came into sight. */
  scrolled(): void;
}

export interface LensCanvas {
  readonly element: HTMLElement;
  /** What takes the keyboard. */
  readonly area: HTMLElement;
  /** Stands where the pointed cell is: for the tooltip. */
  readonly anchor: HTMLElement;
  readonly layout: Layout;
  readonly columns: [number, number];
  /** Fit the map to its room; returns how its cells are drawn. */
  arrange(wanted: string, columns: number, rows: number): CellsMode;
  draw(scene: Scene, theme: string | undefined): void;
  reveal(place: Place): void;
  speak(place: Place, text: string): void;
}

let ids = 0;

export function lensCanvas(host: MapHost): LensCanvas {
  const canvas = h("canvas", { class: "ts-lens-canvas", "aria-hidden": "true" });
  const sheet = h("div", { class: "ts-lens-sheet" });
  const anchor = h("div", { class: "ts-lens-anchor", "aria-hidden": "true" });
  const id = `ts-lens-cell-${++ids}`;
  const cell = h("span", { id, role: "gridcell" });
  const row = h("span", { role: "row", class: "ts-unseen" }, cell);
  const label = "Layers down, tokens across: what the model would say after each layer";
  const area = h("div", { class: "ts-lens-area", tabindex: 0, role: "grid", "aria-label": label, "aria-activedescendant": id }, sheet, row);
  const element = h("div", { class: "ts-lens-map" }, area, canvas, anchor);
  let layout = layoutOf("words", 0, 0, FALLBACK_WIDTH);
  let scene: Scene | null = null;
  let ink: Ink | null = null;
  let inkFor: string | undefined;
  let pointed: Place | null = null;
  const redraw = oncePerFrame(() => element.isConnected && repaint());

  on(area, "scroll", () => {
    redraw();
    host.scrolled();
  });
  on(area, "pointermove", (event) => point(placeOf(event)));
  on(area, "pointerleave", () => point(null));
  on(area, "click", (event) => {
    const place = placeOf(event);
    if (place) host.choose(place);
  });

  return { element, area, anchor, arrange, draw, reveal, speak, get layout() { return layout; }, get columns() { return visibleColumns(layout, scroll(), view()); } };

  function scroll(): Scroll {
    return { left: area.scrollLeft, top: area.scrollTop };
  }

  function view(): Size {
    // where nothing is laid out (in tests) there is room for everything
    return { width: area.clientWidth || FALLBACK_WIDTH, height: area.clientHeight || contentSize(layout).height };
  }

  function placeOf(event: MouseEvent): Place | null {
    const box = area.getBoundingClientRect();
    return placeAt(layout, scroll(), view(), event.clientX - box.left, event.clientY - box.top);
  }

  function point(place: Place | null): void {
    if (place?.row === pointed?.row && place?.column === pointed?.column) return;
    pointed = place;
    if (place) {
      const { x, y } = originOf(layout, scroll(), place);
      Object.assign(anchor.style, { left: `${Math.max(x, 0)}px`, top: `${y}px`, width: `${layout.cellWidth}px`, height: `${layout.cellHeight}px` });
    }
    host.point(place);
  }

  function arrange(wanted: string, columns: number, rows: number): CellsMode {
    const width = element.clientWidth || FALLBACK_WIDTH;
    layout = layoutOf(modeOf(wanted, width, columns), columns, rows, width);
    const size = contentSize(layout);
    const { gutter, cellWidth } = layout;
    // the last column in sight is not cut
    area.style.width = size.width > width ? `${gutter + Math.floor((width - gutter) / cellWidth) * cellWidth}px` : "";
    sheet.style.width = `${size.width}px`;
    sheet.style.height = `${size.height}px`;
    // a bar for scrolling across takes no room from the rows
    const bar = Math.max(0, area.offsetHeight - area.clientHeight);
    area.style.height = `${Math.min(size.height, HIGHEST) + bar}px`;
    area.setAttribute("aria-rowcount", String(rows));
    area.setAttribute("aria-colcount", String(columns));
    return layout.mode;
  }

  function draw(next: Scene, theme: string | undefined): void {
    scene = next;
    // before it is in the page, or its style sheet is, there are no colours to know
    if (!ink?.heat || theme !== inkFor) [ink, inkFor] = [inkOf(element), theme];
    repaint();
  }

  function repaint(): void {
    const { width, height } = view();
    const ratio = window.devicePixelRatio || 1;
    const [inner, outer] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== inner || canvas.height !== outer) {
      [canvas.width, canvas.height] = [inner, outer];
      [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
    }
    const context = canvas.getContext("2d");
    if (!context || !scene || !ink) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(context, layout, scroll(), { width, height }, scene, ink);
  }

  function reveal(place: Place): void {
    const to = scrollTo(layout, scroll(), view(), place);
    if (to.left !== area.scrollLeft) area.scrollLeft = to.left;
    if (to.top !== area.scrollTop) area.scrollTop = to.top;
  }

  function speak(place: Place, text: string): void {
    // they count from one, also while no cell is chosen
    row.setAttribute("aria-rowindex", String(Math.max(1, place.row + 1)));
    cell.setAttribute("aria-colindex", String(Math.max(1, place.column + 1)));
    say(cell, text);
  }
}
