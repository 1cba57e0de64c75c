/** The tests: typed by the reader, run only once that is allowed. */
import { button, h, on, say } from "../shared/dom";

export interface ChecksHost {
  check(tests: string): void;
  allow(): void;
}

const EXAMPLE = "assert fibonacci(0) == 0\nassert fibonacci(5) == 5";

export class Checks {
  readonly element = h("section", { class: "ts-wi-checks", "aria-label": "Tests", hidden: true });
  readonly #tests = h("textarea", { rows: 3, spellcheck: "false", "aria-label": "Tests: assert statements or test functions", placeholder: EXAMPLE });
  readonly #run = button({ class: "ts-go" }, "Run tests");
  readonly #allow = button({}, "Allow running generated code");
  readonly #hint = h("p", { class: "ts-hint" });
  #known = "";

  constructor(host: ChecksHost) {
    on(this.#run, "click", () => host.check(this.#tests.value));
    on(this.#allow, "click", () => host.allow());
    on(this.#tests, "keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!this.#run.disabled) host.check(this.#tests.value);
    });
    this.element.append(this.#tests, h("div", {}, this.#run, this.#allow, this.#hint));
  }

  update(tests: string, allowed: boolean, blocked: string | null): void {
    if (this.#known !== tests) {
      this.#known = this.#tests.value = tests;
      this.#tests.rows = Math.min(8, Math.max(3, tests.split("\n").length));
    }
    this.#tests.readOnly = blocked !== null;
    this.#run.disabled = blocked !== null || !allowed;
    this.#allow.disabled = blocked !== null;
    this.#allow.hidden = allowed;
    say(this.#hint, blocked ?? (allowed ? "Each program runs in a process of its own: no network, a scratch folder, limits on time and memory. Ctrl Enter runs them." : "Generated code is not run until you allow it, for this session: each program in a process of its own, without network, with limits on time and memory."));
  }

  toggle(): boolean {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) this.#tests.focus();
    return !this.element.hidden;
  }
}

/** How many tests a text holds, roughly: the lines that assert something. */
export function countTests(tests: string): number {
  return tests.split("\n").filter((line) => /^\s*assert\b/.test(line)).length || (tests.match(/^def test/gm)?.length ?? 0);
}
