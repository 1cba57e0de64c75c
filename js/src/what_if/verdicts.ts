/** What became of the runs on display. */
import { outcomeOf, type Verdict as Known } from "../shared/outcome";
import { h, type Child } from "../shared/dom";
import type { Run } from "../shared/runs";
import { labelText } from "../shared/text";

export interface Verdict extends Known {
  syntax?: string;
  tokens?: [number, number];
}

export type Verdicts = Record<string, Verdict>;
/** Of a run that is the same as another: that one, and in what way. */
export type Same = Record<string, [like: string, how: "text" | "tree" | "renaming"]>;

const HOW = { text: "the same text", tree: "the same program", renaming: "the same after renaming" };

/** The lines under a run's figures; of a fixed height, so that nothing moves when they come. */
export function note(run: Run, verdict: Verdict | undefined, like: string[], pending: boolean): Child {
  const found = verdict && outcomeOf(verdict, run.meta.finish);
  const words = verdict?.syntax === "unfinished" && !verdict.status ? "unfinished, nothing wrong so far" : found ? `${found.words}` : pending ? "checking …" : "";
  const detail = verdict?.status && verdict.status !== "passed" ? verdict.message?.replace(/^\d+ of \d+ passed; /, "") : verdict?.parses === false ? verdict.message : like.join("; ");
  return h("div", { class: `ts-wi-verdict ${found?.kind ?? ""}` }, h("b", {}, found?.sign ? `${found.sign} ` : "", words), h("span", { title: detail ?? "" }, detail ?? ""));
}

/** Which runs, by their first token, came out like this one. */
export function likeTo(run: Run, same: Same, runs: ReadonlyMap<string, Run>): string[] {
  return Object.entries(same)
    .filter(([, [first]]) => first === run.id)
    .map(([id, [, how]]) => {
      const other = runs.get(id);
      const token = other?.meta.lineage ? other.tokenText(other.meta.lineage.at) : "";
      return `also from ${labelText(token)}: ${HOW[how]}`;
    });
}

/** "These 3 alternatives: 2 parse; 1 passes all 5 tests." */
export function summary(alternatives: Run[], verdicts: Verdicts, same: Same): string {
  const known = alternatives.map((run) => verdicts[run.id]).filter((verdict): verdict is Verdict => !!verdict);
  if (!known.length || known.length < alternatives.length) return "";
  if (known.length === 1) return single(known[0], !!same[alternatives[0].id]);
  const count = (number: number, one: string, many: string): string => `${number || "none"} ${number === 1 ? one : many}`;
  const tested = known.filter(({ status }) => status);
  const total = Math.max(0, ...tested.map((verdict) => verdict.total ?? 0));
  const all = total > 1 ? ` all ${total} tests` : "";
  const facts = [count(known.filter(({ parses }) => parses).length, "parses", "parse")];
  const open = known.filter(({ syntax }) => syntax === "unfinished").length;
  if (open) facts.push(`${open} unfinished`);
  if (tested.length) facts.push(count(tested.filter(({ status }) => status === "passed").length, `passes${all}`, `pass${all}`));
  const merged = alternatives.filter((run) => same[run.id]).length;
  if (merged) facts.push(`${merged} came out the same as another`);
  return `These ${known.length} alternatives: ${facts.join("; ")}.`;
}

function single(verdict: Verdict, merged: boolean): string {
  const facts = [verdict.parses ? "parses" : verdict.syntax === "unfinished" ? "is unfinished" : verdict.parses === false ? "does not parse" : "holds no code that can be parsed"];
  if (verdict.status) facts.push(outcomeOf(verdict, "").words.replace(", does not parse", ""));
  if (merged) facts.push("came out the same as what was written");
  return `This alternative ${facts.join("; ")}.`;
}
