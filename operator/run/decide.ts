import { durationMs } from "../api/duration.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";
import type { Reason } from "../api/reasons.ts";
import type { Action } from "./action.ts";
import { begin, missing, stoppedBeforeBegin, suspended } from "./begin.ts";
import { end } from "./end.ts";
import type { Facts, Puzzle } from "./facts.ts";
import { TERMINAL } from "./node.ts";
import type { NodeKinds } from "./node-kinds/node-kind.ts";
import { NODE_KINDS } from "./node-kinds/node-kinds.ts";
import { livingNodes, stopAll } from "./node-kinds/own-nodes.ts";
import { passOver } from "./pass.ts";
import { hasFinally, isFinally } from "./rules/finally.ts";
import { isLive, stopEnded, stopJobs } from "./stop-jobs.ts";
import { isFinished, succeededCondition } from "./succeeded.ts";
import { parseTime, timeText, wakeAtFirst } from "./time.ts";
import type { Verdict } from "./verdict.ts";
import { whoStops } from "./who-stops.ts";

export interface Decision {
  /** Absent when the stored status stands as it is. */
  readonly verdict?: Verdict;
  readonly actions: readonly Action[];
  /** When to decide again if nothing happens before. */
  readonly wakeAt?: number;
  /** The decision follows from something not being there: it holds only if the API server itself says so too. */
  readonly restsOnAbsence?: true;
  /** It follows from the Pipeline and its Connections, of which a cache may show older ones: it holds only for the newest. */
  readonly restsOnSpec?: true;
  readonly puzzles?: readonly Puzzle[];
  /** Nodes could begin once the verdict is stored: it is not to wait for anything. */
  readonly storeFirst?: true;
}

export type Rule = (facts: Facts, kinds: NodeKinds) => Decision | undefined;

/** How often the copy of the spec is asked for that the API server does not show. */
const COPY_RETRY_MS = 30_000;

/** The specification of a run: the first rule that has an answer gives it. */
export const rules: readonly Rule[] = [finished, stopping, stoppedBeforeBegin, missing, suspended, begin, proceed];

export function decide(facts: Facts, kinds: NodeKinds = NODE_KINDS): Decision {
  for (const rule of rules) {
    const decision = rule(facts, kinds);
    if (decision !== undefined) return doubtDeletions(decision);
  }
  return { actions: [] };
}

/** A Job that seems to work may have ended already: deleting it would take its log away for nothing. */
function doubtDeletions(decision: Decision): Decision {
  return decision.actions.some((action) => action.do === "deleteJob")
    ? { ...decision, restsOnAbsence: true }
    : decision;
}

/** An end is never left; Jobs that outlived it, because a write of an old leader came late, are stopped. */
function finished(facts: Facts, kinds: NodeKinds): Decision | undefined {
  if (!hasFinished(facts)) return undefined;
  const restated = restate(facts);
  const why = "the run has finished";
  const stops = [...facts.attempts.keys()].map((name) => stopEnded({ facts, name }, why));
  return {
    ...restated,
    actions: [...stops.flatMap(({ actions }) => actions), ...stopAll(facts, kinds, why)],
    ...wakeAtFirst(...stops.map(({ wakeAt }) => wakeAt)),
  };
}

/** Why a run that has begun is to end before its nodes have, if it is. */
function stopReason(facts: Facts, stored: string | undefined): "Cancelling" | "TimingOut" | undefined {
  if (facts.copy === undefined) return undefined;
  if (whoStops(facts) !== undefined || stored === "Cancelling") return "Cancelling";
  const overdueAt = timeoutAt(facts);
  const isOverdue = overdueAt !== undefined && !(facts.now < overdueAt);
  return stored === "TimingOut" || isOverdue ? "TimingOut" : undefined;
}

/** The same end again for a spec that was changed since (`cancelled`): else tools would wait for the operator to see the change. */
function restate({ run: { meta, status } }: Facts): Pick<Decision, "verdict"> {
  const end = succeededCondition(status);
  if (end === undefined || status.observedGeneration === undefined || meta.generation === undefined) return {};
  if (status.observedGeneration >= meta.generation) return {};
  const { reason, message, status: succeeded } = end;
  return { verdict: { succeeded, reason: reason as Reason, message, nodes: status.nodes ?? {} } };
}

/** A run whose end is certain and whose Jobs may still live. */
function stopping(facts: Facts, kinds: NodeKinds): Decision | undefined {
  const stored = succeededCondition(facts.run.status)?.reason;
  const reason = stopReason(facts, stored);
  if (reason === undefined) return undefined;
  const settled = stored === reason ? undefined : proceed(facts, kinds);
  const judged = settled?.verdict;
  if (judged !== undefined && judged.succeeded !== "Unknown") return { ...settled, actions: [] };
  const goesOn = finallyNodes(facts);
  const nodes = stoppedNodes(facts, judged?.nodes, goesOn);
  const message =
    reason === "Cancelling"
      ? `stopped ${whoStops(facts) ?? "on request"}`
      : `stopped after the run's timeout of ${runTimeout(facts)}`;
  const stopped = [...facts.attempts].filter(([name]) => !goesOn.has(name));
  const jobStops = stopped.flatMap(([name]) => stopJobs({ facts, name }, message).actions);
  const stops = [...jobStops, ...stopAll(facts, kinds, message, goesOn)];
  const own = [...livingNodes(facts, kinds)].some((name) => !goesOn.has(name));
  const living = own || stopped.some(([, attempts]) => attempts.some(isLive));
  if (stored !== reason) {
    const restsOnAbsence = settled?.restsOnAbsence === true ? { restsOnAbsence: true as const } : {};
    // That the run is to end stands in its spec: where its status cannot be written, nothing is gained by waiting for that.
    const actions = facts.statusRefused === true ? stops : [];
    return { verdict: { succeeded: "Unknown", reason, message, nodes }, actions, ...restsOnAbsence };
  }
  if (living) return { verdict: { succeeded: "Unknown", reason, message, nodes }, actions: stops };
  return stoppedEnd(facts, goesOn.size > 0 ? kinds : undefined, { reason, message, nodes });
}

/** The end of a run that was stopped: once its finally nodes have ended, where it has any. */
function stoppedEnd(
  facts: Facts,
  kinds: NodeKinds | undefined,
  { reason, message, nodes }: Pick<Verdict, "message" | "nodes"> & { readonly reason: "Cancelling" | "TimingOut" },
): Decision {
  const last = kinds !== undefined && facts.copy?.state === "read" ? passOver(facts.copy, facts, kinds) : undefined;
  if (last?.verdict?.succeeded === "Unknown") {
    return { ...last, verdict: { ...last.verdict, reason, message: `${message}; finally nodes are at work` } };
  }
  const end = reason === "Cancelling" ? "Cancelled" : "TimedOut";
  const verdict = { succeeded: "False", reason: end, message, nodes: last?.verdict?.nodes ?? nodes } as const;
  return { verdict, actions: [], restsOnAbsence: true };
}

/** The nodes that run though the run was stopped. Nothing of one that is being deleted can run. */
function finallyNodes({ run, copy }: Facts): ReadonlySet<string> {
  if (copy?.state !== "read" || run.meta.deletionTimestamp !== undefined) return new Set();
  return new Set(Object.keys(copy.spec.nodes).filter((name) => copy.spec.nodes[name]?.finally === true));
}

/**
 * The nodes of a run that ends now: what had finished stays as it is, and so does what the cluster shows to have finished
 * and the status does not say yet (`judged`): the operator may have been away.
 */
function stoppedNodes(
  { run, now }: Facts,
  judged: Readonly<Record<string, NodeStatus>> = {},
  goesOn: ReadonlySet<string> = new Set(),
): Record<string, NodeStatus> {
  const stop = ({
    retryAt: _,
    podless: __,
    waitingSince: ___,
    reason: ____,
    message: _____,
    failures: ______,
    ...node
  }: NodeStatus): NodeStatus => ({
    ...node,
    state: "Cancelled",
    finished: timeText(now),
  });
  const nodes = Object.entries(run.status.nodes ?? {});
  return Object.fromEntries(
    nodes.map(([name, node]) => {
      if (goesOn.has(name)) return [name, node];
      const known = judged[name];
      const ended = known !== undefined && known.state !== "Skipped" && TERMINAL.includes(known.state) ? known : node;
      return [name, TERMINAL.includes(ended.state) ? ended : stop(ended)];
    }),
  );
}

/** A run under way: its nodes, by the copy of the spec that it follows. */
function proceed(facts: Facts, kinds: NodeKinds): Decision | undefined {
  const { copy } = facts;
  if (copy === undefined) return undefined;
  if (copy.state === "lost") return end(copy.reason, copy.message, stoppedNodes(facts));
  if (copy.state === "hidden") return awaitCopy(facts, copy.message);
  const { wakeAt, ...decision } = passOver(copy, facts, kinds);
  return { ...decision, ...wakeAtFirst(wakeAt, timeoutAt(facts)) };
}

/** Without its copy a run can neither go on nor say what its nodes came to: everything stays as it is said to be. */
function awaitCopy(facts: Facts, message: string): Decision {
  const retryAt = facts.now + COPY_RETRY_MS;
  const nodes = facts.run.status.nodes ?? {};
  const verdict = { succeeded: "Unknown", reason: "SpecUnreadable", message, nodes } as const;
  // A stored time of beginning that is no time gives no time here.
  const overdueAt = timeoutAt(facts);
  return { verdict, actions: [], ...wakeAtFirst(retryAt, Number.isFinite(overdueAt) ? overdueAt : undefined) };
}

/** Whether the stored status says that the run has ended. */
export function hasFinished({ run: { status } }: { readonly run: Pick<Facts["run"], "status"> }): boolean {
  return isFinished(status);
}

function runTimeout({ run, copy }: Facts): string | undefined {
  return run.spec.timeout ?? (copy?.state === "read" ? copy.spec.timeout : undefined);
}

/** Whether all nodes have ended by what is stored, but for finally nodes: those have a limit of their own. */
function onlyFinallyLeft({ run, copy }: Facts): boolean {
  if (copy?.state !== "read" || !hasFinally(copy.spec)) return false;
  const { spec } = copy;
  const others = Object.entries(run.status.nodes ?? {}).filter(([name]) => !isFinally(spec, name));
  return others.every(([, { state }]) => TERMINAL.includes(state));
}

function timeoutAt(facts: Facts): number | undefined {
  const timeout = onlyFinallyLeft(facts) ? undefined : runTimeout(facts);
  const started = parseTime(facts.run.status.started);
  return timeout === undefined || started === undefined ? undefined : started + durationMs(timeout);
}
