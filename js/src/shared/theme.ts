/** Light or dark: from the notebook where it says so, else from the system. */
import type { CleanUp } from "./model";

export type Theme = "light" | "dark";

export function currentTheme(): Theme {
  const { body, documentElement: root } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "true" ? "light" : "dark";
  if (body.classList.contains("vscode-dark") || body.classList.contains("vscode-high-contrast")) return "dark";
  if (body.classList.contains("vscode-light")) return "light";
  const named = root.getAttribute("theme") ?? root.dataset.theme ?? (body.classList.contains("dark") ? "dark" : "");
  if (named === "dark" || named === "light") return named;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Keep an element's `data-theme` right, and call when it changes. */
export function followTheme(element: HTMLElement, changed: () => void): CleanUp {
  const update = (): void => {
    const theme = currentTheme();
    if (element.dataset.theme !== theme) {
      element.dataset.theme = theme;
      changed();
    }
  };
  const observer = new MutationObserver(update);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "theme", "data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", update);
  update();
  return () => {
    observer.disconnect();
    system.removeEventListener("change", update);
  };
}
