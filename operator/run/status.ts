import { formatDuration } from "../api/duration.ts";
import type { NodeStatus, PipelineRunStatus, SpecRevision, TestCounts } from "../api/pipeline-run.ts";
import { STATUS_BYTES_MAX } from "../graph/largest-status.ts";
import type { Facts } from "./facts.ts";
import { runHealth } from "./health.ts";
import { packNodes } from "./packing/packed-status.ts";
import { runConditions } from "./run-conditions.ts";
import { sortedJson } from "./sorted-json.ts";
import { fitStatus } from "./status-size.ts";
import { isFinished, succeededCondition } from "./succeeded.ts";
import { parseTime, timeText } from "./time.ts";
import type { Verdict } from "./verdict.ts";

/** The whole status that says a verdict. Times that tell of the past are kept from the stored status. */
export function statusOf(
  verdict: Verdict,
  { run, copy, pipeline, now }: Pick<Facts, "run" | "copy" | "pipeline" | "now">,
  { revision, bytesMax = STATUS_BYTES_MAX }: { readonly revision?: SpecRevision; readonly bytesMax?: number } = {},
): PipelineRunStatus {
  const stored = run.status;
  const begun = verdict.begin;
  const started = stored.started ?? (begun === undefined ? undefined : timeText(now));
  const startedAt = parseTime(started);
  const ended = verdict.succeeded !== "Unknown";
  const packed = packNodes(verdict.nodes);
  const nodes = Object.values(packed);
  const counts = countStates(nodes);
  const done =
    counts.total - counts.active - (counts.waiting ?? 0) - nodes.filter(({ state }) => state === "Pending").length;
  const generation = run.meta.generation ?? 0;
  const { tests } = testsOf(nodes);
  const status = {
    ...stored,
    ...(begun === undefined ? {} : { pipelineGeneration: begun.generation, ...begun.times }),
    ...(begun?.params === undefined ? {} : { params: begun.params }),
    // A run that ends before it begins was refused by the Pipeline of this moment; an older version did not record which one it took.
    ...(copy !== undefined || pipeline === undefined || !(begun || ended) ? {} : { pipelineUid: pipeline.uid }),
    ...(revision === undefined ? {} : { pipelineRevision: revision }),
    observedGeneration: generation,
    conditions: runConditions(verdict, stored.conditions, { generation, now }),
    ...(started === undefined ? {} : { started }),
    ...(ended && !isFinished(stored) ? endOf(startedAt, now) : {}),
    progress: `${done}/${counts.total}`,
    counts,
    rows: total(nodes.map((node) => node.rows ?? 0)),
    ...(tests === undefined ? {} : { tests }),
    ...(ended ? runHealth(nodes, tests) : {}),
    nodes: packed,
  };
  return fitStatus(status, bytesMax);
}

function endOf(startedAt: number | undefined, now: number): Pick<PipelineRunStatus, "finished" | "duration"> {
  const finished = timeText(now);
  return startedAt === undefined ? { finished } : { finished, duration: formatDuration(now - startedAt) };
}

function countStates(nodes: readonly NodeStatus[]): NonNullable<PipelineRunStatus["counts"]> {
  const count = (...states: readonly NodeStatus["state"][]) =>
    nodes.filter(({ state }) => states.includes(state)).length;
  return {
    total: nodes.length,
    succeeded: count("Succeeded"),
    failed: count("Failed"),
    skipped: count("Skipped"),
    cancelled: count("Cancelled"),
    active: count("Starting", "Running", "Retrying"),
    waiting: count("Waiting"),
  };
}

/** A sum that the status can hold, whatever the containers of a run claim. */
function total(counts: readonly number[]): number {
  return Math.min(
    counts.reduce((sum, count) => sum + count, 0),
    Number.MAX_SAFE_INTEGER,
  );
}

function testsOf(nodes: readonly NodeStatus[]): { tests?: TestCounts } {
  const tested = nodes.flatMap(({ tests }) => (tests === undefined ? [] : [tests]));
  if (tested.length === 0) return {};
  const sum = (key: keyof TestCounts) => total(tested.map((tests) => tests[key]));
  return { tests: { passed: sum("passed"), warned: sum("warned"), failed: sum("failed"), errored: sum("errored") } };
}

/** A node that changed its state between two statuses. */
export interface NodeTransition {
  readonly name: string;
  readonly before: NodeStatus | undefined;
  readonly after: NodeStatus;
}

/** The nodes whose state or attempt differs: what events and metrics tell of. */
export function nodeTransitions(before: PipelineRunStatus, after: PipelineRunStatus): NodeTransition[] {
  const known = new Map(Object.entries(before.nodes ?? {}));
  return Object.entries(after.nodes ?? {}).flatMap(([name, node]) => {
    const old = known.get(name);
    const same =
      old !== undefined && old.state === node.state && old.attempt === node.attempt && old.reason === node.reason;
    return same ? [] : [{ name, before: old, after: node }];
  });
}

/** Whether two statuses differ in anything that is worth a write. */
export function statusDiffers(before: object, after: object): boolean {
  return sortedJson(before) !== sortedJson(after);
}

/**
 * Whether somebody waits for the change: the run's own reason, a failure, a retry, a reason to wait. What goes as it should, a
 * node's start and success among it, is said every other second, so that a chain of short nodes costs few writes.
 */
export function isUrgent(before: PipelineRunStatus, after: PipelineRunStatus): boolean {
  const is = succeededCondition(after);
  const was = succeededCondition(before);
  if (is?.status !== was?.status || is?.reason !== was?.reason) return true;
  return nodeTransitions(before, after).some(
    ({ after: node }) => node.state === "Failed" || node.state === "Retrying" || (isIdle(node) && isTrouble(node)),
  );
}

/** Whether the reason is a trouble: a start ahead is not, nor is a wait for what another node looks up. */
function isTrouble({ reason }: NodeStatus): boolean {
  return reason !== undefined && reason !== "StartingAhead" && reason !== "AwaitingCommit";
}

function isIdle({ state }: NodeStatus): boolean {
  return state === "Pending" || state === "Waiting" || state === "Starting";
}
