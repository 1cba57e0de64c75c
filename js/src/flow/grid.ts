/** All layers and heads as small maps on one canvas, with one button over each. */
import { aria, button, flag, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { floor } from "../shared/math";
import { setTrait, type WidgetModel } from "../shared/model";
import type { Grid, FlowStore } from "./store";

const CELL = 27;

export interface GridPanel {
  element: HTMLElement;
  update(visible: boolean): void;
}

/** The panel, closed at first; maps are asked for when it is opened. */
export function gridPanel(model: WidgetModel, store: FlowStore): GridPanel {
  const element = h("section", { class: "ts-grid", "aria-label": "All layers and heads" });
  const toggle = button({ class: "ts-quiet", "aria-expanded": "false" });
  const mean = button({}, "mean of all");
  const note = h("p", { class: "ts-hint", role: "status" });
  const sheet = h("div", { class: "ts-sheet", role: "group", "aria-label": "Small maps" });
  const body = h("div", { class: "ts-grid-body", hidden: true });
  const canvas = h("canvas", { "aria-hidden": "true" });
  let cells: HTMLButtonElement[] = [];
  let drawn: Grid | null = null;
  let drawnFor: string | undefined;
  let columns = 1;

  on(toggle, "click", () => setOpen(body.hidden === true));
  on(mean, "click", () => choose(null, null));
  on(sheet, "keydown", (event) => pressed(event));
  body.append(h("div", { class: "ts-grid-head" }, mean, note), h("div", { class: "ts-grid-scroll" }, sheet));
  element.append(toggle, body);

  return { element, update };

  function setOpen(open: boolean): void {
    body.hidden = !open;
    update();
  }

  function choose(layer: number | null, head: number | null): void {
    model.set("layer", layer);
    setTrait(model, "head", head);
  }

  function update(visible = true): void {
    shown(element, visible);
    const open = body.hidden === false;
    say(toggle, `${open ? "▾" : "▸"} all layers and heads`);
    aria(toggle, "expanded", open);
    if (!open || !visible) return;
    const run = (model.get("_columns") as string[] | undefined)?.[0];
    const fits = store.gridSink === undefined || store.gridSink === model.get("sink");
    const grid = store.grid?.run === run && fits ? store.grid : null;
    if (!fits && typeof store.gridWait === "object") return store.askGrid();
    if (!grid && store.gridWait === null) return store.askGrid();
    const wait = store.gridWait;
    say(note, grid ? "Positions down read positions across. Arrows move, Enter chooses." : typeof wait === "object" && wait ? wait.error : "looking at every layer and head …");
    shown(sheet, grid !== null);
    if (grid) show(grid);
  }

  function show(grid: Grid): void {
    const theme = element.closest<HTMLElement>("[data-theme]")?.dataset.theme;
    if (grid !== drawn || theme !== drawnFor) {
      drawn = grid;
      drawnFor = theme;
      build(grid);
      paint(grid);
    }
    const [layer, head] = [model.get("layer") ?? null, model.get("head") ?? null];
    aria(mean, "pressed", layer === null && head === null);
    let current = cells[0];
    cells.forEach((cell, i) => {
      const [l, n] = [grid.layers[i % columns], grid.heads[floor(i / columns)]];
      const chosen = l === layer && n === head;
      // one of the two chosen, the other a mean: the whole row or column takes part
      flag(cell, "part", (l === layer && head === null) || (n === head && layer === null));
      aria(cell, "pressed", chosen);
      cell.tabIndex = -1;
      if (chosen) current = cell;
    });
    current.tabIndex = 0;
  }

  /** Heads down, layers across. */
  function build({ layers, heads }: Grid): void {
    columns = layers.length;
    sheet.style.gridTemplateColumns = `56px repeat(${layers.length}, ${CELL}px)`;
    cells = heads.flatMap((head) => layers.map((layer) => {
      const label = `layer ${layer}, head ${head}`;
      return button({ "aria-label": label, title: label, onclick: () => choose(layer, head) });
    }));
    const rows = heads.flatMap((head, i) => [h("span", { class: "row" }, i ? head : `head ${head}`), ...cells.slice(i * layers.length, (i + 1) * layers.length)]);
    replaceChildren(sheet, canvas, h("span", { class: "row" }, "layer"), ...layers.map((layer) => h("span", {}, layer)), ...rows);
  }

  /** Every small map at its place; the root of the weight, because a few cells hold most of it. */
  function paint({ size, layers, heads, cells }: Grid): void {
    const [width, height] = [layers.length * size, heads.length * size];
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${layers.length * CELL}px`;
    canvas.style.height = `${heads.length * CELL}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    const color = getComputedStyle(element).getPropertyValue("--ts-accent").trim();
    const rgb = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) || 0);
    cells.forEach((value, i) => {
      const [key, query, map] = [i % size, floor(i / size) % size, floor(i / size / size)];
      const [head, layer] = [map % heads.length, floor(map / heads.length)];
      image.data.set([...rgb, Math.sqrt(value * 255)], ((head * size + query) * width + layer * size + key) * 4);
    });
    context.putImageData(image, 0, 0);
  }

  function pressed(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!by) return;
    const now = cells.indexOf(document.activeElement as HTMLButtonElement);
    const next = cells[now + by];
    if (next) {
      cells[now].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    taken(event);
  }
}
