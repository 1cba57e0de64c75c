/** Against what an attribution explains the token: nothing, the runner-up, or any text. */
import { aria, button, h, on, say, shown } from "../shared/dom";
import { clipped, escapeTyped, unescapeTyped } from "../shared/text";
import { setTrait, type WidgetModel } from "../shared/model";
import type { Contrast } from "./question";

const PAUSE_MS = 350;
const RUNNER_UP = "Why this token and not the model's second choice?";
const NOTHING = "explains the token's log p";

export class ContrastBox {
  readonly element = h("div", { class: "ts-contrast" });
  readonly #input = h("input", { type: "text", placeholder: "against … (empty: nothing)", "aria-label": "Explain the token against this text", spellcheck: "false", autocomplete: "off" });
  readonly #runnerUp = button({ "aria-pressed": "false", title: RUNNER_UP }, "runner-up");
  readonly #reading = h("span", { class: "ts-hint", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #explained = "";

  constructor(private readonly model: WidgetModel, private readonly explain: (text: string) => Promise<string>) {
    this.element.append(this.#input, this.#runnerUp, this.#reading);
    on(this.#input, "input", () => this.#later());
    on(this.#input, "change", () => this.#commit());
    on(this.#input, "keydown", (event) => event.key === "Enter" && this.#commit());
    on(this.#runnerUp, "click", () => {
      this.#input.value = "";
      setTrait(model, "contrast", this.model.get("contrast") === "runner_up" ? null : "runner_up");
    });
  }

  update(visible: boolean, blocked: string | null): void {
    shown(this.element, visible);
    if (!visible) return;
    const contrast = (this.model.get("contrast") as Contrast | undefined) ?? null;
    const text = contrast !== null && contrast !== "runner_up" ? contrast.text : "";
    if (document.activeElement !== this.#input) this.#input.value = escapeTyped(text);
    this.#input.disabled = this.#runnerUp.disabled = blocked !== null;
    this.#input.title = blocked ?? "";
    aria(this.#runnerUp, "pressed", contrast === "runner_up");
    if (text && text !== this.#explained) this.#say(text);
    else if (!this.#input.value) this.#tell(contrast === "runner_up" ? RUNNER_UP : NOTHING);
  }

  #commit(): void {
    const text = unescapeTyped(this.#input.value);
    const now = (this.model.get("contrast") as Contrast | undefined) ?? null;
    if (text === "" && now !== null && now !== "runner_up") setTrait(this.model, "contrast", null);
    else if (text !== "" && (now === null || now === "runner_up" || now.text !== text)) setTrait(this.model, "contrast", { text });
  }

  /** Once the typing pauses, let the kernel say how it reads the text. */
  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#input.value && this.#say(unescapeTyped(this.#input.value)), PAUSE_MS);
  }

  #say(text: string): void {
    this.#explained = text;
    this.explain(text).then(
      (reading) => this.#explained === text && this.#tell(reading),
      (error: Error) => this.#explained === text && this.#tell(error.message),
    );
  }

  #tell(reading: string): void {
    say(this.#reading, clipped(reading, 160));
    this.#reading.title = reading;
  }
}
