/** The states that tests/fixtures/make_syntax.py writes. */
import fibonacci from "../../tests/fixtures/syntax/fibonacci.json";
import mistakes from "../../tests/fixtures/syntax/mistakes.json";
import prose from "../../tests/fixtures/syntax/prose.json";
import writing from "../../tests/fixtures/syntax/writing.json";
import type { Snapshot } from "../src/shared/protocol";
import { RunStore, type Run } from "../src/shared/runs";
import { revive } from "../src/shared/static_model";
import { Syntax, type SyntaxMessage } from "../src/shared/syntax";

export const STATES = { fibonacci, mistakes, prose, writing } as unknown as Record<Name, Record<string, unknown>>;
export type Name = "fibonacci" | "mistakes" | "prose" | "writing";

export function syntaxNamed(name: Name): Syntax {
  return new Syntax(revive(STATES[name]._syntax) as SyntaxMessage);
}

export function runNamed(name: Name): Run {
  const store = new RunStore();
  store.load(revive(STATES[name]._snapshot) as Snapshot);
  return [...store.runs.values()][0];
}

/** The first node of a kind, from a token on. */
export function nodeOfKind(syntax: Syntax, kind: string, from = 0): number {
  for (let node = 0; node < syntax.nodes; node++) if (syntax.kind(node) === kind && syntax.first(node) >= from) return node;
  throw new Error(`no ${kind}`);
}
