import type { NodeStatus } from "../api/pipeline-run.ts";
import { EXIT } from "../api/task.ts";
import type { Action } from "./action.ts";
import { haveEnded } from "./attempt/fan-out.ts";
import type { AttemptFacts, Facts } from "./facts.ts";
import { parseTime } from "./time.ts";

/*
 * What is done with the Jobs of a node whose verdict is stored.
 *
 * | what is true of the Job's pods                        | what is done                                                  |
 * |-------------------------------------------------------|---------------------------------------------------------------|
 * | all have ended                                        | nothing: its log stays until Kubernetes collects the Job      |
 * | the task's container has ended, another one works on  | it has a while to end by itself, then the Job is deleted      |
 * | a sidecar alone works on, and another attempt is due  | the Job is deleted; without another one the kubelet ends it   |
 * | the task has reported its end and its container runs  | it has a while to exit, then the Job is deleted               |
 * | one works, or the Job may make another one            | the Job is deleted                                            |
 *
 * A Job that is deleted takes its pod's log along. A pod that was evicted after it had reported its end is replaced by its Job, for work
 * that is done: that Job goes at once. A process that has not heard the report itself knows of a success from the status, where a
 * container that runs can only have reported it; a failure may have other reasons, such as a timeout, and its Job goes at once.
 */

/** How long containers beside the task's have to end by themselves. */
export const LINGER_MS = 10_000;
/** How long a task has to exit after its last word: a machine short of CPU takes seconds for it, and the kubelet one more to see it. */
export const EXIT_MS = 30_000;

/** What stops the Jobs of a node now, and when to look again. */
export interface Stop {
  readonly actions: readonly Action[];
  readonly wakeAt?: number;
}

/** Deletions of a node's Jobs that still work, whatever they may be about to do: the run is to end. */
export function stopJobs({ facts, name }: { facts: Facts; name: string }, why: string): Stop {
  return { actions: workingJobs(facts, name).flatMap((attempt) => deletion(name, attempt, why)) };
}

/**
 * Deletions of the Jobs of a node whose end, or whose attempt's end, stands in its stored status, once their containers have had the time
 * to end by themselves. An operator that dies in between finds the verdict, and does not judge again by what the deletion leaves behind.
 */
export function stopEnded({ facts, name }: { facts: Facts; name: string }, why: string): Stop {
  const stored = facts.run.status.nodes?.[name];
  const isRetried = stored?.state === "Retrying";
  const waits = workingJobs(facts, name, isRetried).map((attempt) => ({
    attempt,
    until: sparedUntil(attempt, stored),
  }));
  const spared = waits.filter(({ until }) => facts.now < until);
  const stopped = waits.filter(({ until }) => facts.now >= until);
  const actions = stopped.flatMap(({ attempt }) => deletion(name, attempt, why));
  return spared.length === 0 ? { actions } : { actions, wakeAt: Math.min(...spared.map(({ until }) => until)) };
}

function workingJobs(facts: Facts, name: string, isRetried = false): readonly AttemptFacts[] {
  const attempts = facts.attempts.get(name) ?? [];
  return attempts.filter((attempt) => isUnjudged(attempt) || (isRetried && hasSidecars(attempt)));
}

/** Whether the task has ended, and nothing but sidecars keeps its Job from ending. */
function hasSidecars({ job, pods }: AttemptFacts): boolean {
  const newest = pods.at(-1);
  return job?.parts === undefined && job?.verdict === undefined && newest?.sidecars !== undefined;
}

function deletion(node: string, { job }: AttemptFacts, why: string): Action[] {
  return job === undefined || job.deleting ? [] : [{ do: "deleteJob", node, name: job.name, uid: job.uid, why }];
}

/** Until when containers beside the task's may go on: for a while after the node's end, or until its next attempt begins. */
function lingerUntilOf(stored: NodeStatus | undefined): number {
  const retryAt = stored?.state === "Retrying" ? parseTime(stored.retryAt) : undefined;
  return retryAt ?? (parseTime(stored?.finished) ?? 0) + LINGER_MS;
}

function sparedUntil(attempt: AttemptFacts, stored: NodeStatus | undefined): number {
  if (onlyLingers(attempt) || hasSidecars(attempt)) return lingerUntilOf(stored);
  const newest = attempt.pods.at(-1);
  if (newest === undefined || newest.terminated !== undefined || newest.goneBy !== undefined) return 0;
  // One that reached no operator while it was held has done nothing: another one was made in its place.
  const others = attempt.pods.slice(0, -1).filter(({ terminated }) => terminated?.exitCode !== EXIT.notReached);
  const reportedAt = newest.pushed?.at ?? (others.length === 0 ? succeededAt(stored, attempt) : undefined);
  return reportedAt === undefined ? 0 : reportedAt + EXIT_MS;
}

function succeededAt(stored: NodeStatus | undefined, { attempt }: AttemptFacts): number | undefined {
  return stored?.state === "Succeeded" && stored.attempt === attempt ? parseTime(stored.finished) : undefined;
}

/** Whether the attempt's Job exists and has not ended: it may have a pod, or make one. */
export function isLive(attempt: AttemptFacts | undefined): boolean {
  if (attempt?.job === undefined) return false;
  // A Job is judged before its pods have ended: after a deadline they have their grace period still.
  const works = attempt.pods.some(
    (pod) => pod.lingering !== undefined || (pod.runningSince !== undefined && pod.terminated === undefined),
  );
  return attempt.job.deleting || works || isUnjudged(attempt);
}

/** Jobs of a node that have ended, and are kept for their logs alone. */
export function jobsToSpare(node: string, attempts: readonly AttemptFacts[]) {
  return attempts.flatMap((attempt) => {
    if (attempt.job === undefined || isLive(attempt)) return [];
    const { name, uid, created } = attempt.job;
    return [{ node, name, uid, created }];
  });
}

/** Whether the Job may make another pod or let one work on: its end is not known. */
function isUnjudged(attempt: AttemptFacts): boolean {
  const { job, pods } = attempt;
  const newest = pods.at(-1);
  const hasEnded = newest?.terminated !== undefined && !newest.disrupted && newest.lingering === undefined;
  const ended = job?.parts === undefined ? hasEnded : haveEnded(attempt);
  return job !== undefined && job.verdict === undefined && !ended;
}

/** Whether every task has ended, and what lives is another container beside one. */
function onlyLingers({ pods }: AttemptFacts): boolean {
  return pods.some((pod) => pod.lingering !== undefined) && pods.every((pod) => pod.terminated !== undefined);
}
