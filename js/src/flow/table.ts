/** The sources with their exact numbers; the picture's alternative for those who do not see it. */
import { flag, h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { abs, max, min } from "../shared/math";

export interface Row {
  /** What to tell the host: a far end, or a line. */
  id: number;
  /** The token to go to on Enter. */
  token: number;
  label: string;
  position: string;
  line: string;
  /** As a screen reader should say it. */
  spoken: string;
  weight: string;
  share: string;
  /** −1 … 1, relative to the strongest. */
  bar: number;
}

export interface TableText {
  caption: string;
  source: string;
  position: string;
  line: string;
  weight: string;
  /** What the rows leave out; empty: nothing. */
  rest: string;
}

export interface TableHost {
  hover(id: number | null): void;
  select(token: number): void;
  leave(): void;
}

export const ROWS_MOST = 200;

export interface FlowTable {
  element: HTMLElement;
  update(rows: Row[], text: TableText): void;
  /** Mark the row of what is under the pointer in the text. */
  mark(id: number | null): void;
  focus(): void;
}

/** An empty table; rows come with `update`. */
export function flowTable(host: TableHost): FlowTable {
  const element = h("div", { class: "ts-sources" });
  const caption = h("caption", { class: "ts-unseen" });
  const headRow = h("tr");
  const body = h("tbody");
  const rest = h("p", { class: "ts-hint" });
  let listed: Row[] = [];
  let drawnKey = "";
  let active = 0;

  const table = h("table", {}, caption, h("thead", {}, headRow), body);
  element.append(h("div", { class: "ts-scroll" }, table), rest);
  const rowOf = (event: Event): number => Number((event.target as Element).closest<HTMLElement>("[data-i]")?.dataset.i ?? -1);
  on(body, "pointerover", (event) => host.hover(listed[rowOf(event)]?.id ?? null));
  on(body, "pointerleave", () => host.hover(null));
  on(body, "focusin", (event) => host.hover(listed[rowOf(event)]?.id ?? null));
  on(body, "focusout", () => host.hover(null));
  on(body, "click", (event) => choose(rowOf(event)));
  on(body, "keydown", (event) => pressed(event, rowOf(event)));

  return { element, update, mark, focus };

  function update(rows: Row[], text: TableText): void {
    shown(element, rows.length > 0);
    flag(element, "lines", text.position === "");
    say(rest, text.rest);
    shown(rest, text.rest !== "");
    say(caption, text.caption);
    const key = JSON.stringify([text.source, text.weight, rows]);
    if (key === drawnKey) return;
    drawnKey = key;
    listed = rows;
    active = 0;
    const column = (name: string, number: boolean): HTMLElement => h(name ? "th" : "td", { scope: name ? "col" : undefined, class: number ? "num" : "" }, name);
    replaceChildren(headRow, column(text.source, false), column(text.position, true), column(text.line, true), column(text.weight, true), column("share", true), h("td", { "aria-hidden": "true" }));
    replaceChildren(body, ...rows.map((row, i) => line(row, i)));
  }

  function line(row: Row, i: number): HTMLElement {
    const bar = h("i", { class: row.bar < 0 ? "neg" : "" });
    bar.style.width = `${max(2, abs(row.bar) * 100)}%`;
    return h(
      "tr",
      { "data-i": i, tabindex: i === 0 ? 0 : -1, "aria-label": row.spoken },
      h("th", { scope: "row" }, h("code", { title: row.label }, row.label)),
      h("td", { class: "num dim" }, row.position),
      h("td", { class: "num dim" }, row.line),
      h("td", { class: "num" }, row.weight),
      h("td", { class: "num" }, row.share),
      h("td", { class: "bar", "aria-hidden": "true" }, bar),
    );
  }

  /** Mark the row of what is under the pointer in the text. */
  function mark(id: number | null): void {
    body.querySelector(".on")?.classList.remove("on");
    if (id === null) return;
    const i = listed.findIndex((row) => row.id === id);
    const row = body.children[i] as HTMLElement | undefined;
    if (!row) return;
    row.classList.add("on");
    if (!element.matches(":hover, :focus-within")) inSight(row);
  }

  function inSight(row: HTMLElement): void {
    const box = element.firstElementChild as HTMLElement;
    const top = row.offsetTop - 24;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = row.offsetTop + row.offsetHeight - box.clientHeight;
  }

  function focus(): void {
    (body.children[active] as HTMLElement | undefined)?.focus();
  }

  function choose(i: number): void {
    if (listed[i]) host.select(listed[i].token);
  }

  function pressed(event: KeyboardEvent, i: number): void {
    const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: listed.length - 1 }[event.key];
    if (to !== undefined) {
      active = max(0, min(listed.length - 1, to));
      for (const row of body.children) (row as HTMLElement).tabIndex = -1;
      const row = body.children[active] as HTMLElement;
      row.tabIndex = 0;
      row.focus({ preventScroll: true });
      inSight(row);
    } else if (event.key === "Enter" || event.key === " ") choose(i);
    else if (event.key === "Escape") host.leave();
    else return;
    taken(event);
  }
}
