import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { ATTEMPTS_MAX, type NodeState, type NodeStatus } from "../api/pipeline-run.ts";
import { retriesOf } from "../api/retries.ts";
import type { Action } from "./action.ts";
import { decideHeld, heldAttempt } from "./ahead/held.ts";
import { attemptState } from "./attempt/attempt.ts";
import type { AttemptState, Failure } from "./attempt/attempt-state.ts";
import { puzzleOf, type Start, startOf } from "./attempt/start.ts";
import { evictedUnseen } from "./attempt/stopped.ts";
import type { ResultExpectation } from "./attempt/task-end.ts";
import { attemptTimes, countsOf } from "./attempt-fields.ts";
import type { AttemptFacts, Facts, Puzzle } from "./facts.ts";
import { countFailure, isLeft, kindOfFailure } from "./failure-kinds.ts";
import { decideOwn } from "./node-kinds/decide-own.ts";
import { type OwnNode, stopOwn } from "./node-kinds/own-nodes.ts";
import { awaitResults } from "./node-results.ts";
import { decideRefused, settle, untilDue, waitForCommit, words } from "./node-waits.ts";
import { endsAt, overdueAttempt, strangeDeadline } from "./overdue.ts";
import type { UnitFacts } from "./packing/expand.ts";
import { decidePacked, type PartStates } from "./packing/packed-node.ts";
import type { CommitWait } from "./project-commit.ts";
import { type Choices, movedProject } from "./project-packages.ts";
import type { ReadinessRule, Stand } from "./readiness.ts";
import { resultCounts } from "./result-counts.ts";
import { retryDelayMs } from "./retry.ts";
import type { ConditionState } from "./rules/condition.ts";
import { isLive, stopEnded } from "./stop-jobs.ts";
import { parseTime, timeText, wakeAtFirst } from "./time.ts";

/** What becomes of one node: its next status, what to do for it, and when to look again if nothing happens before. */
export interface NodeDecision {
  readonly status: NodeStatus;
  readonly actions: readonly Action[];
  readonly wakeAt?: number;
  /** The decision follows from something not being there: it holds only if the API server itself says so too. */
  readonly restsOnAbsence?: true;
  readonly puzzle?: Puzzle;
  /** The node has succeeded by a push alone: nothing is begun because of it before that is stored. */
  readonly byPush?: true;
  /** It could begin, were the success of all that it needs stored; or what is said of it may not be seen again. */
  readonly awaitsStore?: true;
}

/** One node with all that its decision depends on. */
export interface NodeContext {
  readonly name: string;
  readonly node: PipelineNode;
  readonly pipeline: PipelineSpec;
  readonly facts: Facts;
  /** The node's status as it is stored: what this run has already said to the world. */
  readonly stored: NodeStatus;
  /** A node that needs this one has a Job, which by that node's rule proves that this one has succeeded. */
  readonly proven: boolean;
  /** When it may begin. */
  readonly rule: ReadinessRule;
  /** How the nodes stand that this one needs. */
  readonly needs: ReadonlyMap<string, Stand>;
  /** Of its project: the other node that looks its commit up, or the commit, once that is stored; the packages that the run has chosen. */
  readonly commitWait?: CommitWait;
  readonly runsCommit?: string;
  readonly packages: Choices;
  /** Whether one of those has an end that counts only once it is stored, such as a success by a push alone. */
  readonly needsStore: boolean;
  /** One of those has failed, and no Job of it is seen any more: that nothing of it works follows from that alone. */
  readonly needsAbsence?: true;
  /** What its `when` says, looked at when it could begin; missing where it has none. */
  readonly condition?: () => ConditionState;
  /** When it is to have ended as one of the finally nodes. */
  readonly finallyEndsAt?: number;
  /** It is a part of a packed node. */
  readonly unit?: UnitFacts;
  /** When the packed node that it is a part of is to have ended. */
  readonly deadline?: number;
  /** It is packed into several Jobs: how each of those stands. */
  readonly parts?: readonly PartStates[];
  /** No Job does its work. */
  readonly own?: OwnNode;
}

export const TERMINAL: readonly NodeState[] = ["Succeeded", "Failed", "Skipped", "Cancelled"];

/**
 * The state table of nodes stands with NODE_STATES in api/pipeline-run.ts. An end is never left. What a node is, beside its needs:
 *
 * | kind        | which nodes                                   | how it works                                         |
 * |-------------|-----------------------------------------------|------------------------------------------------------|
 * | job         | all others, and each part of packed ones      | attempts, one Job each, until one has succeeded      |
 * | packed      | those with transform.packing                  | its parts have attempts: `packing/packed-node.ts`    |
 * | of its own  | those that an entry of `node-kinds/` takes    | that entry says so; no attempt is counted            |
 */
export function decideNode(context: NodeContext): NodeDecision {
  const { stored, parts, own } = context;
  if (TERMINAL.includes(stored.state)) return stopFinished(context);
  if (own !== undefined) return decideOwn(context, own);
  return parts === undefined ? decideJobNode(context) : decidePacked(context, parts);
}

function stopFinished(context: NodeContext): NodeDecision {
  const { stored, name, own } = context;
  const why = "the node has finished";
  const { actions, ...stop } = stopEnded(context, why);
  return { status: stored, ...stop, actions: own === undefined ? actions : [...actions, ...stopOwn(name, own, why)] };
}

/** A node whose work a Job does, and another one where that failed. */
function decideJobNode(context: NodeContext): NodeDecision {
  const { stored } = context;
  const attempts = attemptsOf(context);
  const held = heldAttempt(stored, attempts);
  if (held !== undefined) return decideHeld(context, held);
  if (context.proven) return decideProven(context, attempts.at(-1));
  const latest = attempts.at(-1)?.attempt ?? 0;
  if (stored.state === "Retrying" && latest <= (stored.attempt ?? 0)) return decideRetry(context, attempts.at(-1));
  if (latest === 0) return decideFirst(context);
  return decideAttempt(context, attempts.at(-1) as AttemptFacts);
}

/** The attempts of a node. One that was held, and whose Job is gone, has never begun. */
function attemptsOf({ facts, name, stored }: NodeContext): readonly AttemptFacts[] {
  const attempts = facts.attempts.get(name) ?? [];
  return stored.state === "Pending" ? attempts.filter(({ job }) => job !== undefined) : attempts;
}

/** A node that is known to have succeeded, though its Job may have gone before anybody stored what it said. */
function decideProven(context: NodeContext, attempt: AttemptFacts | undefined): NodeDecision {
  const state =
    attempt === undefined ? undefined : attemptState(attempt, expectation(context, attempt), context.facts.now);
  if (attempt !== undefined && state?.state === "succeeded") return settleSucceeded(context, attempt, state);
  const { retryAt: _, reason: __, podless: ___, waitingSince: ____, ...stored } = context.stored;
  const message = "its Job was deleted before its result was stored";
  return { ...settle(context, { ...stored, state: "Succeeded", message }), restsOnAbsence: true };
}

function expectation({ facts, name, node }: NodeContext, { attempt }: AttemptFacts): ResultExpectation {
  return { run: facts.run.meta.uid, node: name, attempt, required: node.container === undefined };
}

/** A node without an attempt: its rule and its condition say whether it starts, waits or never will. */
function decideFirst(context: NodeContext): NodeDecision {
  const idle = untilDue(context);
  if (idle !== undefined) return idle;
  const start = startAttempt(context, 1);
  return context.needsAbsence === true ? { ...start, restsOnAbsence: true } : start;
}

/** The latest attempt failed: the next one begins when its time has come and nothing of the failed one lives any more. */
function decideRetry(context: NodeContext, failed: AttemptFacts | undefined): NodeDecision {
  const { stored, facts } = context;
  const retryAt = parseTime(stored.retryAt);
  const stop = stopEnded(context, "the attempt has failed");
  if (stop.actions.length > 0 || isLive(failed)) return { status: stored, ...stop };
  if (retryAt !== undefined && facts.now < retryAt) return { status: stored, actions: [], wakeAt: retryAt };
  const next = startAttempt(context, (stored.attempt ?? 0) + 1);
  return failed?.job === undefined ? { ...next, restsOnAbsence: true } : next;
}

function startAttempt(context: NodeContext, attempt: number): NodeDecision {
  const { facts, name, stored, commitWait } = context;
  const held = awaitResults(context) ?? (commitWait === undefined ? undefined : waitForCommit(context, commitWait));
  if (held !== undefined) return held;
  const create: Action = { do: "createJob", node: name, attempt };
  const refusal = facts.refusals.get(name);
  if (refusal?.attempt === attempt) return decideRefused(context, refusal, create);
  const now = timeText(facts.now);
  const started = stored.started ?? now;
  const status: NodeStatus = { state: "Starting", attempt, ...countsOf(stored), started, attemptStarted: now };
  return { status, actions: [create] };
}

/** An attempt whose Job exists, or did until somebody deleted it. */
function decideAttempt(context: NodeContext, attempt: AttemptFacts): NodeDecision {
  const { stored, node, facts } = context;
  const state = begunState(context, attempt);
  if (state.state === "succeeded") return settleSucceeded(context, attempt, state);
  if (state.state === "failed") return settleFailed(context, attempt, state);
  const { startTimeout, capacityTimeout } = node;
  const puzzle = puzzleOf(attempt, state);
  const trouble = facts.troubles.get(puzzle?.uid ?? "");
  const waits = { attempt, stored, startTimeout, capacityTimeout, trouble, now: facts.now };
  const start = state.state === "starting" ? startOf(state, waits) : undefined;
  const overdue = overdueAttempt(context, attempt, state, start);
  const status = liveStatus(context, attempt, state, start);
  const more = {
    ...(start?.restsOnAbsence === true ? { restsOnAbsence: true as const } : {}),
    ...(start?.puzzling === true && puzzle !== undefined ? { puzzle } : {}),
    // The pod may be gone in a moment, and nothing else would say what has ended it.
    ...(status.reason === "PodEvicted" && !isEvicted(context, attempt) ? { awaitsStore: true as const } : {}),
  };
  return overdue.failure === undefined
    ? { status, actions: [], ...wakeAtFirst(overdue.wakeAt), ...more }
    : settleFailed(context, attempt, { ...overdue.failure, ...partsOf(state) });
}

/** Whether the stored status says that the attempt's pod is being evicted. */
function isEvicted({ stored }: NodeContext, { attempt }: AttemptFacts): boolean {
  return stored.attempt === attempt && stored.reason === "PodEvicted";
}

/** Where the attempt stands. One that was held has waited for nobody before it began. */
function begunState(context: NodeContext, attempt: AttemptFacts): AttemptState {
  const { now } = context.facts;
  const state = movedProject(context, attempt) ?? attemptState(attempt, expectation(context, attempt), now);
  const isLost = state.state === "failed" && state.restsOnAbsence === true && state.reason === "InvalidResult";
  if (isLost && isEvicted(context, attempt)) return evictedUnseen(state);
  if (state.state === "failed" && state.reason === "AttemptTimedOut" && context.node.attemptTimeout === undefined)
    return { ...state, message: strangeDeadline(attempt) };
  if (state.state !== "starting" || attempt.job?.startsHeld !== true) return state;
  return { ...state, since: Math.max(state.since, parseTime(context.stored.attemptStarted) ?? 0) };
}

function liveStatus(
  context: NodeContext,
  attempt: AttemptFacts,
  state: AttemptState,
  start: Start | undefined,
): NodeStatus {
  const { notice, podlessSince, since, room } = start ?? {};
  const setback = state.state === "running" ? state.setback : undefined;
  const { reason = "", message = "" } = podlessSince !== undefined && isEvicted(context, attempt) ? context.stored : {};
  return {
    state: state.state === "running" ? "Running" : room === true ? "Waiting" : "Starting",
    ...attemptTimes(context, attempt),
    ...partsOf(state),
    ...(since === undefined ? {} : { waitingSince: timeText(since) }),
    ...(podlessSince === undefined ? {} : { podless: timeText(podlessSince) }),
    ...words(reason, message),
    ...(notice === undefined ? {} : words(notice.reason, notice.message)),
    ...(setback === undefined ? {} : words(setback.reason, setback.message)),
  };
}

function settleSucceeded(
  context: NodeContext,
  attempt: AttemptFacts,
  end: AttemptState & { state: "succeeded" },
): NodeDecision {
  const { result } = end;
  const decision = settle(context, {
    state: "Succeeded",
    ...attemptTimes(context, attempt),
    ...partsOf(end),
    finished: timeText(end.at),
    ...(result === undefined ? {} : { ...resultCounts(result), ...words("", result.message) }),
  });
  const { restsOnAbsence, byPush } = end;
  return {
    ...decision,
    ...(restsOnAbsence === true ? { restsOnAbsence } : {}),
    ...(byPush === true ? { byPush } : {}),
  };
}

function partsOf(state: AttemptState): { readonly parts?: string } {
  return "parts" in state && state.parts !== undefined ? { parts: state.parts } : {};
}

function settleFailed(context: NodeContext, attempt: AttemptFacts, end: Failure): NodeDecision {
  const { facts, name, node, pipeline } = context;
  const retries = retriesOf(node, pipeline);
  const status = {
    ...attemptTimes(context, attempt),
    ...partsOf(end),
    ...(end.uncounted === true ? { evictions: (context.stored.evictions ?? 0) + 1 } : {}),
    ...words(end.reason, end.message),
    ...(end.result === undefined ? {} : resultCounts(end.result)),
  };
  const restsOnAbsence = end.restsOnAbsence === true ? { restsOnAbsence: true as const } : {};
  const { evictions = 0 } = context.stored;
  const counted = attempt.attempt - evictions;
  const retryAt = end.at + retryDelayMs(retries, Math.max(1, counted), `${facts.run.meta.uid}/${name}`);
  // An attempt that could only begin after the node's timeout would be stopped at once, and hide why this one failed.
  const inTime = retryAt < (endsAt(context, attempt) ?? Number.POSITIVE_INFINITY);
  const kind = kindOfFailure(end);
  const failures = countFailure(context.stored, attempt.attempt, end);
  // A second try of what the task calls wrong helps only where somebody says that it may.
  const mayHelp = end.retriable || kind === "data" || kind === "configuration";
  const mayFollow = end.uncounted === true || isLeft(failures, kind, retries);
  if (mayHelp && inTime && mayFollow && attempt.attempt < ATTEMPTS_MAX) {
    return {
      status: { state: "Retrying", ...status, ...countsOf({ ...status, failures }), retryAt: timeText(retryAt) },
      actions: [],
      wakeAt: retryAt,
      ...restsOnAbsence,
    };
  }
  return {
    ...settle(context, { state: "Failed", ...status, finished: timeText(end.at) }),
    ...restsOnAbsence,
  };
}
