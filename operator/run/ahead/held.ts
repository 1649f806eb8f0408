import type { NodeStatus } from "../../api/pipeline-run.ts";
import { listed } from "../../graph/listing.ts";
import type { AttemptFacts, Facts, JobFacts } from "../facts.ts";
import type { NodeContext, NodeDecision } from "../node.ts";
import { words } from "../node-waits.ts";
import { blockedBy } from "../readiness.ts";
import { timeText } from "../time.ts";

/*
 * What becomes of a held Job: one that was made while its node could not begin. Its process is up and does nothing. That it is there
 * proves nothing about the nodes that it needs.
 *
 * | what is true                                                              | what is done                                          |
 * |---------------------------------------------------------------------------|-------------------------------------------------------|
 * | all that its node needs has succeeded                                     | the node is stored as started, and only then its task is told `go` |
 * | the same, and its pod has ended, or it was held for too long              | it is deleted; another one is made, which is not held |
 * | its rule cannot be met any more, or a node that it needs waits or is tried again | it is deleted; the node is decided about when it is gone |
 * | its pod has ended or cannot start, or it was held for too long            | the same                                              |
 * | a node of the run waits for room                                          | the same (`ahead.ts`)                                 |
 * | else                                                                      | it goes on waiting                                    |
 *
 * A Job that was held is followed by no attempt: none has begun. `go` is no secret and comes as often as it is asked for (`orders.ts`).
 */

/** The longest time that a pod is held: it keeps its requests from others. */
export const HOLD_MS = 60_000;
/** How long a held Job may be without a pod: nothing holds a Job up for longer but a lack of room or a fault. */
const PODLESS_MS = 10_000;

/** An attempt that has a Job. */
export type Made = AttemptFacts & { readonly job: JobFacts };

/** The attempt of a node whose Job is held: the stored status does not say that it has begun. */
export function heldAttempt(stored: NodeStatus, attempts: readonly AttemptFacts[]): Made | undefined {
  const latest = attempts.at(-1);
  if (latest?.job?.startsHeld !== true || hasBegun(stored, latest.job)) return undefined;
  return { ...latest, job: latest.job };
}

/** Whether the stored status says that the node's attempt with this Job has begun. */
export function hasBegun({ state, jobUid }: NodeStatus, { uid }: JobFacts): boolean {
  return state !== "Pending" && jobUid === uid;
}

/** A node whose Job is held. */
export function decideHeld(context: NodeContext, attempt: Made): NodeDecision {
  const { rule, needs, facts } = context;
  if (attempt.job.deleting) return { status: heldStatus(attempt, "its Job is being deleted"), actions: [] };
  const readiness = rule.readinessOf(needs);
  const isDue = readiness.is === "due";
  const why = troubleOf(attempt, facts.now, isDue);
  if (why !== undefined) return drop(context.name, attempt, why);
  if (isDue && (context.condition?.().is ?? "holds") !== "holds")
    return drop(context.name, attempt, "its condition does not hold");
  if (isDue) return beginHeld(context, attempt);
  if (readiness.is === "never") return drop(context.name, attempt, readiness.why);
  const blocked = blockedBy(rule, needs);
  if (blocked !== undefined) return drop(context.name, attempt, `node ${blocked}, which it needs, does not work`);
  const message = `its pod is started and waits for ${listed(readiness.for, 900)}`;
  return { status: heldStatus(attempt, message), actions: [], wakeAt: attempt.job.created + HOLD_MS };
}

/** The deletion of a held Job. */
export function drop(node: string, attempt: Made, why: string): NodeDecision {
  const { name, uid } = attempt.job;
  const status = heldStatus(attempt, `its Job is being deleted: ${why}`);
  return { status, actions: [{ do: "deleteJob", node, name, uid, why: `it was held; ${why}`, held: true }] };
}

/** Why the Job is of no use any more. One that is due may start as slowly as any other. */
function troubleOf({ job, pods }: Made, now: number, isDue: boolean): string | undefined {
  const newest = pods.at(-1);
  if (now >= job.created + HOLD_MS) return `it was held for ${HOLD_MS / 1000} seconds`;
  if (job.verdict !== undefined || (newest?.terminated !== undefined && !newest.disrupted)) return "its pod has ended";
  if (isDue) return undefined;
  if (newest?.waiting !== undefined) return `its pod cannot start: ${newest.waiting.reason}`;
  if (job.suspended) return "it is suspended";
  return newest === undefined && now >= job.created + PODLESS_MS ? "it has made no pod" : undefined;
}

function beginHeld({ facts }: NodeContext, { attempt, job, pods }: Made): NodeDecision {
  const now = timeText(facts.now);
  const newest = pods.at(-1);
  const runs = newest?.runningSince !== undefined && newest.terminated === undefined;
  const state = runs ? ("Running" as const) : ("Starting" as const);
  const status = { state, attempt, job: job.name, jobUid: job.uid, started: now, attemptStarted: now };
  return { status, actions: [], awaitsStore: true };
}

function heldStatus({ attempt, job }: Made, message: string): NodeStatus {
  return { state: "Pending", attempt, job: job.name, jobUid: job.uid, ...words("StartingAhead", message) };
}

/** Nodes whose Job is held, and not on its way out. */
export function heldJobs(facts: Facts, nodes: Readonly<Record<string, NodeStatus>>): ReadonlyMap<string, Made> {
  const held = new Map<string, Made>();
  for (const [name, attempts] of facts.attempts) {
    const attempt = heldAttempt(facts.run.status.nodes?.[name] ?? { state: "Pending" }, attempts);
    if (attempt !== undefined && !attempt.job.deleting && nodes[name]?.state === "Pending") held.set(name, attempt);
  }
  return held;
}
