import { HEALTH_KINDS, type HealthKind } from "../api/health.ts";
import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";
import { type NodeTransition, nodeTransitions } from "../run/status.ts";
import { succeededCondition } from "../run/succeeded.ts";
import { parseTime } from "../run/time.ts";
import type { Metrics } from "./metrics.ts";
import type { PipelineLabels } from "./pipeline-series.ts";

export const RESULTS = ["succeeded", "failed", "cancelled"] as const;
type Result = (typeof RESULTS)[number];

/** A reason that a metric may be labelled with: what comes from a cluster is not always a word. */
const REASON = /^[A-Z][A-Za-z0-9]{0,63}$/;

/** No Pipeline is called so. */
const NOBODY: PipelineLabels = { namespace: "", pipeline: "" };

/** The Pipeline exists: its counters begin at 0, so that what a monitor sees first is not a failure out of nothing. */
export function knowPipeline(metrics: Metrics, labels: PipelineLabels, uid: string): void {
  if (!metrics.pipelines.know(labels, uid)) return;
  for (const result of RESULTS) metrics.runs.inc(metrics.pipelines.of(metrics.runs, labels, { result }) ?? {}, 0);
}

/** Forgets a Pipeline that does not exist any more: its series end with it. */
export function forgetPipeline(metrics: Metrics, labels: PipelineLabels): void {
  metrics.pipelines.forget(labels);
}

/** Gauges of several Pipelines cannot be added up: those without series of their own have none. */
export function setPipelineGauge(
  metrics: Metrics,
  name: "activeRuns" | "lastRun" | "lastSuccess",
  labels: PipelineLabels,
  value: number,
): void {
  const series = metrics.pipelines.hasOwn(labels) ? metrics.pipelines.of(metrics[name], labels) : undefined;
  if (series !== undefined) metrics[name].set(series, value);
}

/** Sets what the latest runs say of the health of a Pipeline's data; a kind that they say nothing of has no series. */
export function setPipelineHealth(
  metrics: Metrics,
  labels: PipelineLabels,
  health: Readonly<Partial<Record<HealthKind, number>>>,
): void {
  if (!metrics.pipelines.hasOwn(labels)) return;
  for (const kind of HEALTH_KINDS) {
    const series = metrics.pipelines.of(metrics.health, labels, { kind }) ?? {};
    const ratio = health[kind];
    if (ratio === undefined) metrics.health.remove(series);
    else metrics.health.set(series, ratio);
  }
}

/**
 * Counts what happened between two statuses of a run. Called once for each status that was stored, so nothing counts twice. Without
 * labels the run belongs to no Pipeline that exists, such as an earlier one of the same name.
 */
export function countRun(
  metrics: Metrics,
  labels: PipelineLabels | undefined,
  before: PipelineRunStatus,
  after: PipelineRunStatus,
): void {
  const pipeline = labels ?? NOBODY;
  for (const transition of nodeTransitions(before, after)) countNode(metrics, pipeline, transition);
  const condition = succeededCondition(after);
  const was = succeededCondition(before)?.status;
  if (condition === undefined || condition.status === "Unknown" || was === condition.status) return;
  const result = resultOf(condition);
  countEnd(metrics, pipeline, result);
  const finished = seconds(after.finished);
  if (finished === undefined) return;
  setPipelineGauge(metrics, "lastRun", pipeline, finished);
  if (condition.status === "True") setPipelineGauge(metrics, "lastSuccess", pipeline, finished);
  const started = seconds(after.started);
  const series = metrics.pipelines.of(metrics.runDuration, pipeline, { result });
  if (started !== undefined && series !== undefined)
    metrics.runDuration.observe(series, Math.max(0, finished - started));
}

function countEnd(metrics: Metrics, labels: PipelineLabels, result: Result): void {
  const series = metrics.pipelines.of(metrics.runs, labels, { result });
  if (series === undefined) metrics.strayRuns.inc({ result });
  else metrics.runs.inc(series);
}

function resultOf(condition: { readonly status: string; readonly reason: string }): Result {
  if (condition.status === "True") return "succeeded";
  return condition.reason === "Cancelled" ? "cancelled" : "failed";
}

function countNode(metrics: Metrics, run: PipelineLabels, { name, before, after: node }: NodeTransition): void {
  // A retry that the API server refuses for a while changes its reason and is still one retry.
  if (before?.state === node.state && before.attempt === node.attempt) return;
  if (!metrics.pipelines.knows(run)) return;
  const { pipelines } = metrics;
  if (node.state === "Retrying") {
    const reason = REASON.test(node.reason ?? "") ? (node.reason ?? "") : "Unknown";
    metrics.nodeRetries.inc(pipelines.of(metrics.nodeRetries, run, { node: name, reason }) ?? {});
  }
  if (node.state === "Succeeded" || node.state === "Failed") countNodeEnd(metrics, run, name, node);
}

/** A pod ended badly after the result of its attempt, which counts. */
export function countBadEnd(metrics: Metrics, run: PipelineLabels, node: string): void {
  if (!metrics.pipelines.knows(run)) return;
  metrics.nodeBadEnds.inc(metrics.pipelines.of(metrics.nodeBadEnds, run, { node }) ?? {});
}

function countNodeEnd(metrics: Metrics, run: PipelineLabels, name: string, node: NodeStatus): void {
  const { pipelines, nodeDuration, nodeRows, nodeBytes, tests } = metrics;
  const started = seconds(node.started);
  const finished = seconds(node.finished);
  if (started !== undefined && finished !== undefined) {
    const series = pipelines.of(nodeDuration, run, { node: name, result: node.state.toLowerCase() });
    nodeDuration.observe(series ?? {}, Math.max(0, finished - started));
  }
  if (node.rows !== undefined) nodeRows.inc(pipelines.of(nodeRows, run, { node: name }) ?? {}, node.rows);
  if (node.bytes !== undefined) nodeBytes.inc(pipelines.of(nodeBytes, run, { node: name }) ?? {}, node.bytes);
  for (const [result, count] of Object.entries(node.tests ?? {}))
    tests.inc(pipelines.of(tests, run, { node: name, result }) ?? {}, count);
}

function seconds(time: string | undefined): number | undefined {
  const ms = parseTime(time);
  return ms === undefined ? undefined : ms / 1000;
}
