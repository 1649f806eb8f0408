import { durationMs } from "../api/duration.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import { retriesOf } from "../api/retries.ts";
import type { Action } from "./action.ts";
import { attemptState } from "./attempt.ts";
import type { AttemptState, Failure } from "./attempt-state.ts";
import type { AttemptFacts, Facts, Refusal } from "./facts.ts";
import { haveEnded } from "./fan-out.ts";
import { retryDelayMs } from "./retry.ts";
import { type Start, startOf } from "./start.ts";
import type { ResultExpectation } from "./task-end.ts";
import { parseTime, timeText } from "./time.ts";

/** What becomes of one node: its next status, what to do for it, and when to look again if nothing happens before. */
export interface NodeDecision {
  readonly status: NodeStatus;
  readonly actions: readonly Action[];
  readonly wakeAt?: number;
  /** The decision follows from something not being there: it holds only if the API server itself says so too. */
  readonly inferred?: true;
}

/** One node with all that its decision depends on. */
export interface NodeContext {
  readonly name: string;
  readonly node: PipelineNode;
  readonly pipeline: PipelineSpec;
  readonly facts: Facts;
  /** The node's status as it is stored: what this run has already said to the world. */
  readonly stored: NodeStatus;
  /** A node that needs this one has a Job, which is only ever made once all that it needs has succeeded. */
  readonly proven: boolean;
  /** Next states of the nodes that this one needs. */
  readonly needs: ReadonlyMap<string, NodeState>;
}

export const TERMINAL: readonly NodeState[] = ["Succeeded", "Failed", "Skipped", "Cancelled"];

/** The state table of nodes stands with NODE_STATES in api/pipeline-run.ts. */
export function decideNode(context: NodeContext): NodeDecision {
  const { stored, facts, name } = context;
  if (TERMINAL.includes(stored.state)) return { status: stored, actions: stopJobs(context, "the node has finished") };
  const attempts = facts.attempts.get(name) ?? [];
  if (context.proven) return decideProven(context, attempts.at(-1));
  const latest = attempts.at(-1)?.attempt ?? 0;
  if (stored.state === "Retrying" && latest <= (stored.attempt ?? 0)) return decideRetry(context, attempts.at(-1));
  if (latest === 0) return decideFirst(context);
  return decideAttempt(context, attempts.at(-1) as AttemptFacts);
}

/** A node that is known to have succeeded, though its Job may have gone before anybody stored what it said. */
function decideProven(context: NodeContext, attempt: AttemptFacts | undefined): NodeDecision {
  const state =
    attempt === undefined ? undefined : attemptState(attempt, expectation(context, attempt), context.facts.now);
  if (attempt !== undefined && state?.state === "succeeded") return settleSucceeded(context, attempt, state);
  const { retryAt: _, reason: __, podless: ___, ...stored } = context.stored;
  return settle(context, {
    ...stored,
    state: "Succeeded",
    message: "its Job was deleted before its result was stored",
  });
}

function expectation({ facts, name, node }: NodeContext, { attempt }: AttemptFacts): ResultExpectation {
  return { run: facts.run.meta.uid, node: name, attempt, required: node.container === undefined };
}

/** A node without an attempt: its needs say whether it starts, waits or never will. */
function decideFirst(context: NodeContext): NodeDecision {
  const blocked = [...context.needs].filter(([, state]) => TERMINAL.includes(state) && state !== "Succeeded");
  if (blocked.length > 0) {
    const what = blocked.map(([need, state]) => `${need} (${state})`).join(", ");
    return settle(context, { state: "Skipped", reason: "UpstreamFailed", message: `needs ${what}` });
  }
  if ([...context.needs.values()].some((state) => state !== "Succeeded"))
    return { status: { state: "Pending" }, actions: [] };
  return startAttempt(context, 1);
}

/** The latest attempt failed: the next one begins when its time has come and nothing of the failed one lives any more. */
function decideRetry(context: NodeContext, failed: AttemptFacts | undefined): NodeDecision {
  const { stored, facts } = context;
  const actions = stopJobs(context, "the attempt has failed");
  if (actions.length > 0 || isLive(failed)) return { status: stored, actions };
  const retryAt = parseTime(stored.retryAt);
  if (retryAt !== undefined && facts.now < retryAt) return { status: stored, actions: [], wakeAt: retryAt };
  const next = startAttempt(context, (stored.attempt ?? 0) + 1);
  return failed?.job === undefined ? { ...next, inferred: true } : next;
}

function startAttempt(context: NodeContext, attempt: number): NodeDecision {
  const { facts, name, stored } = context;
  const create: Action = { do: "createJob", node: name, attempt };
  const refusal = facts.refusals.get(name);
  if (refusal?.attempt === attempt) return decideRefused(context, refusal, create);
  const now = timeText(facts.now);
  const status: NodeStatus = { state: "Starting", attempt, started: stored.started ?? now, attemptStarted: now };
  return { status, actions: [create] };
}

/** The API server would not create the Job: the attempt has not begun, and is tried again until startTimeout unless that is useless. */
function decideRefused(context: NodeContext, refusal: Refusal, create: Action): NodeDecision {
  const { facts, node, stored } = context;
  const why = words(refusal.reason, refusal.message);
  const giveUpAt = refusal.since + durationMs(node.startTimeout);
  if (refusal.final || facts.now >= giveUpAt) {
    const { retryAt: _, ...rest } = stored;
    return settle(context, { ...rest, state: "Failed", ...why });
  }
  const status = { ...stored, ...why };
  if (facts.now < refusal.retryAt) return { status, actions: [], wakeAt: Math.min(refusal.retryAt, giveUpAt) };
  return { status, actions: [create], wakeAt: giveUpAt };
}

/** An attempt whose Job exists, or did until somebody deleted it. */
function decideAttempt(context: NodeContext, attempt: AttemptFacts): NodeDecision {
  const { stored, node, facts } = context;
  const state = attemptState(attempt, expectation(context, attempt), facts.now);
  if (state.state === "succeeded") return settleSucceeded(context, attempt, state);
  if (state.state === "failed") return settleFailed(context, attempt, state);
  const waits = { attempt, stored, startTimeout: node.startTimeout, now: facts.now };
  const start = state.state === "starting" ? startOf(state, waits) : undefined;
  const overdue = overdueAttempt(context, attempt, state, start);
  const status = liveStatus(context, attempt, state, start);
  const inferred = start?.inferred === true ? { inferred: true as const } : {};
  return overdue.failure === undefined
    ? { status, actions: [], ...wake(overdue.wakeAt), ...inferred }
    : settleFailed(context, attempt, { ...overdue.failure, ...partsOf(state) });
}

/** The failure of an attempt that waited or worked too long or lost its Job; else the next time at which that can be so. */
function overdueAttempt(
  context: NodeContext,
  attempt: AttemptFacts,
  state: AttemptState,
  start: Start | undefined,
): { failure?: Failure; wakeAt?: number } {
  const { now } = context.facts;
  const failure = (reason: Failure["reason"], message: string, retriable: boolean) => ({
    failure: { state: "failed", at: now, reason, message, retriable, inferred: true } as const,
  });
  if (state.state === "gone") {
    return failure("JobLost", `the Job of attempt ${attempt.attempt} was deleted before it finished`, true);
  }
  const times: number[] = [];
  if (context.node.timeout !== undefined) {
    const at = startedAt(context, attempt) + durationMs(context.node.timeout);
    if (now >= at)
      return failure("TimedOut", `the node took longer than its timeout of ${context.node.timeout}`, false);
    times.push(at);
  }
  if (start?.dueAt !== undefined) {
    const { startTimeout } = context.node;
    if (now >= start.dueAt)
      return failure("StartTimedOut", `the pod did not start running within ${startTimeout}: ${start.why}`, true);
    times.push(start.dueAt);
  }
  if (start?.tellAt !== undefined) times.push(start.tellAt);
  if (state.state === "running" && state.settlesAt !== undefined) times.push(state.settlesAt);
  return times.length === 0 ? {} : { wakeAt: Math.min(...times) };
}

function liveStatus(
  context: NodeContext,
  attempt: AttemptFacts,
  state: AttemptState,
  start: Start | undefined,
): NodeStatus {
  const { told, podlessSince } = start ?? {};
  const setback = state.state === "running" ? state.setback : undefined;
  return {
    state: state.state === "running" ? "Running" : "Starting",
    ...attemptTimes(context, attempt),
    ...partsOf(state),
    ...(podlessSince === undefined ? {} : { podless: timeText(podlessSince) }),
    ...(told === undefined ? {} : words(told.reason, told.message)),
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
  return end.inferred === true ? { ...decision, inferred: true } : decision;
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
    ...words(end.reason, end.message),
    ...(end.result === undefined ? {} : resultCounts(end.result)),
  };
  const inferred = end.inferred === true ? { inferred: true as const } : {};
  const retryAt = end.at + retryDelayMs(retries, attempt.attempt, `${facts.run.meta.uid}/${name}`);
  // An attempt that could only begin after the node's timeout would be stopped at once, and hide why this one failed.
  const inTime = node.timeout === undefined || retryAt < startedAt(context, attempt) + durationMs(node.timeout);
  if (end.retriable && inTime && attempt.attempt <= retries.limit) {
    return {
      status: { state: "Retrying", ...status, retryAt: timeText(retryAt) },
      actions: [],
      wakeAt: retryAt,
      ...inferred,
    };
  }
  return { ...settle(context, { state: "Failed", ...status, finished: timeText(end.at) }), ...inferred };
}

function settle({ facts }: NodeContext, status: NodeStatus): NodeDecision {
  return { status: { finished: timeText(facts.now), ...status }, actions: [] };
}

function resultCounts(result: NonNullable<Failure["result"]>): Pick<NodeStatus, "rows" | "bytes" | "tests"> {
  const { rows, bytes, tests } = result;
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tests === undefined ? {} : { tests }),
  };
}

function attemptTimes(
  context: NodeContext,
  attempt: AttemptFacts,
): Pick<NodeStatus, "attempt" | "started" | "attemptStarted"> {
  const { stored } = context;
  const created = attempt.job === undefined ? undefined : timeText(attempt.job.created);
  const attemptStarted = created ?? stored.attemptStarted;
  return {
    attempt: attempt.attempt,
    started: timeText(startedAt(context, attempt)),
    ...(attemptStarted === undefined ? {} : { attemptStarted }),
  };
}

function startedAt({ stored, facts }: NodeContext, attempt: AttemptFacts): number {
  return parseTime(stored.started) ?? attempt.job?.created ?? facts.now;
}

/**
 * Deletions of a node's Jobs that still work. The node's stored status already says why, so that an operator that dies in
 * between finds the verdict and does not judge again by what the deletion leaves behind.
 */
export function stopJobs({ facts, name }: Pick<NodeContext, "facts" | "name">, why: string): Action[] {
  return (facts.attempts.get(name) ?? []).flatMap((attempt) => {
    if (!isUnjudged(attempt) || attempt.job === undefined || attempt.job.deleting) return [];
    return [{ do: "deleteJob", node: name, name: attempt.job.name, uid: attempt.job.uid, why } as const];
  });
}

/** Whether the attempt's Job exists and has not ended: it may have a pod, or make one. */
export function isLive(attempt: AttemptFacts | undefined): boolean {
  if (attempt?.job === undefined) return false;
  // A Job is judged before its pods have ended: after a deadline they have their grace period still.
  const works = attempt.pods.some((pod) => pod.runningSince !== undefined && pod.terminated === undefined);
  return attempt.job.deleting || works || isUnjudged(attempt);
}

/** Whether the Job may make another pod or let one work on: nobody has said that it has ended. */
function isUnjudged(attempt: AttemptFacts): boolean {
  const { job, pods } = attempt;
  const hasEnded = pods.at(-1)?.terminated !== undefined && !pods.at(-1)?.disrupted;
  const ended = job?.parts === undefined ? hasEnded : haveEnded(attempt);
  return job !== undefined && job.verdict === undefined && !ended;
}

function wake(wakeAt: number | undefined): { wakeAt?: number } {
  return wakeAt === undefined ? {} : { wakeAt };
}

/** Reason and message as a status holds them: at most so long, and left out when there is nothing to say. */
function words(reason: string, message: string): Pick<NodeStatus, "reason" | "message"> {
  return {
    ...(reason === "" ? {} : { reason: shorten(reason, 64) }),
    ...(message === "" ? {} : { message: shorten(message, 1024) }),
  };
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
