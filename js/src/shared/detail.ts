/** The numbers of one token, and what else could stand there. */
import { button, h, on, replaceChildren, taken, type Child } from "./dom";
import { count, METRICS, number, percent } from "./metrics";
import { Role, type Run } from "./runs";
import { labelText, unescapeTyped } from "./text";

const ROLE_NAMES: Record<number, string> = {
  [Role.Prompt]: "prompt",
  [Role.Generated]: "written by the model",
  [Role.Replaced]: "put in by you",
  [Role.Special]: "special token",
  [Role.Template]: "template",
};

/** Mean surprisal of the token's line, in nats. */
export function lineMean(run: Run, i: number): number {
  let first = i;
  while (first > 0 && !run.texts[first - 1].includes("\n")) first--;
  let sum = 0;
  let known = 0;
  for (let j = first; j < run.length; j++) {
    const value = run.surprisal(j);
    if (!Number.isNaN(value)) {
      sum += value;
      known++;
    }
    if (run.texts[j].includes("\n")) break;
  }
  return known ? sum / known : NaN;
}

function figure(label: string, value: string, help: string): HTMLElement {
  return h("div", { title: help }, h("dt", {}, label), h("dd", {}, value));
}

/** Chip, role and the metric grid of a token. */
export function tokenFigures(run: Run, i: number): Child[] {
  const d = run.model.scalars;
  const drawn = run.sampling?.scalars.logprob.at(i) ?? NaN;
  const ms = run.timeMs.at(i);
  const figures = [
    figure("probability", percent(run.probability(i)), METRICS.probability.help),
    figure("surprisal", `${number(run.surprisal(i))} nats`, METRICS.surprisal.help),
    figure("entropy", `${number(d.entropy.at(i))} nats`, METRICS.entropy.help),
    figure("rank", count(d.rank.at(i)), METRICS.rank.help),
    figure("margin", percent(d.margin.at(i)), METRICS.margin.help),
    figure("nucleus 0.9", count(d.nucleus.at(i)), "the fewest tokens that hold 90 % of the probability"),
    figure("line mean", `${number(lineMean(run, i))} nats`, "mean surprisal of the tokens of this line"),
    // a text that was given took no time
    Number.isNaN(drawn)
      ? !Number.isNaN(ms) && figure("time", `${number(ms, 0)} ms`, "from the token before to this one")
      : figure("as sampled", percent(Math.exp(drawn)), "probability after temperature, top-k, top-p … : what was drawn from"),
  ];
  return [
    h(
      "div",
      { class: "ts-token-head" },
      h("code", { class: "ts-chip" }, labelText(run.tokenText(i))),
      h("span", { class: "ts-dim" }, `${ROLE_NAMES[run.roles[i]] ?? ""} · position ${i} · id ${run.ids[i]}`),
    ),
    h("dl", { class: "ts-figures" }, ...figures),
  ];
}

export interface AlternativesHost {
  /** Called with a token id or typed text. */
  choose(token: number | string): void;
  chooseBatch(k: number): void;
  tokenize(text: string): Promise<{ id: number; text: string }[]>;
  /** Null where regenerating is possible, else why not. */
  unavailable(): string | null;
}

/** The likeliest tokens as bars, the tail drawn and counted, and a box for any other text. */
export class Alternatives {
  readonly element = h("section", { class: "ts-alternatives", "aria-label": "Alternatives" });
  private readonly list = h("div", { class: "ts-bars", role: "group", "aria-label": "Likeliest tokens here" });
  private readonly input = h("input", { type: "text", class: "ts-free", placeholder: "type another continuation", "aria-label": "Another continuation", spellcheck: "false", autocomplete: "off" });
  private readonly go = h("button", { type: "submit" }, "Regenerate");
  private readonly batch = button({ class: "ts-quiet" });
  private readonly hint = h("p", { class: "ts-hint", "aria-live": "polite" });
  private shownFor = "";
  private asked = 0;

  constructor(private readonly host: AlternativesHost) {
    const form = h("form", { class: "ts-free-row" }, this.input, this.go);
    on(form, "submit", (event) => {
      event.preventDefault();
      if (this.input.value) this.host.choose(unescapeTyped(this.input.value));
    });
    on(this.input, "input", () => void this.explainTyped());
    on(this.batch, "click", () => this.host.chooseBatch(3));
    on(this.list, "keydown", (event) => this.move(event));
    this.element.append(this.list, form, this.hint, this.batch);
  }

  /** Show the alternatives of a token; `regenerated` are the token ids whose branches are on display. */
  show(run: Run, i: number, regenerated: ReadonlySet<number>): void {
    const key = [run.id, i, run.length > i, this.host.unavailable(), ...regenerated].join();
    if (key === this.shownFor) return;
    const moved = !this.shownFor.startsWith([run.id, i].join());
    this.shownFor = key;
    const top = run.model.top(i);
    const most = Math.max(run.probability(i) || 0, ...top.map(([, p]) => p));
    const blocked = this.host.unavailable();
    const rows = top.map(([id, p]) => this.row(run, i, id, p, most, regenerated.has(id), blocked));
    if (!top.some(([id]) => id === run.ids[i]) && !Number.isNaN(run.probability(i))) {
      rows.push(this.row(run, i, run.ids[i], run.probability(i), most, false, blocked));
    }
    replaceChildren(this.list, ...rows, tail(run, i, most), top.length === 0 && unmeasured());
    if (moved) this.input.value = "";
    this.input.disabled = this.go.disabled = !!blocked;
    this.batch.hidden = top.length < 2;
    this.batch.disabled = !!blocked;
    this.batch.textContent = "Regenerate the 3 likeliest others, side by side";
    this.hint.textContent = blocked ?? "";
  }

  focus(): void {
    (this.list.querySelector<HTMLElement>("button:not(:disabled)") ?? this.input).focus();
  }

  private row(run: Run, i: number, id: number, p: number, most: number, done: boolean, blocked: string | null): HTMLElement {
    const current = id === run.ids[i];
    const text = labelText(run.label(id));
    return button(
      {
        class: `ts-bar${current ? " cur" : ""}${done ? " done" : ""}`,
        "aria-current": current ? "true" : undefined,
        title: current ? "what was written" : done ? "shown below" : (blocked ?? "write on from this token instead"),
        disabled: !current && !done && !!blocked,
        onclick: () => !current && this.host.choose(id),
      },
      h("code", {}, text),
      h("span", { class: "ts-track" }, bar(p, most)),
      h("span", { class: "ts-share" }, percent(p)),
    );
  }

  private move(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const items = [...this.list.querySelectorAll<HTMLElement>("button:not(:disabled)"), this.input];
    const next = items[items.indexOf(document.activeElement as HTMLElement) + by];
    next?.focus();
    taken(event);
  }

  private async explainTyped(): Promise<void> {
    const asked = ++this.asked;
    const text = unescapeTyped(this.input.value);
    const tokens = text ? await this.host.tokenize(text).catch(() => []) : [];
    if (asked !== this.asked) return;
    const shown = tokens.map((t) => labelText(t.text)).join(" | ");
    this.hint.textContent = tokens.length > 1 ? `${tokens.length} tokens: ${shown}` : tokens.length ? `1 token: ${shown}` : "";
  }
}

function bar(share: number, most: number): HTMLElement {
  const element = h("i");
  element.style.width = `${Math.min(100, (100 * share) / (most || 1))}%`;
  return element;
}

function tail(run: Run, i: number, most: number): HTMLElement | null {
  const mass = run.model.scalars.tail.at(i);
  if (Number.isNaN(mass)) return null;
  return h(
    "div",
    { class: "ts-bar tail" },
    h("span", {}, "all others"),
    h("span", { class: "ts-track" }, bar(mass, Math.max(most, mass))),
    h("span", { class: "ts-share" }, percent(mass)),
  );
}

function unmeasured(): HTMLElement {
  return h("p", { class: "ts-hint" }, "Nothing comes before this token, so the model gave it no probability.");
}
