import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";
import { type NodeTransition, nodeTransitions } from "../run/status.ts";

/** An Event to write about a run. `note` is at most 1024 bytes, as the API demands. */
export interface EventIntent {
  readonly type: "Normal" | "Warning";
  /** CamelCase, for programs. */
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/**
 * The Events that tell what happened between two statuses of a run: its beginning and end, every retry, failure and pod that
 * cannot start. A node's ordinary start and success stand in the status and cost no Event.
 */
export function runEvents(before: PipelineRunStatus, after: PipelineRunStatus): EventIntent[] {
  const events: EventIntent[] = [];
  if (before.started === undefined && after.started !== undefined) {
    events.push({
      type: "Normal",
      reason: "Started",
      action: "Begin",
      note: `the run began with ${after.counts?.total ?? 0} nodes`,
    });
  }
  for (const transition of nodeTransitions(before, after)) events.push(...nodeEvents(transition));
  const was = before.conditions?.[0];
  const is = after.conditions?.[0];
  if (is !== undefined && (was?.status !== is.status || was.reason !== is.reason) && is.reason !== "Running") {
    events.push({
      type: is.status === "False" ? "Warning" : "Normal",
      reason: is.reason,
      action: "Judge",
      note: is.message,
    });
  }
  return events.map((event) => ({ ...event, note: cutBytes(event.note, 1024) }));
}

function nodeEvents({ name, before, after }: NodeTransition): EventIntent[] {
  const why = `${after.reason ?? ""}: ${after.message ?? ""}`;
  const waiting: EventIntent = {
    type: "Warning",
    reason: "NodeWaiting",
    action: "Wait",
    note: `node ${name} cannot start yet: ${why}`,
  };
  switch (after.state) {
    case "Retrying":
      // The next attempt's Job is refused: the retry itself was told of before.
      if (before?.state === "Retrying" && before.attempt === after.attempt) return [waiting];
      return [
        {
          type: "Warning",
          reason: "NodeRetrying",
          action: "Retry",
          note: `node ${name}, attempt ${after.attempt ?? 1}: ${why}; the next attempt begins at ${after.retryAt ?? ""}`,
        },
      ];
    case "Failed":
      return [
        {
          type: "Warning",
          reason: "NodeFailed",
          action: "Fail",
          note: `node ${name}, attempt ${after.attempt ?? 1}: ${why}`,
        },
      ];
    case "Pending":
    case "Starting":
      return after.reason === undefined ? [] : [waiting];
    case "Running":
      return setbackEvents(name, after);
    default:
      return [];
  }
}

/** What goes wrong with a node that is at work: a pod that should have ended, or a part that failed and that its Job tries again. */
function setbackEvents(name: string, { reason, message = "" }: NodeStatus): EventIntent[] {
  if (reason === undefined) return [];
  return reason === "PodNotGone"
    ? [{ type: "Warning", reason, action: "Wait", note: `node ${name}: ${message}` }]
    : [{ type: "Warning", reason: "PartRetrying", action: "Retry", note: `node ${name}: ${reason}: ${message}` }];
}

function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max
    ? text
    : `${bytes
        .subarray(0, max - 4)
        .toString("utf8")
        .replace(/\uFFFD$/, "")}…`;
}
