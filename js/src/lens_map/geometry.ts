/** Where cells lie: layers down, tokens across, layer labels at the left and token labels at the foot. Pure. */

export type CellsMode = "words" | "compact";

export interface Size {
  width: number;
  height: number;
}

export interface Layout {
  mode: CellsMode;
  columns: number;
  rows: number;
  cellWidth: number;
  cellHeight: number;
  /** Room for the layer labels; they stay while the columns scroll. */
  gutter: number;
  /** Room for the token labels; they stay while the rows scroll. */
  foot: number;
}

export interface Place {
  /** −1: none, at the labels. */
  row: number;
  column: number;
}

export interface Scroll {
  left: number;
  top: number;
}

const GUTTER = 60;
const WORDS = { least: 46, most: 72 };
const COMPACT = { least: 7, most: 14 };
const ROW = 16;
/** Of compact cells, where there are too many layers for a screen. */
const LOW_ROW = 10;
const MANY_ROWS = 36;
/** From this width on a label fits beside its neighbour, turned by a quarter. */
const TURNED_LABEL = 12;
const MANY_COLUMNS = 160;
const NARROW = 440;

/** Words where there is room to read them. */
export function modeOf(wanted: string, width: number, columns: number): CellsMode {
  if (wanted === "words" || wanted === "compact") return wanted;
  return width < NARROW || columns > MANY_COLUMNS ? "compact" : "words";
}

export function layoutOf(mode: CellsMode, columns: number, rows: number, width: number): Layout {
  const { least, most } = mode === "words" ? WORDS : COMPACT;
  const room = Math.max(width - GUTTER, least);
  // where not all columns fit, those in sight fill the room, so that none is cut
  const shown = Math.max(1, Math.min(columns, Math.floor(room / least)));
  const cellWidth = Math.max(least, Math.min(most, Math.floor(room / shown)));
  const cellHeight = mode === "words" || rows <= MANY_ROWS ? ROW : LOW_ROW;
  const turned = mode === "compact" && cellWidth >= TURNED_LABEL;
  return { mode, columns, rows, cellWidth, cellHeight, gutter: GUTTER, foot: turned ? 64 : 36 };
}

export function hasTurnedLabels(layout: Layout): boolean {
  return layout.mode === "compact" && layout.cellWidth >= TURNED_LABEL;
}

/** Everything, labels included. */
export function contentSize({ columns, rows, cellWidth, cellHeight, gutter, foot }: Layout): Size {
  return { width: gutter + columns * cellWidth, height: rows * cellHeight + foot };
}

/** What lies at a point of the visible part; null beside everything. */
export function placeAt(layout: Layout, scroll: Scroll, view: Size, x: number, y: number): Place | null {
  const column = x < layout.gutter ? -1 : Math.floor((x - layout.gutter + scroll.left) / layout.cellWidth);
  const row = y >= Math.min(view.height, contentSize(layout).height) - layout.foot ? -1 : Math.floor((y + scroll.top) / layout.cellHeight);
  if (column >= layout.columns || row >= layout.rows || x < 0 || y < 0 || (column < 0 && row < 0)) return null;
  return { row, column };
}

/** Left and top of a cell in the visible part. */
export function originOf(layout: Layout, scroll: Scroll, { row, column }: Place): { x: number; y: number } {
  return { x: layout.gutter + column * layout.cellWidth - scroll.left, y: row * layout.cellHeight - scroll.top };
}

/** First visible column, and the one after the last. */
export function visibleColumns(layout: Layout, scroll: Scroll, view: Size): [start: number, stop: number] {
  const start = Math.floor(scroll.left / layout.cellWidth);
  const stop = Math.ceil((scroll.left + view.width - layout.gutter) / layout.cellWidth);
  return [clamp(start, 0, Math.max(layout.columns - 1, 0)), clamp(stop, 1, layout.columns)];
}

export function visibleRows(layout: Layout, scroll: Scroll, view: Size): [start: number, stop: number] {
  const stop = Math.ceil((scroll.top + view.height - layout.foot) / layout.cellHeight);
  return [clamp(Math.floor(scroll.top / layout.cellHeight), 0, layout.rows), clamp(stop, 0, layout.rows)];
}

/** Where to scroll so that a cell is in sight, with a neighbour on either side. */
export function scrollTo(layout: Layout, scroll: Scroll, view: Size, { row, column }: Place): Scroll {
  const { cellWidth, cellHeight, gutter, foot } = layout;
  const left = column < 0 ? scroll.left : within(scroll.left, view.width - gutter, column * cellWidth, cellWidth);
  const top = row < 0 ? scroll.top : within(scroll.top, view.height - foot, row * cellHeight, cellHeight);
  return { left, top };
}

/** In whole cells: by as little as it takes to a cell at the edge, to the middle for one that is far out of sight. */
function within(from: number, room: number, start: number, size: number): number {
  const far = start < from - size || start > from + room;
  if (far) return Math.max(0, Math.ceil((start - room / 2) / size) * size);
  if (start - size < from) return Math.max(0, start - size);
  if (start + 2 * size > from + room) return Math.ceil((start + 2 * size - room) / size) * size;
  return from;
}

/** The cell an arrow key leads to; null for a key that does not move. */
export function moved(key: string, layout: Layout, { row, column }: Place): Place | null {
  const lastRow = layout.rows - 1;
  // the first step from nowhere leads to the last layer of the first column that says something
  const from = { row: row < 0 ? lastRow : row, column: column < 0 ? 0 : column };
  const to = {
    ArrowRight: { ...from, column: from.column + 1 },
    ArrowLeft: { ...from, column: from.column - 1 },
    ArrowDown: { ...from, row: row < 0 ? lastRow : row + 1 },
    ArrowUp: { ...from, row: from.row - 1 },
    PageDown: { ...from, column: from.column + 10 },
    PageUp: { ...from, column: from.column - 10 },
    Home: { ...from, column: 0 },
    End: { ...from, column: layout.columns - 1 },
  }[key];
  return to ? { row: clamp(to.row, 0, lastRow), column: clamp(to.column, 0, layout.columns - 1) } : null;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
