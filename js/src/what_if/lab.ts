/** What the counterfactual lab adds to a run: how far to write, tests, where it was decided, stretches, outcomes. */
import { aria, button, data, h, replaceChildren, say, shown, type Child } from "../shared/dom";
import type { Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { setTrait, trait, type WidgetModel } from "../shared/model";
import { destination } from "../shared/navigation";
import type { Run } from "../shared/runs";
import type { TokenArea } from "../shared/token_area";
import { Checks, countTests } from "./checks";
import { decisiveList, pointTable, UNTIL } from "./decided";
import { figureText, markOf, type ForkPoint, type Forks } from "./forks";
import { Lane } from "./lane";
import { Stretch, type Range } from "./stretch";
import { likeTo, note, summary, type Same, type Verdicts } from "./verdicts";

export const LAB_TRAITS = ["span", "tests", "until", "work", "progress", "_allowed", "_verdicts", "_same", "_forks"];
export const LAB_KEYS: Keys = [
  ["a", "regenerate the 3 likeliest others"],
  ["Shift ← →", "a stretch of tokens; r writes it anew"],
  ["[ ]", "the token before, after, that was asked about"],
  ["t", "tests"],
];

const WORK: Record<string, string> = { writing: "writing alternatives", testing: "running tests", forks: "trying other tokens" };

export interface LabHost {
  ask(action: string, args?: Record<string, unknown>): void;
  /** Select a token, and no stretch any more. */
  select(i: number, focus: boolean): void;
  /** Select a token, with a stretch that it belongs to. */
  mark(range: Range | null, to: number): void;
  /** Why nothing can be computed, or null. */
  blocked(): string | null;
  /** Whether something is being written or tested. */
  working(): boolean;
}

export class Lab {
  readonly controls: HTMLElement;
  readonly checks: Checks;
  readonly lane: Lane;
  readonly stretch: Stretch;
  readonly decided = h("section", { class: "ts-wi-decided" });
  readonly outcome = h("p", { class: "ts-wi-outcome", role: "status" });
  readonly #until: HTMLSelectElement;
  readonly #tests: HTMLButtonElement;
  readonly #where: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #doing = h("span", { class: "ts-wi-doing", role: "status" });

  constructor(
    private readonly link: Link,
    private readonly model: WidgetModel,
    private readonly area: TokenArea,
    private readonly host: LabHost,
  ) {
    const until = (this.#until = h("select", { "aria-label": "Write alternatives to the end of the", onchange: () => setTrait(model, "until", until.value) }, ...Object.entries(UNTIL).map(([value, text]) => h("option", { value }, text))));
    this.#tests = button({ "aria-expanded": "false", onclick: () => this.toggleTests() });
    this.#where = button({ onclick: () => host.ask("forks"), title: "Try other tokens at the positions where the model was least sure, write each on, and see what came of it" }, "Where was it decided?");
    this.#stop = button({ onclick: () => host.ask("stop"), hidden: true }, "Stop");
    this.checks = new Checks({ check: (tests) => host.ask("check", { tests }), allow: () => host.ask("allow") });
    this.lane = new Lane((i) => host.select(i, true));
    this.stretch = new Stretch(area, (range, to) => host.mark(range, to), (start, stop) => host.ask("rewrite", { start, stop }));
    this.controls = h("div", { class: "ts-wi-controls" }, h("label", {}, "Write alternatives to the end of the ", until), this.#tests, this.#where, this.#doing, this.#stop);
  }

  /** Whether alternatives are written, tokens tried or tests run. */
  get working(): boolean {
    return trait(this.model, "work", "") !== "";
  }

  /** Whether the model is at work: tests run beside it. */
  get occupied(): boolean {
    return this.host.working() && this.model.get("work") !== "testing";
  }

  /** Why a token cannot be replaced now, or null. */
  unavailable(): string | null {
    return this.host.blocked() ?? (this.occupied ? "Computing: wait, or press Stop." : null);
  }

  /** The analysis of the run on display. */
  get forks(): Forks | null {
    const found = trait<Partial<Forks>>(this.model, "_forks", {});
    return found.run && found.run === this.link.run?.id ? (found as Forks) : null;
  }

  /** What the columns depend on. */
  get notes(): string {
    return JSON.stringify([this.#verdicts, this.#same, this.model.get("work") === "testing"]);
  }

  note(run: Run): Child {
    return note(run, this.#verdicts[run.id], likeTo(run, this.#same, this.link.store.runs), this.model.get("work") === "testing");
  }

  merged(id: string): boolean {
    return id in this.#same;
  }

  pointNote(i: number): string {
    const [found, point] = [this.forks, this.#pointAt(i)];
    return found && point ? `${point.certain ? "decided here" : "not certain here"}: ${figureText(found, point)}` : "";
  }

  /** A key that the lab knows; whether it was one. */
  pressed(key: string, shift: boolean, inText: boolean, selected: number): boolean {
    const { host, stretch } = this;
    if (key === "Escape" && stretch.range) host.mark(null, selected);
    else if (key === "t") this.toggleTests();
    else if (key === "[" || key === "]") this.#jump(key === "]" ? 1 : -1, selected);
    else if (!inText) return false;
    else if (key === "r" && stretch.range && this.#noFill() === null) host.ask("rewrite", { start: stretch.range[0], stop: stretch.range[1] + 1 });
    else if (key === "a" && selected >= 0 && this.unavailable() === null) host.ask("alternatives", { at: selected, k: 3 });
    else if (shift && destination(key, this.area, selected) >= 0) stretch.extend(destination(key, this.area, selected), Math.max(selected, 0));
    else return false;
    return true;
  }

  /** A click on a token with Shift ends a stretch; whether it did. */
  clicked(i: number, shift: boolean, selected: number): boolean {
    if (!shift || selected < 0) return false;
    this.stretch.extend(i, selected);
    return true;
  }

  toggleTests(): void {
    aria(this.#tests, "expanded", this.checks.toggle());
  }

  update(run: Run | undefined, selected: number): void {
    this.#updateControls();
    const beside = trait<string[]>(this.model, "_columns", []).slice(1).map((id) => this.link.store.runs.get(id)).filter((one): one is Run => !!one);
    say(this.outcome, run && !this.host.working() ? summary(beside, this.#verdicts, this.#same) : "");
    shown(this.outcome, beside.length > 0);
    if (!run) return this.lane.update({} as Run, null, -1);
    const found = this.forks;
    const marks = new Map(found?.points.filter((point) => point.certain).map((point) => [point.at, markOf(found, point)]));
    for (let i = 0; i < run.length; i++) for (const [k, span] of this.area.spansOf(i).entries()) data(span, "mark", k ? undefined : marks.get(i));
    this.stretch.update(run, trait<Range | null>(this.model, "span", null), this.#noFill());
    this.lane.update(run, found, selected);
    const point = this.#pointAt(selected);
    const open = this.host.blocked() === null ? (token: number) => this.host.ask("show_arm", { at: selected, token }) : null;
    replaceChildren(this.decided, ...(found ? (selected < 0 ? decisiveList(run, found, (i) => this.host.select(i, true)) : point ? pointTable(found, point, open) : []) : []));
  }

  #updateControls(): void {
    const [off, busy, tests] = [this.host.blocked(), this.host.working(), trait(this.model, "tests", "")];
    const n = countTests(tests);
    this.#until.value = trait(this.model, "until", "function");
    this.#until.disabled = this.#where.disabled = off !== null || this.occupied || !this.link.run;
    this.checks.update(tests, this.model.get("_allowed") === true, off);
    say(this.#tests, n ? `Tests (${n})` : tests.trim() ? "Tests" : "Tests: none");
    say(this.#doing, busy ? `${WORK[trait(this.model, "work", "")] ?? "working"} … ${Math.round(trait(this.model, "progress", 0) * 100)} %` : "");
    shown(this.#stop, busy);
    this.#stop.disabled = off !== null;
    say(this.#where, this.forks && !this.forks.finished ? "Go on looking" : "Where was it decided?");
  }

  get #verdicts(): Verdicts {
    return trait<Verdicts>(this.model, "_verdicts", {});
  }

  get #same(): Same {
    return trait<Same>(this.model, "_same", {});
  }

  #pointAt(i: number): ForkPoint | undefined {
    return this.forks?.points.find(({ at }) => at === i);
  }

  /** Why the model cannot fill a gap, or null. */
  #noFill(): string | null {
    return this.unavailable() ?? (trait<{ fills?: boolean }>(this.model, "_model", {}).fills ? null : "This model has no tokens for filling a gap. Those of StarCoder, Qwen-Coder, CodeLlama, DeepSeek-Coder and others do.");
  }

  /** To the next position that was asked about. */
  #jump(by: 1 | -1, from: number): void {
    const places = (this.forks?.points ?? []).map(({ at }) => at).sort((a, b) => a - b);
    const next = by > 0 ? places.find((at) => at > from) : places.findLast((at) => at < from);
    if (next !== undefined) this.host.select(next, true);
  }
}
