/** One view of a token stream: it reads the link's store and the traits, and draws what changed. */
import { MetricBar, Notice } from "../shared/bars";
import { connect } from "../shared/connect";
import { Alternatives, tokenFigures } from "../shared/detail";
import { h, replaceChildren, shown, taken } from "../shared/dom";
import { KeyHelp, type Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { absoluteScale, metricOf, percentileScale, type HeatScale } from "../shared/metrics";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import { destination } from "../shared/navigation";
import type { Run } from "../shared/runs";
import { SettingsPanel } from "../shared/settings";
import { Strip } from "../shared/strip";
import { HeatArea } from "../shared/heat_area";
import { describeToken } from "../shared/token_area";
import { leastSure, origin, tokenTips } from "../shared/run_facts";
import { Tooltip } from "../shared/tooltip";
import { Branches, type BranchesHost } from "../shared/branches";
import { SYNTAX_TRAITS, SyntaxLayer } from "./syntax_layer";
import { Toolbar } from "./toolbar";

const TRAITS = ["selected", "metric", "scale", "status", "error", "prompt", "show_line_numbers", "show_whitespace", "show_special", "color_prompt", "_columns", "_alignments", "_model", ...SYNTAX_TRAITS];

const KEYS: Keys = [
  ["← →", "the token before, after"],
  ["↑ ↓", "the token above, below"],
  ["Home End", "first, last token of the line"],
  ["Enter", "alternatives of the selected token; Enter again regenerates from one"],
  ["Shift ↑ ↓", "with syntax: select the node around, a smaller one"],
  ["Esc", "back to the text; deselect the node"],
  ["Ctrl Enter", "in the prompt: generate"],
  ["?", "this list"],
];

export class TokenStreamView {
  protected readonly root = h("div", { class: "ts-root ts-token-stream" });
  protected readonly toolbar: Toolbar;
  protected readonly settings: SettingsPanel;
  protected readonly bar: MetricBar;
  protected readonly notice: Notice;
  protected readonly area = new HeatArea();
  protected readonly empty = h("p", { class: "ts-empty" });
  protected readonly progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": "Tokens written" }, h("i"));
  protected readonly figures = h("div", { class: "ts-detail-head" });
  protected readonly alternatives: Alternatives;
  protected readonly strip: Strip;
  protected readonly branches: Branches;
  protected readonly syntax: SyntaxLayer;
  protected readonly foot = h("span", { class: "ts-origin" });
  protected readonly side = h("aside", { class: "ts-side", "aria-label": "Selected token" });
  protected readonly keys = new KeyHelp(this.keyList());
  protected readonly cleanUps: CleanUp[] = [];
  protected paintedFor = "";
  private paintedWith: HeatScale | null = null;
  private paintedOpen: Set<number> | null = null;
  protected focusNext = false;

  constructor(
    protected readonly link: Link,
    protected readonly model: WidgetModel,
    el: HTMLElement,
  ) {
    this.notice = new Notice(model, () => this.update());
    this.bar = new MetricBar(model);
    this.settings = new SettingsPanel(model, true);
    this.syntax = new SyntaxLayer(model, (i) => this.select(i, true));
    this.toolbar = new Toolbar({
      generate: (prompt) => this.ask("generate", { prompt, settings: trait(model, "settings", {}) }),
      stop: () => this.ask("stop"),
      toggleSettings: () => this.settings.toggle(),
      promptChanged: (prompt) => setTrait(model, "prompt", prompt),
    }, this.syntax.toggle);
    this.alternatives = new Alternatives({
      choose: (token) => this.ask("branch", { at: this.selected, token }),
      chooseBatch: (k) => this.ask("alternatives", { at: this.selected, k }),
      tokenize: (text) => link.request("tokenize", { text }) as Promise<{ id: number; text: string }[]>,
      unavailable: () => this.blocked() ?? (this.working ? "Generating: wait, or press Stop." : null),
    });
    this.strip = new Strip((i) => this.select(i, false));
    this.branches = new Branches(this.branchesHost(), new Tooltip(this.root));
    this.build();
    el.append(this.root);
    this.listen(el);
    this.update();
  }

  dispose(): void {
    for (const cleanUp of this.cleanUps) cleanUp();
    this.settings.dispose();
    this.root.remove();
  }

  protected keyList(): Keys {
    return KEYS;
  }

  protected branchesHost(): BranchesHost {
    return { ask: (action, args) => this.ask(action, args), select: (i) => this.select(i, false) };
  }

  /** What is said of a token beside its figures. */
  protected tip(run: Run, i: number): string {
    return this.syntax.messageAt(run, i);
  }

  protected build(): void {
    this.side.append(this.figures, this.alternatives.element);
    const text = h("div", { class: "ts-text" }, this.area.element, this.empty, this.strip.element, this.syntax.element);
    this.root.append(
      this.toolbar.element,
      this.settings.element,
      this.progress,
      this.notice.element,
      this.bar.element,
      h("div", { class: "ts-main" }, text, this.side),
      this.branches.element,
      this.keys.element,
      h("footer", { class: "ts-foot" }, h("span", {}, h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " move"), h("span", {}, h("kbd", {}, "Enter"), " alternatives"), this.keys.button, this.foot),
    );
  }

  protected listen(el: HTMLElement): void {
    const { link, model, root } = this;
    this.cleanUps.push(connect({ link, model, root, traits: TRAITS, update: () => this.update(), sized: el, working: () => this.working }), tokenTips(root, this.area.element, () => this.run, (run, i) => this.tip(run, i)));
    this.area.element.addEventListener("click", (event) => {
      const span = (event.target as Element).closest<HTMLElement>("[data-i]");
      if (span) this.select(Number(span.dataset.i), true);
    });
    this.root.addEventListener("keydown", (event) => this.pressed(event));
  }

  protected get selected(): number {
    return trait(this.model, "selected", -1);
  }

  private get status(): string {
    return trait(this.model, "status", "empty");
  }

  protected get working(): boolean {
    return this.status === "queued" || this.status === "generating";
  }

  /** What the columns depend on beside their runs. */
  protected get notes(): string {
    return "";
  }

  protected get run(): Run | undefined {
    return this.link.run;
  }

  /** Why nothing can be generated, or null. */
  protected blocked(): string | null {
    if (this.link.presence.value === "static") return "No kernel is behind this page.";
    if (this.link.presence.value === "gone") return "The kernel is gone.";
    const { available } = trait<{ available?: boolean }>(this.model, "_model", {});
    return available ? null : "No model is behind this run: pass session=… to TokenStream.";
  }

  protected ask(action: string, args: Record<string, unknown> = {}): void {
    this.notice.say("");
    this.link.request(action, args).catch((error: Error) => this.notice.say(error.message));
  }

  protected select(i: number, focus: boolean): void {
    this.focusNext = focus;
    if (i !== this.selected) setTrait(this.model, "selected", i);
    this.update();
  }

  protected pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    if (event.key === "Escape") {
      if (this.keys.open) this.keys.toggle();
      else if (this.area.element.contains(target) && this.syntax.clearNode()) void 0;
      else if (this.area.spanOf(Math.max(this.selected, 0))) this.area.spanOf(Math.max(this.selected, 0))!.focus();
    } else if (event.key === "?" && !typing) this.keys.toggle();
    else if (this.area.element.contains(target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const by = event.shiftKey ? { ArrowUp: 1 as const, ArrowDown: -1 as const }[event.key] : undefined;
      if (by && this.syntax.resize(this.run, this.selected, by)) return taken(event);
      const next = destination(event.key, this.area, this.selected);
      if (next >= 0) this.select(next, true);
      else if (event.key === "Enter" || event.key === " ") {
        if (this.selected < 0) this.select(0, true);
        this.alternatives.focus();
      } else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  protected update(): void {
    const run = this.run;
    const metric = metricOf(this.model.get("metric"));
    const percentile = this.model.get("scale") === "percentile";
    const within = run ? this.syntax.scale(run, metric) : null;
    const scale: HeatScale = within ?? (run && percentile ? percentileScale(metric, run) : absoluteScale(metric));
    this.toolbar.update(trait(this.model, "prompt", ""), this.status, this.blocked());
    const open = this.syntax.open(run);
    this.bar.update(metric, within ? "of its role" : percentile ? "of the run" : "", run, open ? "more entropy than 95 % of the written tokens of its role, or of a wider class where these are few" : undefined);
    this.notice.update(this.link.presence.value);
    this.updateProgress(run);
    shown(this.area.element, !!run);
    shown(this.strip.element, !!run);
    shown(this.empty, !run);
    shown(this.side, !!run);
    this.empty.textContent = this.working ? "Reading the prompt …" : "Type a prompt and press Generate: the tokens appear here, coloured by how sure the model was.";
    if (run) this.updateText(run, metric.name, String(percentile), scale, within, open);
    else this.syntax.update(run, this.area, -1, null);
    this.branches.update(this.link.store, this.model, metric, percentile, this.blocked() !== null || this.working, this.notes);
    this.foot.textContent = run ? origin(run) : trait<{ name?: string }>(this.model, "_model", {}).name ?? "";
  }

  private updateText(run: Run, metric: string, way: string, scale: HeatScale, within: HeatScale | null, open: Set<number> | null): void {
    const colorPrompt = this.model.get("color_prompt") === true;
    const atEnd = this.area.element.scrollTop + this.area.element.clientHeight >= this.area.element.scrollHeight - 24;
    this.area.setOptions({ lineNumbers: this.model.get("show_line_numbers") !== false, whitespace: this.model.get("show_whitespace") === true, special: this.model.get("show_special") === true, colorPrompt }, run);
    this.area.sync(run);
    const key = [run.id, metric, way, colorPrompt, this.model.get("show_whitespace"), run.length > run.meta.prompt_length].join();
    this.area.paint(run, metricOf(metric), scale, key !== this.paintedFor || within !== this.paintedWith || open !== this.paintedOpen || (way !== "false" && !run.running), open);
    this.paintedFor = key;
    this.paintedWith = within;
    this.paintedOpen = open;
    if (run.running && atEnd && this.selected < 0) this.area.element.scrollTop = this.area.element.scrollHeight;
    const selected = this.selected < run.length ? this.selected : -1;
    this.area.select(selected, this.focusNext);
    this.focusNext = false;
    if (selected >= 0) this.area.spanOf(selected)?.setAttribute("aria-label", describeToken(run, selected) + this.syntax.words(run, selected));
    this.syntax.update(run, this.area, selected, { static: "No kernel is behind this page.", gone: "The kernel is gone." }[this.link.presence.value as string] ?? null);
    this.strip.draw(run, metricOf(metric), selected);
    this.updateSide(run, selected);
  }

  protected updateSide(run: Run, selected: number): void {
    shown(this.alternatives.element, selected >= 0);
    if (selected < 0) return replaceChildren(this.figures, ...this.syntax.findings(run, -1), ...this.syntax.hesitations(run), ...leastSure(run, (i) => this.select(i, true)));
    replaceChildren(this.figures, ...tokenFigures(run, selected), ...this.syntax.findings(run, selected));
    this.alternatives.show(run, selected, this.branches.regenerated(selected));
  }

  private updateProgress(run: Run | undefined): void {
    shown(this.progress, true);
    this.progress.classList.toggle("on", this.working);
    const growing = trait<string[]>(this.model, "_columns", []).map((id) => this.link.store.runs.get(id)).filter((r): r is Run => !!r?.running);
    const watched = growing[0] ?? run;
    const start = watched?.meta.lineage ? Math.max(watched.meta.lineage.at + 1, watched.meta.prompt_length) : (watched?.meta.prompt_length ?? 0);
    const share = this.working && watched?.running ? (watched.length - start) / watched.meta.settings.max_new_tokens : 0;
    (this.progress.firstElementChild as HTMLElement).style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
    this.progress.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.root.setAttribute("aria-busy", String(this.working));
  }
}
