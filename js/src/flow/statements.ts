/** What is shown, in words. Pure. */
import type { FlowInfo, Trust } from "../shared/protocol";
import type { TokenFlow } from "./maps";

const MINUS = "−";

/** A share in whole per cents, without claiming all or nothing. */
export function share(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return "–";
  const value = (part / whole) * 100;
  if (value >= 99.5 && value < 99.995) return "> 99 %";
  if (value > 0 && value < 0.5) return "< 1 %";
  return `${Math.min(100, Math.round(value))} %`;
}

/** A share with one decimal, for the table. */
export function exactShare(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return "–";
  const value = (part / whole) * 100;
  return value > 0 && value < 0.05 ? "< 0.1 %" : `${value.toFixed(1)} %`;
}

/** A weight: three or so significant digits; signed ones always carry their sign. */
export function weightText(weight: number, signed: boolean): string {
  if (!Number.isFinite(weight)) return "–";
  const size = Math.abs(weight);
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
  if (info.quantity === "share") return "of the mass";
  return info.signed ? "of the effect, signs aside" : "of the effect";
}

function things(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

export function endName(info: FlowInfo): string {
  if (info.direction === "readers") return info.unit === "line" ? "reading line" : "reader";
  return info.unit === "line" ? "source line" : "source";
}

/** "attention, mean of 30 layers × 9 heads · 7 of 43 sources, 53 % of the mass · sink removed" */
export function flowStatement(info: FlowInfo, flow: TokenFlow, sink: boolean): string {
  const parts = [info.title];
  if (!flow.sources || !flow.shown.length) parts.push(`no ${endName(info)}s`);
  else parts.push(`${flow.shown.length.toLocaleString("en")} of ${things(flow.sources, endName(info))}, ${share(flow.shownMass, flow.mass)} ${massName(info)}`);
  if (!sink) parts.push("sink removed");
  if (info.partial) parts.push("partial: not everything was computed");
  return parts.join(" · ");
}

/** Of the whole map: "5,000 of 50,000 edges, 83 % of the mass". */
export function mapStatement(info: FlowInfo, sink: boolean): string {
  const parts = [info.title];
  if (info.edges_kept < info.edges_total) parts.push(`${info.edges_kept.toLocaleString("en")} of ${info.edges_total.toLocaleString("en")} edges, ${share(info.mass_kept, 1)} ${massName(info)}`);
  else parts.push(things(info.edges_total, "edge"));
  if (!sink) parts.push("sink removed");
  return parts.join(" · ");
}

/** "Deleting the strongest 7 tokens costs 13.2 nats; 7 at random, 3.1 (2.0–4.4)." */
export function trustStatement(trust: Trust): string {
  const figure = (value: number): string => value.toFixed(1).replace("-", MINUS);
  const what = trust.top === 1 ? `the strongest ${trust.unit.slice(0, -1)}` : `the strongest ${trust.top} ${trust.unit}`;
  const band = Number.isFinite(trust.random_low) && Number.isFinite(trust.random_high) ? ` (${figure(trust.random_low)}–${figure(trust.random_high)})` : "";
  return `Deleting ${what} costs ${figure(trust.drop)} ${trust.quantity}; ${trust.top} at random, ${figure(trust.random)}${band}.`;
}

/** The plain word for it: "worth 4.3 random ones". */
export function trustVerdict(trust: Trust): string {
  const { drop, random, random_high: high } = trust;
  if (!(drop > 0)) return "deleting them costs nothing: do not trust these arcs";
  if (!(random > 0)) return "random ones cost nothing at all";
  if (drop <= random) return "no better than chance";
  if (Number.isFinite(high) && drop <= high) return "within the range of chance";
  return `worth ${(drop / random).toFixed(1)} random ones`;
}

/** "About 34 s: 19 tokens, 20 forward passes" */
export function costStatement(seconds: number, text: string): string {
  const time = seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(1, Math.round(seconds))} s`;
  return `About ${time}${text ? `: ${text}` : ""}`;
}

/** "About 34 s …", "3 sources above" */
export function edgeLabel(count: number, token: boolean, name: string, where: "above" | "below"): string {
  const parts = [token ? "the token" : "", count ? things(count, name) : ""].filter(Boolean);
  return parts.length ? `${parts.join(", ")} ${where}` : "";
}
