/** The workbench: the stream with the lab's alternatives and outcomes, and panels beneath that open on demand. */
import type { BranchesHost } from "../shared/branches";
import { button, taken } from "../shared/dom";
import type { Keys } from "../shared/keys";
import type { Link } from "../shared/link";
import { onTraits, setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import { TokenStreamView } from "../token_stream/view";
import { Lab, LAB_KEYS, LAB_TRAITS } from "../what_if/lab";
import type { Range } from "../what_if/stretch";
import { PANELS, Panels } from "./panels";

const UNDO = "u";

class ExplorerView extends TokenStreamView {
  // made in `build`, which the base calls before fields of this class would be set
  private declare lab: Lab;
  private declare panels: Panels;
  private declare undo: HTMLButtonElement;

  override dispose(): void {
    this.panels.dispose();
    super.dispose();
  }

  protected override build(): void {
    super.build();
    const { link, model } = this;
    const lab = (this.lab = new Lab(link, model, this.area, {
      ask: (action, args) => this.ask(action, args),
      select: (i, focus) => this.select(i, focus),
      mark: (range, to) => this.mark(range, to),
      blocked: () => this.blocked(),
      working: () => this.working,
    }));
    this.panels = new Panels(link, model);
    this.undo = button({ title: `Back to what was on display before (${UNDO})`, onclick: () => this.ask("undo") }, "Undo");
    this.root.classList.add("ts-what-if", "ts-explorer");
    // panels have a side for the selected token, too
    this.side.setAttribute("aria-label", "Selected token and its alternatives");
    lab.controls.append(this.panels.buttons, this.undo);
    this.settings.element.after(lab.controls, lab.checks.element);
    this.strip.element.after(lab.lane.element);
    this.figures.before(lab.stretch.element);
    this.figures.after(lab.decided);
    this.branches.element.before(lab.outcome);
    this.branches.element.after(this.panels.element);
  }

  protected override listen(el: HTMLElement): void {
    // before the stream's own: a click with Shift ends a stretch, and selects nothing else
    this.area.element.addEventListener("click", (event) => {
      const span = (event.target as Element).closest<HTMLElement>("[data-i]");
      if (span && this.lab.clicked(Number(span.dataset.i), event.shiftKey, this.selected)) event.stopImmediatePropagation();
    });
    super.listen(el);
    this.cleanUps.push(onTraits(this.model, [...LAB_TRAITS, "panels", "_past"], () => this.update()));
  }

  protected override keyList(): Keys {
    return [...super.keyList(), ...LAB_KEYS, [`1 – ${PANELS.length}`, `panels: ${PANELS.map(({ title }) => title).join(", ")}`], [UNDO, "undo"]];
  }

  protected override branchesHost(): BranchesHost {
    return { ...super.branchesHost(), note: (run) => this.lab.note(run), merged: (id) => this.lab.merged(id) };
  }

  protected override get notes(): string {
    return this.lab.notes;
  }

  protected override get working(): boolean {
    return super.working || this.lab.working;
  }

  protected override tip(run: Run, i: number): string {
    return [super.tip(run, i), this.lab.pointNote(i)].filter(Boolean).join(" · ");
  }

  protected override select(i: number, focus: boolean): void {
    if (this.model.get("span")) setTrait(this.model, "span", null);
    super.select(i, focus);
  }

  private mark(range: Range | null, to: number): void {
    this.focusNext = true;
    setTrait(this.model, "span", range);
    setTrait(this.model, "selected", to);
    this.update();
  }

  protected override pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    const own = !event.ctrlKey && !event.metaKey && !event.altKey && !typing && this.own(event, this.area.element.contains(target));
    if (own) taken(event);
    else super.pressed(event);
  }

  private own(event: KeyboardEvent, inText: boolean): boolean {
    const { key, shiftKey } = event;
    const panel = PANELS[Number(key) - 1];
    if (panel) this.panels.toggle(panel.name);
    else if (key === UNDO && !this.undo.disabled) this.ask("undo");
    // with syntax, Shift and the vertical arrows select nodes
    else if (shiftKey && ["ArrowUp", "ArrowDown"].includes(key) && this.model.get("syntax")) return false;
    else return !(key === "Escape" && this.keys.open) && this.lab.pressed(key, shiftKey, inText, this.selected);
    return true;
  }

  protected override update(): void {
    super.update();
    const { run, selected } = this;
    this.lab.update(run, run && selected < run.length ? selected : -1);
    this.panels.update();
    this.undo.disabled = trait(this.model, "_past", 0) === 0 || this.blocked() !== null || this.lab.occupied;
  }
}

export function showExplorer(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const view = new ExplorerView(link, model, el);
  return () => view.dispose();
}
