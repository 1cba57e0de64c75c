/** How far to trust the arcs: what deleting their sources costs, beside deleting as many at random. */
import { flag, h, replaceChildren, shown } from "../shared/dom";
import { max } from "../shared/math";
import type { Trust } from "../shared/protocol";
import { bounded, trustStatement, trustVerdict } from "./statements";
import type { TrustWait } from "./store";

export class TrustBox {
  readonly element = h("section", { class: "ts-trust", "aria-label": "How far to trust it", "aria-live": "polite" });
  #drawn: unknown = null;

  /** A figure, a wait for one, or why there is none; and how many sources are shown. */
  update(trust: TrustWait | string | undefined, sources: number): void {
    shown(this.element, trust !== undefined);
    if (trust === this.#drawn || trust === undefined) return;
    this.#drawn = trust;
    flag(this.element, "waiting", trust === "measuring");
    if (trust === "measuring") return replaceChildren(this.element, h("p", { class: "ts-hint" }, "measuring how far to trust it …"), bars(null));
    if (typeof trust === "string") return this.#none(trust);
    if ("error" in trust) return this.#none(trust.error);
    if (trust.text !== null && trust.text !== undefined) return this.#none(trust.text);
    replaceChildren(this.element, h("p", {}, trustStatement(trust, sources)), bars(trust), h("p", { class: "ts-verdict" }, trustVerdict(trust)));
  }

  #none(reason: string): void {
    replaceChildren(this.element, h("p", { class: "ts-hint" }, h("b", {}, "No figure of trust. "), reason));
  }
}

/** Two bars on one scale; the band is that of the random deletions. Without a figure: their empty places. */
function bars(trust: Trust | null): HTMLElement {
  const longest = trust ? max(trust.drop, trust.random, finite(trust.random_high), 1e-9) : 1;
  const track = (value: number, kind: string, band?: [number, number]): HTMLElement => {
    const bar = h("i", { class: kind });
    bar.style.width = `${(max(0, value) / longest) * 100}%`;
    const whisker = band ? h("s") : null;
    if (whisker && band) {
      whisker.style.left = `${(max(0, band[0]) / longest) * 100}%`;
      whisker.style.width = `${(max(0, band[1] - max(0, band[0])) / longest) * 100}%`;
    }
    return h("span", { class: "track" }, bar, whisker);
  };
  const band = trust && bounded(trust) ? ([trust.random_low, trust.random_high] as [number, number]) : undefined;
  return h("div", { class: "ts-pair", "aria-hidden": "true" }, h("span", {}, "these"), track(trust?.drop ?? 0, ""), h("span", {}, "random"), track(trust?.random ?? 0, "random", band));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
