import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import { type NodeTransition, nodeTransitions } from "../run/status.ts";
import { parseTime } from "../run/time.ts";
import type { Metrics } from "./metrics.ts";

/** The run that two statuses belong to, as labels name it. */
export interface RunLabels {
  readonly namespace: string;
  readonly pipeline: string;
}

/** Counts what happened between two statuses of a run. Called once for each status that was stored, so nothing counts twice. */
export function countRun(
  metrics: Metrics,
  labels: RunLabels,
  before: PipelineRunStatus,
  after: PipelineRunStatus,
): void {
  for (const transition of nodeTransitions(before, after)) countNode(metrics, labels, transition);
  const condition = after.conditions?.[0];
  if (condition === undefined || condition.status === "Unknown" || before.conditions?.[0]?.status === condition.status)
    return;
  const result = { ...labels, result: resultOf(condition) };
  metrics.runs.inc(result);
  const finished = seconds(after.finished);
  if (finished === undefined) return;
  metrics.lastRun.set({ ...labels }, finished);
  if (condition.status === "True") metrics.lastSuccess.set({ ...labels }, finished);
  const started = seconds(after.started);
  if (started !== undefined) metrics.runDuration.observe(result, Math.max(0, finished - started));
}

function resultOf(condition: { readonly status: string; readonly reason: string }): string {
  if (condition.status === "True") return "succeeded";
  return condition.reason === "Cancelled" ? "cancelled" : "failed";
}

function countNode(metrics: Metrics, run: RunLabels, { name, before, after: node }: NodeTransition): void {
  // A retry that the API server refuses for a while changes its reason and is still one retry.
  if (before?.state === node.state && before.attempt === node.attempt) return;
  const labels = { ...run, node: name };
  if (node.state === "Retrying") metrics.nodeRetries.inc({ ...labels, reason: node.reason ?? "Unknown" });
  if (node.state !== "Succeeded" && node.state !== "Failed") return;
  const started = seconds(node.started);
  const finished = seconds(node.finished);
  if (started !== undefined && finished !== undefined) {
    metrics.nodeDuration.observe({ ...labels, result: node.state.toLowerCase() }, Math.max(0, finished - started));
  }
  if (node.rows !== undefined) metrics.nodeRows.inc({ ...labels }, node.rows);
  if (node.bytes !== undefined) metrics.nodeBytes.inc({ ...labels }, node.bytes);
  for (const [result, count] of Object.entries(node.tests ?? {})) metrics.tests.inc({ ...labels, result }, count);
}

function seconds(time: string | undefined): number | undefined {
  const ms = parseTime(time);
  return ms === undefined ? undefined : ms / 1000;
}

/** Forgets a pipeline that does not exist any more, so that its series end with it. */
export function forgetPipeline(metrics: Metrics, labels: RunLabels): void {
  metrics.activeRuns.remove({ ...labels });
  metrics.lastRun.remove({ ...labels });
  metrics.lastSuccess.remove({ ...labels });
}
