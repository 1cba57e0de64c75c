/** One view of the runs: traits in, the tree and the panel out; clicks and keys become traits and requests. */
import { Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { button, h, on, say, shown, taken } from "../shared/dom";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import { Beside } from "./beside";
import { Controls } from "./controls";
import { TreeData, type RunInfo, type TreeMessage } from "./data";
import { linesOf, ranked, textOf, visible, type Line } from "./lines";
import { RunList } from "./list";
import { outcomeOf, tally, type Outcome, type Verdict } from "../shared/outcome";
import { Panel } from "./panel";
import { plural, type RowFacts } from "./row";

const TRAITS = ["_tree", "_columns", "selected", "marked", "pinned", "labels", "verdicts", "sort", "error"];

const KEYS: Keys = [
  ["↑ ↓", "the run above, below"],
  ["← →", "close, then to the run it hangs off; open, then into what hangs off it"],
  ["Home End", "the first, the last run"],
  ["Enter", "open the run: it is shown in the linked stream"],
  ["Space", "mark it for comparison; of two that are marked, the older goes"],
  ["c", "compare the two that are marked; close the comparison"],
  ["F2 r", "give it a name"],
  ["p", "pin it: pruning leaves it alone"],
  ["Delete", "prune it, with what was branched from it"],
  ["/", "filter"],
  ["Esc", "close this list, clear the filter, unmark"],
  ["?", "this list"],
];

/** Everything that is drawn, for one state of the traits. */
interface Drawn {
  data: TreeData;
  lines: Line[];
  facts: RowFacts[];
  verdicts: (Verdict | undefined)[];
}

/** The view as one closure: its parts know each other by name; returns how to take it down. */
export function showBranchTree(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-root ts-branch-tree" });
  const notice = new Notice(model, () => update());
  const controls = new Controls(model, () => update(), () => compare());
  const host = { open, mark, pin, prune, rename, fold, moved: () => drawPanel(), goTo: (id: string) => list.goTo(id) };
  const list = new RunList(host);
  const panel = new Panel({ ...host, rename: () => void list.rename(trait<Record<string, string>>(model, "labels", {})[currentId()] ?? "") });
  const beside = new Beside(link, model, open, nameOf);
  const empty = h("p", { class: "ts-empty", role: "status" });
  const main = h("div", { class: "ts-main" }, h("div", { class: "ts-text" }, list.element), panel.element);
  const keys = new KeyHelp(KEYS);
  const restore = button({ class: "ts-quiet restore", onclick: () => ask("restore") });
  const hint = (names: string, what: string): HTMLElement => h("span", { class: "ts-key-hint" }, ...names.split(" ").flatMap((key) => [h("kbd", {}, key), " "]), what);
  const closed = new Set<string>();
  let message: TreeMessage | null = null;
  let drawn: Drawn | null = null;
  root.append(notice.element, controls.element, empty, main, beside.element, keys.element, h("footer", { class: "ts-foot" }, hint("↑ ↓", "move"), hint("Enter", "open"), hint("Space", "mark"), keys.button, restore));
  el.append(root);
  on(root, "keydown", (event) => pressed(event));
  const cleanUp = connect({ link, model, root, traits: TRAITS, update: () => update(), sized: list.axis });
  update();

  return () => {
    cleanUp();
    root.remove();
  };

  function ask(action: string, args: Record<string, unknown> = {}): void {
    link.request(action, args).catch((error: Error) => notice.say(error.message));
  }

  function live(): boolean {
    return !["static", "gone"].includes(link.presence.value);
  }

  function currentId(): string {
    return drawn?.lines[list.current]?.run.id ?? "";
  }

  function nameOf(id: string): string {
    return drawn?.facts.find(({ line }) => line.run.id === id)?.name ?? "";
  }

  function marks(): string[] {
    return trait<string[]>(model, "marked", []);
  }

  function open(id: string): void {
    if (model.get("selected") !== id) setTrait(model, "selected", id);
    if (live()) ask("open", { run: id });
  }

  function mark(id: string): void {
    const now = marks();
    setTrait(model, "marked", now.includes(id) ? now.filter((one) => one !== id) : [...now.slice(-1), id]);
  }

  function pin(id: string): void {
    const now = trait<string[]>(model, "pinned", []);
    setTrait(model, "pinned", now.includes(id) ? now.filter((one) => one !== id) : [...now, id]);
  }

  function rename(id: string, label: string): void {
    const { [id]: _old, ...others } = trait<Record<string, string>>(model, "labels", {});
    setTrait(model, "labels", label ? { ...others, [id]: label } : others);
  }

  function prune(id: string): void {
    if (trait<string[]>(model, "pinned", []).includes(id)) notice.say("This run is pinned: unpin it first (p), then prune it.");
    else ask("prune", { run: id });
  }

  function fold(id: string, close: boolean): void {
    if (close) closed.add(id);
    else closed.delete(id);
    update();
  }

  function compare(): void {
    if (beside.open) ask("compare", { close: true });
    else if (marks().length === 2) ask("compare", { runs: marks() });
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = (event.target as Element).closest("input") !== null;
    if (event.key === "Escape") escape();
    else if (typing) return;
    else if (event.key === "?") keys.toggle();
    else if (event.key === "c") compare();
    else if (event.key === "/" && !controls.search.hidden) controls.search.focus();
    else return;
    taken(event);
  }

  function escape(): void {
    if (keys.open) keys.toggle();
    else if (controls.wanted) {
      controls.search.value = "";
      update();
    } else if (marks().length) setTrait(model, "marked", []);
  }

  function update(): void {
    notice.update(link.presence.value);
    drawn = read();
    const { data, lines, facts, verdicts } = drawn ?? { data: null, lines: [], facts: [], verdicts: [] };
    const wanted = controls.wanted ? facts.map((one) => matches(data!, one, controls.wanted)) : null;
    const found = wanted && wanted.filter(Boolean).length;
    shown(controls.element, lines.length > 0);
    shown(main, lines.length > 0);
    shown(empty, lines.length === 0);
    say(empty, data?.pruned ? `All ${plural(data.pruned, "run")} were pruned.` : "No runs yet: what the session generates appears here.");
    beside.update();
    controls.update({ runs: lines.length, found, tally: tally(facts.map(({ outcome }) => outcome), verdicts), marked: marks().map(nameOf), beside: beside.open, live: live() });
    say(restore, data?.pruned ? `${data.pruned} pruned · restore` : "");
    shown(restore, !!data?.pruned);
    restore.disabled = !live();
    if (data) list.update({ data, lines, shown: visible(lines, closed, wanted), facts, selected: trait(model, "selected", "") });
    drawPanel();
  }

  function drawPanel(): void {
    const at = list.current;
    panel.update(drawn?.data ?? null, drawn?.facts[at] ?? null, drawn?.verdicts[at], live());
  }

  function read(): Drawn | null {
    const sent = trait<TreeMessage | null>(model, "_tree", null);
    if (!sent?.columns) return null;
    const data = drawn && sent === message ? drawn.data : new TreeData(sent);
    message = sent;
    const all = trait<Record<string, Verdict>>(model, "verdicts", {});
    const outcomes = data.runs.map((run) => outcomeOf(all[run.id], run.finish));
    const lines = linesOf(data, ranked(data.runs, keyOf(model.get("sort"), outcomes)));
    return { data, lines, facts: factsOf(model, data, lines, outcomes, closed), verdicts: lines.map(({ run }) => all[run.id]) };
  }
}

function keyOf(sort: unknown, outcomes: readonly Outcome[]): (run: RunInfo) => number {
  if (sort === "probability") return ({ mean }) => (Number.isNaN(mean) ? Number.MAX_VALUE : mean);
  if (sort === "outcome") return ({ index }) => outcomes[index].order;
  return ({ index }) => index;
}

function factsOf(model: WidgetModel, data: TreeData, lines: readonly Line[], outcomes: readonly Outcome[], closed: ReadonlySet<string>): RowFacts[] {
  const labels = trait<Record<string, string>>(model, "labels", {});
  const marked = trait<string[]>(model, "marked", []);
  const pinned = new Set(trait<string[]>(model, "pinned", []));
  const name = (run: RunInfo | undefined): string => (run ? labels[run.id] || `#${run.number}` : "");
  return lines.map((line) => {
    const { run, above, kids } = line;
    return { line, above: name(lines[above]?.run), origin: name(data.runs[run.parent]), name: name(run), labelled: !!labels[run.id], outcome: outcomes[run.index], mark: ["A", "B"][marked.indexOf(run.id)] ?? "", pinned: pinned.has(run.id), open: kids.length ? !closed.has(run.id) : null };
  });
}

/** Whether what a row shows or says holds a text. */
function matches(data: TreeData, facts: RowFacts, wanted: string): boolean {
  const { line, name, outcome } = facts;
  const segment = line.own[0];
  // "2 of 5 tests passed" is not what somebody looks for who types "passed"
  const words = outcome.kind === "bad" ? `failed ${outcome.words.replace("passed", "")}` : outcome.words;
  const text = segment === undefined ? "" : data.head[segment] + textOf(data, line);
  return [name, `#${line.run.number}`, outcome.text, words, text].join("\n").toLowerCase().includes(wanted);
}
