/** What is asked of the kernel, and the key under which both sides know the answer. */
import { trait, type WidgetModel } from "../shared/model";
import type { FlowInfo } from "../shared/protocol";

export type Direction = "read" | "readers";
export type Unit = FlowInfo["unit"];
export type Contrast = null | "runner_up" | { text: string };

export interface Question {
  source: string;
  /** null: the mean of all. */
  layer: number | null;
  head: number | null;
  direction: Direction;
  unit: Unit;
  sink: boolean;
  /** The selected token; null: none. */
  at: number | null;
  contrast: Contrast;
}

/** Attention has arcs for every token at once; everything else is computed for one token. */
export function isAttention(source: string): boolean {
  return source === "attention" || source === "attention_rollout";
}

/** The same function as in tokenscope_widgets/widgets/flow.py; tests/fixtures/flow/keys.json is read by both. */
export function keyOf(q: Question): string {
  const end = [q.unit, q.sink ? "sink" : "nosink"];
  if (q.source === "attention") return [q.source, q.layer ?? "mean", q.head ?? "mean", q.direction, ...end].join("|");
  if (q.source === "attention_rollout") return [q.source, q.direction, ...end].join("|");
  return [q.source, q.at, contrastKey(q.contrast), ...end].join("|");
}

function contrastKey(contrast: Contrast): string {
  return contrast === null || contrast === "runner_up" ? (contrast ?? "") : `text:${contrast.text}`;
}

/** What the traits ask for the given token; null where they ask for nothing yet. */
export function questionOf(model: WidgetModel, at: number | null): Question | null {
  const source = trait(model, "source", "attention");
  if (at === null && !isAttention(source)) return null;
  return {
    source,
    layer: model.get("layer") as number | null ?? null,
    head: model.get("head") as number | null ?? null,
    direction: isAttention(source) ? trait<Direction>(model, "direction", "read") : "read",
    unit: trait<Unit>(model, "unit", "token"),
    sink: trait(model, "sink", false),
    at,
    contrast: isAttention(source) ? null : (model.get("contrast") as Contrast | undefined) ?? null,
  };
}

/** The free picture to show while something better is computed. */
export function previewOf(q: Question): Question {
  return { ...q, source: "attention", layer: null, head: null, direction: "read", contrast: null };
}
