/** Draws the visible part of a map. */
import type { LensData } from "./data";
import { hasTurnedLabels, originOf, visibleColumns, visibleRows, type Layout, type Place, type Scroll, type Size } from "./geometry";
import type { Shade } from "./shade";
import { tokenLabel } from "./statements";

export interface Ink {
  text: string;
  muted: string;
  paper: string;
  line: string;
  accent: string;
  accentPaper: string;
  /** Three numbers, as CSS has them. */
  heat: string;
  mono: string;
  ui: string;
}

export interface Scene {
  data: LensData;
  layers: readonly number[];
  shade: Shade;
  /** The written token of a column, as a label. */
  token(column: number): string;
  selected: Place;
  pointed: Place | null;
}

const HOTTEST = 0.54;
const FONT = 10.5;
const LABEL_FONT = 11;
const TICK_EVERY = 10;

/** The palette, as the theme has it now. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: value("--ts-fg"),
    muted: value("--ts-fg3"),
    // the paper may be transparent in a host that says so: labels must cover what scrolls under them
    paper: value("--ts-bg") || "#fff",
    line: value("--ts-line"),
    accent: value("--ts-accent"),
    accentPaper: value("--ts-accent-bg"),
    heat: value("--ts-heat"),
    mono: style.getPropertyValue("--ts-mono").trim() || "monospace",
    ui: style.getPropertyValue("--ts-ui").trim() || "sans-serif",
  };
}

type Context = CanvasRenderingContext2D;

interface Pen {
  context: Context;
  layout: Layout;
  scroll: Scroll;
  view: Size;
  ink: Ink;
  columns: [number, number];
  rows: [number, number];
  /** Where the token labels begin. */
  footTop: number;
}

export function paint(context: Context, layout: Layout, scroll: Scroll, view: Size, scene: Scene, ink: Ink): void {
  const footTop = Math.min(view.height - layout.foot, layout.rows * layout.cellHeight - scroll.top);
  const pen: Pen = { context, layout, scroll, view, ink, footTop, columns: visibleColumns(layout, scroll, view), rows: visibleRows(layout, scroll, view) };
  context.textBaseline = "middle";
  context.save();
  context.beginPath();
  context.rect(layout.gutter, 0, view.width - layout.gutter, footTop);
  context.clip();
  for (let column = pen.columns[0]; column < pen.columns[1]; column++) paintColumn(pen, scene, column);
  paintChosen(pen, scene);
  context.restore();
  paintLayers(pen, scene);
  paintTokens(pen, scene);
}

function paintColumn(pen: Pen, scene: Scene, column: number): void {
  if (!scene.data.known(column)) return paintUnknown(pen, column);
  const { context, layout, scroll, ink } = pen;
  const { cellWidth: width, cellHeight: height } = layout;
  const gap = width > 8 ? 1 : 0.5;
  const decided = scene.data.decidedAt(column, layout.rows);
  for (let row = pen.rows[0]; row < pen.rows[1]; row++) {
    const { x, y } = originOf(layout, scroll, { row, column });
    const heat = scene.shade.heat(scene.shade.value(scene.data, row, column));
    context.fillStyle = `rgb(${ink.heat} / ${(heat * HOTTEST).toFixed(3)})`;
    if (heat > 0.01) context.fillRect(x, y, width - gap, height - gap);
    const first = scene.data.rank(row, column) === 1;
    if (layout.mode === "words") paintWord(pen, scene.data.first(row, column), first, x, y);
    else if (first) disc(context, x + (width - gap) / 2, y + height / 2, Math.min(1.6, width / 5), ink.text);
    if (row === decided) {
      context.fillStyle = ink.text;
      context.fillRect(x, y - 1, width - gap, layout.mode === "words" ? 2 : 1.5);
    }
  }
}

function paintWord({ context, layout, ink }: Pen, text: string, first: boolean, x: number, y: number): void {
  context.font = `${first ? "700 " : ""}${FONT}px ${ink.mono}`;
  context.fillStyle = ink.text;
  context.textAlign = "left";
  const middle = y + layout.cellHeight / 2;
  context.globalAlpha = first ? 1 : 0.82;
  context.fillText(fitted(context, tokenLabel(text), layout.cellWidth - 9), x + 7, middle + 0.5);
  context.globalAlpha = 1;
  if (first) disc(context, x + 3.5, middle, 1.5, ink.text);
}

/** A thin slanted line: nothing is known here. */
function paintUnknown({ context, layout, scroll, ink, footTop }: Pen, column: number): void {
  const { x } = originOf(layout, scroll, { row: 0, column });
  const step = 8;
  // one pattern over all columns, which scrolls with them
  const phase = (column * layout.cellWidth + scroll.top) % step;
  context.strokeStyle = ink.line;
  context.lineWidth = 1;
  context.save();
  context.beginPath();
  context.rect(x, 0, layout.cellWidth, footTop);
  context.clip();
  context.beginPath();
  for (let y = -phase; y < footTop + layout.cellWidth; y += step) {
    context.moveTo(x, y);
    context.lineTo(x + layout.cellWidth, y - layout.cellWidth);
  }
  context.stroke();
  context.restore();
}

/** The selected column and cell, and the cell under the pointer. */
function paintChosen({ context, layout, scroll, ink, footTop }: Pen, { selected, pointed }: Scene): void {
  const { cellWidth: width, cellHeight: height } = layout;
  context.strokeStyle = ink.accent;
  if (selected.column >= 0) {
    const { x } = originOf(layout, scroll, { row: 0, column: selected.column });
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, -2, width, footTop + 4);
  }
  if (pointed && pointed.row >= 0 && pointed.column >= 0) {
    const { x, y } = originOf(layout, scroll, pointed);
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, width, height);
  }
  if (selected.column >= 0 && selected.row >= 0) {
    const { x, y } = originOf(layout, scroll, selected);
    context.lineWidth = 2;
    context.strokeRect(x - 0.5, y - 0.5, width, height);
  }
}

/** Layer numbers, at the left whatever is scrolled. */
function paintLayers({ context, layout, scroll, ink, rows, footTop }: Pen, { layers, selected, pointed }: Scene): void {
  context.fillStyle = ink.paper;
  context.fillRect(0, 0, layout.gutter - 1, footTop);
  context.textAlign = "right";
  context.save();
  context.beginPath();
  context.rect(0, 0, layout.gutter, footTop);
  context.clip();
  for (let row = rows[0]; row < rows[1]; row++) {
    const { y } = originOf(layout, scroll, { row, column: 0 });
    const chosen = row === selected.row;
    if (chosen) {
      context.fillStyle = ink.accentPaper;
      context.fillRect(0, y, layout.gutter - 1, layout.cellHeight);
    }
    context.fillStyle = chosen || row === pointed?.row ? ink.accent : ink.muted;
    context.font = `${chosen ? "600 " : ""}${layout.cellHeight >= 14 ? LABEL_FONT : 9}px ${ink.ui}`;
    // in low rows every other number would touch the next
    if (layout.cellHeight < 12 && row % 2 && !chosen) continue;
    const named = row === rows[0] || chosen;
    context.fillText(`${named ? "layer " : ""}${layers[row]}`, layout.gutter - 7, y + layout.cellHeight / 2 + 0.5);
  }
  context.restore();
}

/** The tokens that were written and their positions, at the foot whatever is scrolled. */
function paintTokens(pen: Pen, scene: Scene): void {
  const { context, layout, view, ink, footTop } = pen;
  context.fillStyle = ink.paper;
  context.fillRect(0, footTop, view.width, layout.foot);
  context.fillStyle = ink.line;
  context.fillRect(0, footTop, Math.min(view.width, originOf(layout, pen.scroll, { row: 0, column: layout.columns }).x), 1);
  context.save();
  context.beginPath();
  context.rect(layout.gutter, footTop, view.width - layout.gutter, layout.foot);
  context.clip();
  if (layout.mode === "words") paintWrittenWords(pen, scene);
  else paintWrittenTicks(pen, scene);
  context.restore();
  context.font = `${LABEL_FONT}px ${ink.ui}`;
  context.fillStyle = ink.muted;
  context.textAlign = "right";
  context.fillText("written", layout.gutter - 7, footTop + 11);
  if (!hasTurnedLabels(layout)) context.fillText("position", layout.gutter - 7, footTop + 26);
}

function paintWrittenWords(pen: Pen, scene: Scene): void {
  const { context, layout, scroll, ink, footTop } = pen;
  const width = layout.cellWidth;
  for (let column = pen.columns[0]; column < pen.columns[1]; column++) {
    const { x } = originOf(layout, scroll, { row: 0, column });
    const chosen = column === scene.selected.column;
    if (chosen) {
      context.fillStyle = ink.accentPaper;
      context.fillRect(x, footTop + 1, width - 1, layout.foot);
    }
    const lit = chosen || column === scene.pointed?.column;
    context.textAlign = "left";
    context.font = `600 ${LABEL_FONT}px ${ink.mono}`;
    context.fillStyle = lit ? ink.accent : ink.text;
    context.fillText(fitted(context, scene.token(column), width - 8), x + 7, footTop + 11);
    context.font = `9.5px ${ink.ui}`;
    context.fillStyle = lit ? ink.accent : ink.muted;
    context.fillText(String(column), x + 7, footTop + 26);
  }
}

/** Where a label is wider than its column: turned labels, or positions and the chosen tokens only. */
function paintWrittenTicks(pen: Pen, scene: Scene): void {
  const { context, layout, scroll, ink, footTop } = pen;
  const turned = hasTurnedLabels(layout);
  for (let column = pen.columns[0]; column < pen.columns[1]; column++) {
    const x = originOf(layout, scroll, { row: 0, column }).x + layout.cellWidth / 2;
    const lit = column === scene.selected.column || column === scene.pointed?.column;
    context.fillStyle = lit ? ink.accent : ink.text;
    if (turned) turnedLabel(context, scene.token(column), x, footTop + 6, layout.foot - 8, `${lit ? "600 " : ""}10px ${ink.mono}`);
    else if (column % TICK_EVERY === 0) {
      context.fillStyle = ink.line;
      context.fillRect(x - 0.5, footTop, 1, 19);
      context.fillStyle = ink.muted;
      context.font = `9.5px ${ink.ui}`;
      context.textAlign = "center";
      context.fillText(String(column), x, footTop + 26);
    }
  }
  const named = turned ? [] : [scene.selected.column, scene.pointed?.column ?? -1];
  for (const column of named) if (column >= 0) flag(pen, scene.token(column), column);
}

function turnedLabel(context: Context, text: string, x: number, y: number, room: number, font: string): void {
  context.save();
  context.translate(x, y);
  context.rotate(Math.PI / 2);
  context.font = font;
  context.textAlign = "left";
  context.fillText(fitted(context, text, room), 0, 0);
  context.restore();
}

/** The label of one chosen column, over its neighbours' ticks. */
function flag({ context, layout, scroll, view, ink, footTop }: Pen, text: string, column: number): void {
  const middle = originOf(layout, scroll, { row: 0, column }).x + layout.cellWidth / 2;
  context.font = `600 ${LABEL_FONT}px ${ink.mono}`;
  const width = context.measureText(text).width + 8;
  const left = Math.max(layout.gutter, Math.min(view.width - width, middle - width / 2));
  context.fillStyle = ink.accentPaper;
  context.fillRect(left, footTop + 2, width, 16);
  context.fillStyle = ink.accent;
  context.textAlign = "left";
  context.fillText(text, left + 4, footTop + 11);
}

function disc(context: Context, x: number, y: number, radius: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

const fits = new Map<string, string>();

/** As much of a text as there is room for, with … where it was cut. Measured once for each font and room. */
function fitted(context: Context, text: string, room: number): string {
  const key = `${context.font}\n${room}\n${text}`;
  let found = fits.get(key);
  if (found === undefined) {
    found = text;
    const letters = [...text];
    while (letters.length && context.measureText(found).width > room) {
      letters.pop();
      found = `${letters.join("")}…`;
    }
    if (fits.size > 4000) fits.clear();
    fits.set(key, found);
  }
  return found;
}
