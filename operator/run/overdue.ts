import { durationMs } from "../api/duration.ts";
import type { AttemptState, Failure } from "./attempt/attempt-state.ts";
import type { Start } from "./attempt/start.ts";
import type { AttemptFacts } from "./facts.ts";
import type { NodeContext } from "./node.ts";
import { finallyOverdue } from "./rules/finally.ts";
import { earliest, parseTime } from "./time.ts";

/** A time at which an attempt that is still at work has failed. */
interface Limit {
  readonly at: number;
  readonly reason: Failure["reason"];
  readonly message: string;
  readonly retriable: boolean;
}

/** The failure of an attempt that waited or worked too long or lost its Job; else the next time at which that can be so. */
export function overdueAttempt(
  context: NodeContext,
  attempt: AttemptFacts,
  state: AttemptState,
  start: Start | undefined,
): { failure?: Failure; wakeAt?: number | undefined } {
  const { now } = context.facts;
  if (state.state === "gone") {
    const message = `the Job of attempt ${attempt.attempt} was deleted before it finished`;
    return { failure: { state: "failed", at: now, reason: "JobLost", message, retriable: true, restsOnAbsence: true } };
  }
  const limits = [
    nodeTimeout(context, attempt),
    finallyLimit(context),
    heldTimeout(context, attempt),
    startLimit(context, start),
  ].filter((limit) => limit !== undefined);
  const over = limits.find(({ at }) => now >= at);
  if (over !== undefined) {
    const { reason, message, retriable } = over;
    return { failure: { state: "failed", at: now, reason, message, retriable, restsOnAbsence: true } };
  }
  const settlesAt = state.state === "running" ? state.settlesAt : undefined;
  return { wakeAt: earliest(...limits.map(({ at }) => at), start?.showAt, settlesAt) };
}

/** When the first attempt of a node began. */
export function startedAt({ stored, facts }: NodeContext, attempt: AttemptFacts): number {
  return parseTime(stored.started) ?? attempt.job?.created ?? facts.now;
}

/** When the node is to have ended, all its attempts together. */
export function endsAt(context: NodeContext, attempt: AttemptFacts): number | undefined {
  return earliest(ownEndsAt(context, attempt), context.finallyEndsAt);
}

function ownEndsAt(context: NodeContext, attempt: AttemptFacts): number | undefined {
  const { timeout } = context.node;
  if (context.deadline !== undefined || timeout === undefined) return context.deadline;
  return startedAt(context, attempt) + durationMs(timeout);
}

function nodeTimeout(context: NodeContext, attempt: AttemptFacts): Limit | undefined {
  const at = ownEndsAt(context, attempt);
  if (at === undefined) return undefined;
  const message = `the node took longer than its timeout of ${context.node.timeout ?? ""}`;
  return { at, reason: "TimedOut", message, retriable: false };
}

function finallyLimit({ finallyEndsAt, pipeline }: NodeContext): Limit | undefined {
  if (finallyEndsAt === undefined) return undefined;
  return { at: finallyEndsAt, reason: "TimedOut", message: finallyOverdue(pipeline), retriable: false };
}

/** The attempt of a Job that was held: its Job counts the time in which it was held as well, and would end it later. */
function heldTimeout({ node, stored }: NodeContext, { job }: AttemptFacts): Limit | undefined {
  const began = parseTime(stored.attemptStarted);
  if (job?.startsHeld !== true || node.attemptTimeout === undefined || began === undefined) return undefined;
  const message = `the attempt took longer than attemptTimeout (${node.attemptTimeout})`;
  return { at: began + durationMs(node.attemptTimeout), reason: "AttemptTimedOut", message, retriable: true };
}

function startLimit({ node }: NodeContext, start: Start | undefined): Limit | undefined {
  if (start?.dueAt === undefined) return undefined;
  const { startTimeout, capacityTimeout } = node;
  if (start.room === true) {
    const message = `no room was found within ${capacityTimeout} (capacityTimeout): ${start.why}`;
    return { at: start.dueAt, reason: "NoCapacity", message, retriable: false };
  }
  const message = `the pod did not start running within ${startTimeout}: ${start.why}`;
  // What changed this pod would change the next one, which may do work as well.
  const retriable = start.notice?.reason !== "ForeignPod";
  return { at: start.dueAt, reason: "StartTimedOut", message, retriable };
}

/** A deadline that the operator has not set. */
export function strangeDeadline({ job }: AttemptFacts): string {
  return `the Job ended the attempt by its activeDeadlineSeconds, which somebody else has set: the node has no attemptTimeout. kubectl get job ${job?.name ?? ""} -o yaml --show-managed-fields shows who did`;
}
