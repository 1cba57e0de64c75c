/** Prompt, Generate or Stop, and the settings button. */
import { aria, button, h, on } from "../shared/dom";

export interface ToolbarHost {
  generate(prompt: string): void;
  stop(): void;
  /** Returns whether the panel is open now. */
  toggleSettings(): boolean;
  promptChanged(prompt: string): void;
}

const MOST_LINES = 8;

export class Toolbar {
  readonly element = h("form", { class: "ts-toolbar" });
  private readonly prompt = h("textarea", { rows: 1, spellcheck: "false", "aria-label": "Prompt", placeholder: "Prompt: code or text to continue" });
  private readonly settings = button({ "aria-expanded": "false" }, "Settings");
  private readonly go = h("button", { type: "submit", class: "ts-go" }, "Generate");
  private working = false;

  constructor(
    private readonly host: ToolbarHost,
    extra: HTMLElement,
  ) {
    this.element.append(this.prompt, extra, this.settings, this.go);
    on(this.element, "submit", (event) => {
      event.preventDefault();
      this.press();
    });
    on(this.settings, "click", () => aria(this.settings, "expanded", host.toggleSettings()));
    on(this.prompt, "input", () => this.fit());
    on(this.prompt, "change", () => host.promptChanged(this.prompt.value));
    on(this.prompt, "keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey) && !this.working) {
        event.preventDefault();
        this.press();
      }
    });
  }

  update(prompt: string, status: string, blocked: string | null): void {
    if (document.activeElement !== this.prompt && this.prompt.value !== prompt) {
      this.prompt.value = prompt;
      this.fit();
    }
    this.working = status === "queued" || status === "generating";
    this.go.textContent = this.working ? "Stop" : "Generate";
    this.go.classList.toggle("stop", this.working);
    this.go.disabled = blocked !== null;
    this.go.title = blocked ?? (this.working ? "Stop after this token; what is written stays" : "Write on from the prompt (Ctrl+Enter)");
    this.prompt.readOnly = blocked !== null;
  }

  fit(): void {
    this.prompt.rows = Math.min(MOST_LINES, this.prompt.value.split("\n").length);
  }

  private press(): void {
    if (this.working) this.host.stop();
    else this.host.generate(this.prompt.value);
  }
}
