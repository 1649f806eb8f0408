import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";
import { type NodeTransition, nodeTransitions } from "../run/status.ts";
import { succeededCondition } from "../run/succeeded.ts";

/** What the API server allows. */
const NOTE_BYTES_MAX = 1024;

/** An Event to write about a run. `note` is at most {@link NOTE_BYTES_MAX} bytes. */
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
  events.push(...summarized(nodeTransitions(before, after).flatMap(nodeEvents)));
  const was = succeededCondition(before);
  const is = succeededCondition(after);
  if (is !== undefined && (was?.status !== is.status || was.reason !== is.reason) && is.reason !== "Running") {
    events.push({
      type: is.status === "False" ? "Warning" : "Normal",
      reason: is.reason,
      action: "Judge",
      note: is.message,
    });
  }
  return events.map((event) => ({ ...event, note: cutBytes(event.note, NOTE_BYTES_MAX) }));
}

/** How many nodes one reason is reported for one by one at one time. */
const ALIKE_MAX = 8;

/** What happens to hundreds of nodes at once, such as a quota that is full, is reported for a few of them, then as their number. */
function summarized(events: readonly EventIntent[]): EventIntent[] {
  return [...Map.groupBy(events, ({ reason }) => reason).values()].flatMap((alike) => {
    const [first] = alike;
    const rest = alike.length - ALIKE_MAX;
    if (first === undefined || rest <= 0) return alike;
    const note = `the same happened to ${rest} more nodes; their states and messages stand in the status`;
    return [...alike.slice(0, ALIKE_MAX), { ...first, note }];
  });
}

const LIMITS: readonly string[] = ["RunParallelism", "NamespaceLimit"];

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
      // The next attempt's Job is refused: the retry itself was reported before.
      if (before?.state === "Retrying" && before.attempt === after.attempt) return [waiting];
      return [
        {
          type: "Warning",
          reason: "NodeRetrying",
          action: "Retry",
          note: attemptNote(name, after, `; the next attempt begins at ${after.retryAt ?? ""}`),
        },
      ];
    case "Failed":
      return [
        {
          type: "Warning",
          reason: "NodeFailed",
          action: "Fail",
          note: attemptNote(name, after),
        },
      ];
    case "Waiting":
      // Limits that people have set are no trouble, and a wide run would write an Event for each of its nodes.
      return LIMITS.includes(after.reason ?? "") ? [] : [waiting];
    case "Pending":
    case "Starting":
      return after.reason === undefined || after.reason === "StartingAhead" ? [] : [waiting];
    case "Running":
      return setbackEvents(name, after);
    default:
      return [];
  }
}

/** Failures after which the pod and its log are there: others are Kubernetes' or our own deletion, or come before a container has run. */
const WITH_LOG: readonly string[] = [
  "ConfigurationError",
  "DataError",
  "TransientError",
  "InvalidResult",
  "ExitCode",
  "OOMKilled",
];

function hasLog({ reason = "", message = "" }: NodeStatus): boolean {
  return WITH_LOG.includes(reason) && !/kubectl logs |its log goes with|pod is gone/.test(message);
}

/** An attempt's failure, and the command that shows its log: a long message is cut, and the command stands whole. */
function attemptNote(name: string, node: NodeStatus, more = ""): string {
  const { attempt = 1, reason = "", message = "", job } = node;
  const rest = `${more}${job !== undefined && hasLog(node) ? `; its log: kubectl logs job/${job}` : ""}`;
  const what = `node ${name}, attempt ${attempt}: ${reason}: ${message}`;
  return `${cutBytes(what, NOTE_BYTES_MAX - Buffer.byteLength(rest))}${rest}`;
}

/** What goes wrong with a node that is at work: a pod that should have ended, or a part that failed and that its Job tries again. */
function setbackEvents(name: string, { reason, message = "" }: NodeStatus): EventIntent[] {
  if (reason === undefined) return [];
  return reason === "PodNotGone" || reason === "PodEvicted"
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
