/** One view of a program's syntax: traits in, the outline and the panel out; clicks and keys become traits. */
import { Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { h, on, replaceChildren, say, shown, taken } from "../shared/dom";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { trait, type CleanUp, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import { syntaxOf, type Syntax } from "../shared/syntax";
import { Controls } from "./controls";
import { Outline } from "./outline";
import { Panel } from "./panel";
import { readingOf, type Reading } from "./reading";
import { OutlineTree } from "./tree";

const TRAITS = ["selected", "span", "metric", "statistic", "order", "scale", "error", "_syntax", "_columns"];

const KEYS: Keys = [
  ["↑ ↓", "the row above, below"],
  ["→ ←", "open and go in; close and go out"],
  ["Home End", "the first, the last row"],
  ["Enter", "select the node: its tokens are selected in linked views"],
  ["Space", "show or hide the expressions of the row itself"],
  ["Esc", "select nothing"],
  ["?", "this list"],
];

const NO_CODE = "No code was found in this text. Say which language it is: CodeView(run, language='python').";

/** The view as one closure: its parts know each other by name; returns how to take it down. */
export function showCodeView(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-code-view" });
  const notice = new Notice(model, () => update());
  const controls = new Controls(model);
  const notes = h("div", { class: "ts-notices" });
  const tree = new OutlineTree((node) => selectNode(node));
  const panel = new Panel(select);
  const empty = h("p", { class: "ts-empty", role: "status" });
  const main = h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, tree.element), panel.element);
  const keys = new KeyHelp(KEYS);
  const origin = h("span", { class: "ts-origin" });
  const hint = (names: string, what: string): HTMLElement => h("span", { class: "ts-key-hint" }, ...names.split(" ").flatMap((key) => [h("kbd", {}, key), " "]), what);
  let outline: Outline | null = null;
  let read: { key: unknown[]; reading: Reading | null } = { key: [], reading: null };
  root.append(notice.element, controls.element, notes, empty, main, keys.element, h("footer", { class: "ts-foot" }, hint("↑ ↓", "move"), hint("→ ←", "open, close"), hint("Enter", "select"), keys.button, origin));
  el.append(root);
  on(root, "keydown", (event) => pressed(event));
  const cleanUp = connect({ link, model, root, traits: TRAITS, update: () => update(), sized: el, working: () => !!link.run?.running });
  update();

  return () => {
    cleanUp();
    root.remove();
  };

  function selectNode(node: number): void {
    const syntax = outline?.syntax;
    if (syntax && syntax.first(node) >= 0) select(syntax.first(node), syntax.first(node), syntax.last(node));
  }

  /** Both traits in one message: linked views see the token and the node together. */
  function select(token: number, first: number, last: number): void {
    const span = trait<number[] | null>(model, "span", null);
    const same = span?.[0] === first && span[1] === last;
    if (same && model.get("selected") === token) return;
    if (model.get("selected") !== token) model.set("selected", token);
    if (!same) model.set("span", [first, last]);
    model.save_changes();
    update();
  }

  function clear(): void {
    if (trait(model, "selected", null) === null && trait(model, "span", null) === null) return;
    model.set("selected", null);
    model.set("span", null);
    model.save_changes();
    update();
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") keys.open ? keys.toggle() : clear();
    else if (event.key === "?") keys.toggle();
    else return;
    taken(event);
  }

  function update(): void {
    const run = link.run;
    const syntax = syntaxOf(model, run?.id);
    notice.update(link.presence.value);
    say(origin, run ? originOf(run, syntax) : "");
    const found = !!run && !!syntax && syntax.nodes > 0;
    shown(main, found);
    shown(empty, !found);
    say(empty, !run ? "Nothing to read yet: pass a run to CodeView." : !syntax ? "Reading the syntax …" : run.running ? "No code yet." : syntax.message.notes.length ? "There is no syntax tree to show." : NO_CODE);
    showNotes(syntax);
    const reading = readingNow(syntax);
    controls.update(reading?.statistic ?? "mean");
    if (!found) return;
    if (outline?.syntax !== syntax) outline = new Outline(syntax);
    const token = trait(model, "selected", -1);
    const span = trait<[number, number] | null>(model, "span", null);
    tree.update({ run, syntax, outline, reading, byMetric: model.get("order") === "metric", span, token });
    panel.update(run, syntax, token, span);
  }

  /** The same object for the same question: rows are drawn again only for another. */
  function readingNow(syntax: Syntax | null): Reading | null {
    const key = [syntax, model.get("metric"), model.get("statistic")];
    if (key.some((part, i) => part !== read.key[i])) read = { key, reading: syntax?.message.metrics ? readingOf(syntax, key[1], key[2]) : null };
    return read.reading;
  }

  function showNotes(syntax: Syntax | null): void {
    const texts = syntax?.message.notes ?? [];
    if (texts.join("\n") === notes.dataset.said) return;
    notes.dataset.said = texts.join("\n");
    replaceChildren(notes, ...texts.map((text) => h("p", { class: "ts-note", role: "status" }, text)));
  }
}

function originOf(run: Run, syntax: Syntax | null): string {
  const language = syntax?.message.language ?? (syntax ? "text" : "");
  const prompted = run.meta.prompt_length > 0 && run.meta.prompt_length < run.length;
  const unfinished = syntax && !syntax.message.complete ? "unfinished" : "";
  return [run.meta.model, language, unfinished, `${run.length.toLocaleString("en")} tokens`, prompted ? "the prompt included" : ""].filter(Boolean).join(" · ");
}
