/** From traits to the map that answers them: asks the kernel for what is missing, once the reader has settled. */
import type { Link } from "../shared/link";
import { trait, type WidgetModel } from "../shared/model";
import type { Run } from "../shared/runs";
import type { Capabilities } from "./controls";
import { runningJob, type Job } from "../shared/job";
import type { FlowMap, TokenFlow } from "./maps";
import { isAttention, keyOf, previewOf, questionOf, type Question } from "./question";
import type { Wait } from "../shared/waits";
import { costStatement } from "./statements";
import type { FlowStore, TrustWait } from "./store";

/** Moving through the text with the arrows must not start a computation at every step. */
const SETTLE_MS = 200;
const TRUST_SETTLE_MS = 600;

export interface Answer {
  map: FlowMap | undefined;
  /** Why the map is not the one that was asked for. */
  standIn: string;
  /** Instead of a map. */
  message: string;
  job: Job;
}

const NOTHING: Answer = { map: undefined, standIn: "", message: "", job: { kind: "none", hint: "" } };

export interface Asker {
  /** The last answer given. */
  readonly latest: Answer;
  /** Why nothing can be computed, or null. */
  blocked(capabilities: Capabilities): string | null;
  answer(run: Run, selected: number, blocked: string | null): Answer;
  /** The button of an offer: compute it all the same. */
  start(): void;
  /** The figure of trust for what is shown; asked for once the reader stops changing it. */
  trust(run: Run, flow: TokenFlow): TrustWait | string | undefined;
  dispose(): void;
}

/** Asks for one view. */
export function askerOf(link: Link, model: WidgetModel, store: FlowStore): Asker {
  let latest: Answer = NOTHING;
  let asked: Question | null = null;
  let askedRun = "";
  let settling: ReturnType<typeof setTimeout> | undefined;
  let settlingFor = "";
  let trustSettling: ReturnType<typeof setTimeout> | undefined;
  let trustFor = "";

  return { blocked: blockedBy, answer, start, trust, dispose, get latest() { return latest; } };

  function dispose(): void {
    clearTimeout(settling);
    clearTimeout(trustSettling);
  }

  function blockedBy(capabilities: Capabilities): string | null {
    if (link.presence.value === "static") return "No kernel is behind this page.";
    if (link.presence.value === "gone") return "The kernel is gone.";
    return capabilities.live === false ? "No model is behind this flow: pass session=… to Flow." : null;
  }

  function answer(run: Run, selected: number, blocked: string | null): Answer {
    const question = questionOf(model, selected < 0 ? null : selected);
    if (!question || !asked || keyOf(question) !== keyOf(asked)) {
      clearTimeout(trustSettling);
      trustFor = "";
      if (question) store.forget(run.id, question);
    }
    asked = question;
    askedRun = run.id;
    latest = question ? find(run, question, blocked) : { ...NOTHING, message: "An attribution explains one token at a time: click one.", job: { kind: "none", hint: "Select a token" } };
    return latest;
  }

  function find(run: Run, question: Question, blocked: string | null): Answer {
    const map = store.map(run.id, question);
    // what is computed belongs to this model, whoever asked for it
    const wait = store.wait(run.id, question);
    const selected = question.at !== null;
    if (map) {
      const hint = selected ? "Move over a source, here or in the table, to single out its arc" : "Select a token";
      const again = map.info.partial && blocked === null ? jobOf(wait ?? { state: "stopped" }) : null;
      return { map, standIn: "", message: "", job: again ?? runningJob(model) ?? { kind: "none", hint } };
    }
    if (blocked === null && !wait && !run.running) later(run.id, question);
    const preview = isAttention(question.source) || blocked !== null ? undefined : store.map(run.id, previewOf(question));
    const usable = selected && preview?.covers(question.at!) ? preview : undefined;
    return { map: usable, standIn: usable ? "Preview, attention instead:" : "", message: usable ? "" : reason(run, wait, blocked), job: jobOf(wait) };
  }

  function later(run: string, question: Question): void {
    const key = keyOf(question);
    if (settlingFor === key) return;
    clearTimeout(settling);
    settlingFor = key;
    settling = setTimeout(() => {
      settlingFor = "";
      if (asked && keyOf(asked) === key) store.ask(run, question);
    }, isAttention(question.source) ? 0 : SETTLE_MS);
  }

  function start(): void {
    if (asked) store.ask(askedRun, asked, "attribute");
  }

  function jobOf(wait: Wait | undefined): Job {
    // while anything runs, its Cancel is what can be pressed
    const job = runningJob(model);
    if (job) return job;
    if (wait?.state === "offer") return { kind: "offer", text: costStatement(wait.seconds, wait.text), button: "Start" };
    if (wait?.state === "stopped" || wait?.state === "failed") return { kind: "offer", text: wait.state === "stopped" ? "Stopped before it was done." : "It could not be computed.", button: "Try again" };
    return { kind: "none", hint: wait ? "Asking the kernel …" : "" };
  }

  function reason(run: Run, wait: Wait | undefined, blocked: string | null): string {
    if (run.running) return "Still being written: its flows can be seen once it is done.";
    if (wait?.state === "failed") return wait.error;
    if (wait?.state === "offer") return "Not computed yet: it takes a while. Press Start above.";
    if (wait?.state === "stopped") return "Stopped before there was anything to show.";
    if (link.presence.value === "static") return `Not in this saved page: it holds ${store.titles.join("; ") || "no flows"}.`;
    if (blocked) return blocked;
    return "Computing …";
  }

  function trust(run: Run, flow: TokenFlow): TrustWait | string | undefined {
    const question = asked;
    if (!question || latest.standIn || !latest.map || !flow.shown.length) return undefined;
    const top = flow.shown.length;
    const known = store.trust(run.id, question, top);
    const name = `${run.id}\n${keyOf(question)}\n${question.at}\n${top}`;
    // what failed, or was given up for something else, is tried again once the reader comes back to it
    if (known !== undefined && (name === trustFor || (known !== "measuring" && !("error" in known)))) return known;
    if (latest.map.info.partial) return "Not measured: not every source was computed.";
    if (link.presence.value === "static") return "It was not measured before this page was saved.";
    const capabilities = trait<Capabilities>(model, "_capabilities", {});
    const blocked = blockedBy(capabilities);
    if (blocked) return blocked;
    if (name !== trustFor) {
      clearTimeout(trustSettling);
      trustFor = name;
      trustSettling = setTimeout(() => {
        store.askTrust(run.id, question, top);
      }, TRUST_SETTLE_MS);
    }
    return "measuring";
  }
}
