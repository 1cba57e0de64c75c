/** A view on a page whose clock the test moves. */
import { afterEach, beforeEach, vi } from "vitest";
import type { StaticModel } from "../src/shared/static_model";
import type { widgetOf } from "../src/shared/widget";

const FAKED = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "requestAnimationFrame", "cancelAnimationFrame", "performance"] as const;

let ends: (() => void)[] = [];

/** Take down what was mounted. */
export function takeDown(): void {
  for (const end of ends.reverse()) end();
  ends = [];
}

/** For every test of a file: time stands still until it is moved, and what was mounted is taken down. */
export function withStillTime(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: [...FAKED] }));
  afterEach(() => {
    takeDown();
    vi.useRealTimers();
    document.body.textContent = "";
  });
}

/** Render a widget's view, as a notebook would. */
export function mounted(widget: ReturnType<typeof widgetOf>, model: StaticModel) {
  const el = document.createElement("div");
  document.body.append(el);
  const { initialize, render } = widget();
  ends.push(initialize({ model }), render({ model, el }));
  const settle = (ms = 50): void => void vi.advanceTimersByTime(ms);
  const text = (selector: string): string => el.querySelector(selector)?.textContent ?? "";
  const button = (label: string): HTMLButtonElement => [...el.querySelectorAll("button")].find((one) => one.textContent === label)!;
  return { el, settle, text, button };
}
