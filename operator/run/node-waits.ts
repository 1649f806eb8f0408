import { durationMs } from "../api/duration.ts";
import type { PipelineNode } from "../api/pipeline.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";
import { cutAtWord } from "../graph/listing.ts";
import type { Action } from "./action.ts";
import type { Refusal, Trouble } from "./facts.ts";
import type { NodeContext, NodeDecision } from "./node.ts";
import type { CommitWait } from "./project-commit.ts";
import { parseTime, timeText } from "./time.ts";

/** What becomes of a node, of whichever kind, that may not begin, or not yet: by its rule, by what is not stored, and by its condition. */
export function untilDue(context: NodeContext): NodeDecision | undefined {
  const readiness = context.rule.readinessOf(context.needs);
  if (readiness.is === "never") {
    const state = readiness.fails === true ? ("Failed" as const) : ("Skipped" as const);
    return settle(context, { state, ...words(readiness.reason ?? "UpstreamFailed", readiness.why) });
  }
  if (context.needsStore) return { status: { state: "Pending" }, actions: [], awaitsStore: true };
  if (readiness.is === "waits") return { status: { state: "Pending" }, actions: [] };
  const condition = context.condition?.() ?? { is: "holds" };
  if (condition.is === "holds") return undefined;
  if (condition.is === "false")
    return settle(context, { state: "Skipped", ...words("ConditionFalse", condition.message) });
  return settle(context, { state: "Failed", ...words("ConditionError", condition.message) });
}

/**
 * The Job could not be created: the attempt has not begun, and is tried again until startTimeout unless that is useless. A quota that is
 * used up is no fault: the node waits for room, until capacityTimeout.
 */
export function decideRefused(context: NodeContext, refusal: Refusal, create: Action): NodeDecision {
  const { facts, node, stored } = context;
  const lacks = refusal.reason === "QuotaExceeded";
  // An operator that has just begun goes on with what the status says.
  const known = stored.reason === refusal.reason ? parseTime(stored.waitingSince) : undefined;
  const since = Math.min(known ?? refusal.since, refusal.since);
  const giveUpAt = since + durationMs(lacks ? node.capacityTimeout : node.startTimeout);
  const { retryAt: _, waitingSince: __, ...rest } = stored;
  // The last word must have come after that time: the server may have been away for longer.
  if (refusal.final || refusal.at >= giveUpAt) {
    const why = lacks ? noCapacity(node, refusal) : words(refusal.reason, refusal.message);
    return settle(context, { ...rest, state: "Failed", ...why });
  }
  const idle =
    stored.state === "Retrying" ? stored : { ...rest, state: lacks ? ("Waiting" as const) : ("Pending" as const) };
  const status = { ...idle, ...words(refusal.reason, refusal.message), waitingSince: timeText(since) };
  if (facts.now < refusal.retryAt) return { status, actions: [], wakeAt: refusal.retryAt };
  return { status, actions: [create] };
}

/** A node that has to wait for others: what of it is due stays due. */
export function waitForSlot(context: NodeContext, { reason, message }: Trouble): NodeDecision {
  const { stored, node, facts } = context;
  const since = (stored.reason === reason ? parseTime(stored.waitingSince) : undefined) ?? facts.now;
  const { waitingSince: _, ...rest } = stored;
  const state = stored.state === "Retrying" ? ("Retrying" as const) : ("Waiting" as const);
  const status = { ...rest, state, reason, message, waitingSince: timeText(since) };
  // The run's own nodes end by their own limits; those of others may stand in the way for ever.
  if (reason !== "NamespaceLimit") return { status, actions: [] };
  const giveUpAt = since + durationMs(node.capacityTimeout);
  if (facts.now < giveUpAt) return { status, actions: [], wakeAt: giveUpAt };
  const { retryAt: __, ...last } = rest;
  return settle(context, { ...last, state: "Failed", ...noCapacity(node, { reason, message }) });
}

/** A node that is due and gets the commit of its project from another one. */
export function waitForCommit({ stored }: NodeContext, { node, awaitsStore }: CommitWait): NodeDecision {
  const more = awaitsStore ? { awaitsStore: true as const } : {};
  if (stored.state === "Retrying") return { status: stored, actions: [], ...more };
  const message = `node ${node} looks up the commit of the same git project, which this one gets as well`;
  return { status: { state: "Pending", ...words("AwaitingCommit", message) }, actions: [], ...more };
}

function noCapacity({ capacityTimeout }: PipelineNode, { reason, message }: Trouble) {
  return words("NoCapacity", `no room was found within ${capacityTimeout} (capacityTimeout): ${reason}: ${message}`);
}

/** The end of a node, now unless the status says when. Its budgets are of no use any more. */
export function settle({ facts }: NodeContext, { failures: _, ...status }: NodeStatus): NodeDecision {
  return { status: { finished: timeText(facts.now), ...status }, actions: [] };
}

/** Reason and message as a status holds them: at most so long, and left out when there is nothing to say. */
export function words(reason: string, message: string): Pick<NodeStatus, "reason" | "message"> {
  return {
    ...(reason === "" ? {} : { reason: cutAtWord(reason, 64) }),
    ...(message === "" ? {} : { message: cutAtWord(message, 1024) }),
  };
}
