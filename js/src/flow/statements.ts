/** What is shown, in words. Pure. */
import { abs, max, min, round } from "../shared/math";
import type { FlowInfo, Trust } from "../shared/protocol";
import { clipped } from "../shared/text";
import type { TokenFlow } from "./maps";

const MINUS = "−";

/** A share in whole per cents, without claiming all or nothing. */
export function share(part: number, all: number): string {
  if (!(all > 0) || !Number.isFinite(part)) return "–";
  const value = (part / all) * 100;
  if (value >= 99.5 && value < 99.995) return "> 99 %";
  if (value > 0 && value < 0.5) return "< 1 %";
  return `${min(100, round(value))} %`;
}

/** A share with one decimal, for the table. */
export function exactShare(part: number, all: number): string {
  if (!(all > 0) || !Number.isFinite(part)) return "–";
  const value = (part / all) * 100;
  return value > 0 && value < 0.05 ? "< 0.1 %" : `${value.toFixed(value < 99.95 ? 1 : 0)} %`;
}

/** A weight: three or so significant digits; signed ones always carry their sign. */
export function weightText(weight: number, signed: boolean): string {
  if (!Number.isFinite(weight)) return "–";
  const size = abs(weight);
  const digits = size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = size > 0 && size < 0.0005 ? "0.000…" : size.toFixed(digits);
  return signed && size > 0 ? `${weight < 0 ? MINUS : "+"}${text}` : weight < 0 ? MINUS + text : text;
}

const UNITS: Record<FlowInfo["quantity"], string> = { share: "", nats: "nats", logit: "logits", probability: "prob.", score: "score" };

export function unitOf(info: FlowInfo): string {
  return UNITS[info.quantity] ?? "";
}

/** What the shares are shares of. */
export function massName(info: FlowInfo): string {
  if (info.partial) return "of what was computed";
  if (info.quantity === "share") return "of the mass";
  return info.signed ? "of the effect, signs aside" : "of the effect";
}

/** A number with its thousands apart. */
export function whole(count: number): string {
  return count.toLocaleString("en");
}

function things(count: number, one: string): string {
  return `${whole(count)} ${one}${count === 1 ? "" : "s"}`;
}

export function endName(info: FlowInfo): string {
  const [name, verb] = info.direction === "readers" ? ["reader", "reading"] : ["source", "source"];
  return info.unit === "token" ? name : `${verb} ${info.unit}`;
}

/** "attention, mean of 30 layers × 9 heads · 7 of 43 sources, 53 % of the mass · sink removed"; titles may quote texts. */
export function flowStatement(info: FlowInfo, flow: TokenFlow, sink: boolean, most?: number): string {
  const parts = [clipped(info.title, most)];
  const [all, some] = [things(flow.sources, endName(info)), whole(flow.shown.length)];
  if (info.partial) parts.push(`${whole(flow.edges)} of ${all} computed so far`);
  if (!flow.shown.length) parts.push(`no ${endName(info)}s`);
  else parts.push(`${some}${info.partial ? " shown" : ` of ${all}`}, ${share(flow.shownMass, flow.mass)} ${massName(info)}`);
  if (!sink) parts.push("sink removed");
  return parts.join(" · ");
}

/** Of the whole map: "5,000 of 50,000 edges, 83 % of the mass". */
export function mapStatement(info: FlowInfo, sink: boolean, most?: number): string {
  const parts = [clipped(info.title, most)];
  if (info.edges_kept < info.edges_total) parts.push(`${whole(info.edges_kept)} of ${whole(info.edges_total)} edges, ${share(info.mass_kept, 1)} ${massName(info)}`);
  else parts.push(things(info.edges_total, "edge"));
  if (!sink) parts.push("sink removed");
  return parts.join(" · ");
}

/** "Deleting the strongest 7 tokens costs 13.2 nats; 7 at random, 3.1 (2.0–4.4)."; `sources`: how many are shown. */
export function trustStatement(trust: Trust, sources: number): string {
  const { top, unit, random_low: low, random_high: high } = trust;
  const figure = (value: number): string => abs(value).toFixed(abs(value) >= 1 ? 1 : 2).replace(/^(?!0.00$)/, value < 0 ? MINUS : "");
  const what = top === 1 ? unit.slice(0, -1) : `${top} ${unit}`;
  const part = top < sources ? ` (of the ${sources} shown)` : "";
  const sign = trust.against ? `, ${top === 1 ? "" : "all "}against it, gains` : " costs";
  const band = bounded(trust) ? ` (${figure(low)}${low < 0 || high < 0 ? " … " : "–"}${figure(high)})` : "";
  return `Deleting the strongest ${what}${part}${sign} ${figure(trust.drop)} ${trust.quantity}; ${top} at random, ${figure(trust.random)}${band}.`;
}

export function bounded(trust: Trust): boolean {
  return Number.isFinite(trust.random_low) && Number.isFinite(trust.random_high);
}

/** The plain word for it: "worth 4.3 random ones"; never a division by almost nothing. */
export function trustVerdict(trust: Trust): string {
  const { drop, random } = trust;
  if (!(drop > 0)) return `deleting them ${trust.against ? "gains" : "costs"} nothing: do not trust these arcs`;
  if (drop <= random) return "no better than chance";
  if (bounded(trust) && drop <= trust.random_high) return "within the range of chance";
  if (random < 0.05 * drop || (bounded(trust) && trust.random_low <= 0)) return "far beyond random ones";
  return `worth ${(drop / random).toFixed(1)} random ones`;
}

/** "About 34 s: 19 tokens, 20 forward passes" */
export function costStatement(seconds: number, text: string): string {
  const time = seconds >= 90 ? `${round(seconds / 60)} min` : `${max(1, round(seconds))} s`;
  return `About ${time}${text ? `: ${text}` : ""}`;
}

/** "the token, 3 sources above" */
export function edgeLabel(count: number, token: boolean, name: string, where: "above" | "below"): string {
  const parts = [token ? "the token" : "", count ? things(count, name) : ""].filter(Boolean);
  return parts.length ? `${parts.join(", ")} ${where}` : "";
}
