/** The panels of the workbench: each opens on demand, and shows the same run and selection as the stream. */
import { aria, button, flag, h, shown } from "../shared/dom";
import type { Link } from "../shared/link";
import { setTrait, trait, type CleanUp, type WidgetModel } from "../shared/model";
import type { BufferLike } from "../shared/protocol";
import { PartPanel, type PartMessage } from "./part";

interface Kind {
  name: string;
  title: string;
  hint: string;
}

export const PANELS: Kind[] = [
  { name: "cause", title: "Cause", hint: "Which lines and tokens pushed the selected one, and how far to trust that" },
  { name: "structure", title: "Structure", hint: "The program's outline with the model's doubts, and what linters found" },
  { name: "tree", title: "Branches", hint: "Every run of the session as a tree, with how each ended" },
  { name: "sampler", title: "Sampler", hint: "What if the temperature or the cut-off were different" },
  { name: "lens", title: "Layers", hint: "What the model would have said after each of its layers" },
];

const MEMORY = "tokenscope-widgets:panels";
/** Shared by all that show the same run; the kernel sees to the selection, where there is one. */
const SELECTION = ["selected", "span"];
const SHARED = [...SELECTION, "metric"];

export class Panels {
  readonly element = h("div", { class: "ts-ex-panels" });
  readonly buttons = h("div", { class: "ts-ex-toggles", role: "group", "aria-label": "Panels" });
  readonly #open = new Map<string, PartPanel>();
  readonly #toggles = new Map<string, HTMLButtonElement>();
  readonly #cleanUps: CleanUp[] = [];

  constructor(
    private readonly link: Link,
    private readonly model: WidgetModel,
  ) {
    PANELS.forEach(({ name, title, hint }, i) => {
      const toggle = button({ title: `${hint} (${i + 1})`, "aria-pressed": "false", onclick: () => this.toggle(name) }, title);
      this.#toggles.set(name, toggle);
      this.buttons.append(toggle);
    });
    this.#cleanUps.push(link.onMessage("part" as never, (message, buffers) => this.#receive(message as never, buffers)));
    for (const name of SHARED) {
      const carry = (): void => this.#carry(name, this.model, null);
      model.on(`change:${name}`, carry);
      this.#cleanUps.push(() => model.off(`change:${name}`, carry));
    }
    const connection = () => this.#open.forEach(({ model: part }) => part?.emit("comm_live_update"));
    model.on("comm_live_update", connection);
    this.#cleanUps.push(() => model.off("comm_live_update", connection));
    this.#recall();
    this.update();
    if (this.#names.length && !this.#static) link.request("parts").catch(() => undefined);
  }

  get #names(): string[] {
    return trait<string[]>(this.model, "panels", []);
  }

  get #static(): boolean {
    return this.link.presence.value === "static";
  }

  toggle(name: string): void {
    const open = this.#names.includes(name) ? this.#names.filter((one) => one !== name) : [...this.#names, name];
    setTrait(this.model, "panels", open);
    this.#remember(open);
    this.update();
    if (open.includes(name)) this.#open.get(name)?.element.scrollIntoView({ block: "nearest" });
  }

  /** Open and close what the trait says. */
  update(): void {
    const names = this.#names;
    for (const [name, toggle] of this.#toggles) {
      aria(toggle, "pressed", names.includes(name));
      flag(toggle, "on", names.includes(name));
    }
    for (const [name, panel] of [...this.#open]) {
      if (names.includes(name)) continue;
      panel.dispose();
      this.#open.delete(name);
    }
    for (const { name, title } of PANELS) {
      if (!names.includes(name) || this.#open.has(name)) continue;
      const panel = new PartPanel(this.model, name, title, () => this.toggle(name), (model) => this.#share(name, model));
      this.#open.set(name, panel);
      if (!this.link.run) panel.say("Opens with the first run.");
      if (this.#static) void this.#saved(panel);
    }
    const elements = PANELS.filter(({ name }) => this.#open.has(name)).map(({ name }) => this.#open.get(name)!.element);
    elements.forEach((element, i) => this.element.children[i] !== element && this.element.insertBefore(element, this.element.children[i] ?? null));
    shown(this.element, elements.length > 0);
  }

  dispose(): void {
    for (const cleanUp of this.#cleanUps) cleanUp();
    for (const panel of this.#open.values()) panel.dispose();
  }

  #receive(message: PartMessage, buffers: BufferLike[]): void {
    const panel = this.#open.get(message.part);
    if (panel) void panel.receive(message, buffers);
  }

  async #saved(panel: PartPanel): Promise<void> {
    const state = trait<Record<string, Record<string, unknown>>>(this.model, "_parts", {})[panel.name];
    if (!state) return panel.say("This panel was not open when the page was saved: nothing was computed for it.");
    await panel.show({ ...state, _static: true });
  }

  /** A part is there: what it changes is changed everywhere. */
  #share(of: string, part: WidgetModel): void {
    for (const name of SHARED) part.on(`change:${name}`, () => this.#carry(name, part, of));
    this.#carry("metric", this.model, null);
  }

  #carry(name: string, from: WidgetModel, of: string | null): void {
    if (SELECTION.includes(name) && (!this.#static || of === "tree")) return;
    const run = trait<string[]>(from, "_columns", [])[0];
    const all: [string | null, WidgetModel | null][] = [[null, this.model], ...[...this.#open].map(([part, { model }]): [string, WidgetModel | null] => [part, model])];
    for (const [part, other] of all) {
      const fits = name === "metric" || (part !== "tree" && !!other && trait<string[]>(other, "_columns", [])[0] === run);
      if (other && other !== from && fits && other.get(name) !== undefined && !same(other.get(name), from.get(name))) setTrait(other, name, from.get(name) ?? null);
    }
  }

  /** The panels that were open the last time, in a workbench that was opened without any. */
  #recall(): void {
    if (this.#static || this.#names.length) return;
    try {
      const known = JSON.parse(localStorage.getItem(MEMORY) ?? "[]") as unknown;
      const names = PANELS.map(({ name }) => name).filter((name) => Array.isArray(known) && known.includes(name));
      if (names.length) setTrait(this.model, "panels", names);
    } catch {
      // a host without storage remembers nothing
    }
  }

  #remember(names: string[]): void {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(names));
    } catch {
      // as above
    }
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
