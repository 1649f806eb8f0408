import { expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { createMetrics, type Metrics } from "../../../operator/telemetry/metrics.ts";
import { countRun, forgetPipeline, knowPipeline, setPipelineHealth } from "../../../operator/telemetry/run-metrics.ts";
import { T0 } from "../../support/manifests/make.ts";

/** Metrics that dashboards for Go controllers look for under these very names. */
const GO_NAMES = /^(workqueue|rest_client|controller_runtime|leader_election)_[a-z_]+$/;
const LABELS = { namespace: "demo", pipeline: "films" };
const at = (ms: number) => new Date(T0 + ms).toISOString();

const conditions = (status: "True" | "False" | "Unknown", reason: string) => [
  { type: "Succeeded", status, reason, message: "", lastTransitionTime: at(0) },
];
const running = (nodes: Record<string, NodeStatus>): PipelineRunStatus => ({
  started: at(0),
  conditions: conditions("Unknown", "Running"),
  nodes,
});
const ended = (
  status: "True" | "False",
  reason: string,
  nodes: Record<string, NodeStatus> = {},
): PipelineRunStatus => ({
  ...running(nodes),
  finished: at(90_000),
  conditions: conditions(status, reason),
});

/** Metrics of a cluster in which the Pipeline exists. */
function metricsOf(labels = LABELS): Metrics {
  const metrics = createMetrics();
  knowPipeline(metrics, labels, "uid");
  return metrics;
}

/** The samples of a metric, as text without the comments. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const text = await metrics.scrape();
  return text.split("\n").filter((line) => line.startsWith(name));
}

test("names are kelt's or those that Go controllers use, with units and help as Prometheus asks", async () => {
  const all = await createMetrics().registry.getMetricsAsJSON();
  expect(all.length).toBeGreaterThan(20);
  for (const { name, type, help } of all) {
    if (!name.startsWith("kelt_")) expect(name).toMatch(GO_NAMES);
    if (String(type) === "counter") expect(name).toMatch(/_total$/);
    if (String(type) === "histogram") expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/^[A-Z0-9].+\.$/);
  }
});

test("no label can name a run: labels come from a short list", () => {
  const metrics = createMetrics();
  const known = ["namespace", "pipeline", "node", "result", "reason", "name", "kind", "controller", "version"];
  // Statuses of HTTP, of the API server and of the report channel.
  known.push("method", "resource", "code", "answer");
  const metricsWithLabels = metrics.registry.getMetricsAsArray() as unknown as { labelNames: string[] }[];
  const labels = new Set(metricsWithLabels.flatMap(({ labelNames }) => labelNames));
  expect(labels.size).toBeGreaterThan(5);
  expect([...labels].filter((label) => !known.includes(label))).toEqual([]);
});

test("a run's way through all its states leaves no trace of its name", async () => {
  const metrics = metricsOf();
  const done: NodeStatus = { state: "Succeeded", attempt: 1, started: at(0), finished: at(1), rows: 3, bytes: 9 };
  countRun(metrics, LABELS, {}, running({ raw: { state: "Pending" } }));
  countRun(metrics, LABELS, running({ raw: { state: "Pending" } }), ended("True", "Succeeded", { raw: done }));
  expect(await metrics.scrape()).not.toContain("films-1");
});

test.each([
  ["True", "Succeeded", "succeeded"],
  ["False", "Failed", "failed"],
  ["False", "TimedOut", "failed"],
  ["False", "InvalidPipeline", "failed"],
  ["False", "Cancelled", "cancelled"],
] as const)("a run that ends as %s/%s counts once, as %s", async (status, reason, result) => {
  const metrics = metricsOf();
  countRun(metrics, LABELS, running({}), ended(status, reason));
  countRun(metrics, LABELS, ended(status, reason), ended(status, reason));
  const counts = ["succeeded", "failed", "cancelled"].map((each) => {
    return `kelt_pipeline_runs_total{namespace="demo",pipeline="films",result="${each}"} ${each === result ? 1 : 0}`;
  });
  expect(await samples(metrics, "kelt_pipeline_runs_total{")).toEqual(counts);
  expect(await samples(metrics, "kelt_pipeline_run_duration_seconds_sum")).toEqual([
    `kelt_pipeline_run_duration_seconds_sum{namespace="demo",pipeline="films",result="${result}"} 90`,
  ]);
  expect(await samples(metrics, "kelt_pipeline_last_success_timestamp_seconds{")).toHaveLength(
    status === "True" ? 1 : 0,
  );
});

test("a run that never began counts without a duration", async () => {
  const metrics = metricsOf();
  const { started: _, ...never } = ended("False", "PipelineNotFound");
  countRun(metrics, LABELS, {}, never);
  expect(await samples(metrics, "kelt_pipeline_runs_total{")).toContain(
    'kelt_pipeline_runs_total{namespace="demo",pipeline="films",result="failed"} 1',
  );
  expect(await samples(metrics, "kelt_pipeline_run_duration_seconds_count")).toEqual([]);
});

test("a node's end counts once, with rows, bytes, checks and duration", async () => {
  const metrics = metricsOf();
  const tests = { passed: 4, warned: 1, failed: 0, errored: 0 };
  const end: NodeStatus = {
    state: "Succeeded",
    attempt: 2,
    started: at(0),
    finished: at(2_000),
    rows: 7,
    bytes: 64,
    tests,
  };
  const before = running({ raw: { state: "Running", attempt: 2 } });
  countRun(metrics, LABELS, before, running({ raw: end }));
  countRun(metrics, LABELS, running({ raw: end }), running({ raw: end }));
  const node = 'namespace="demo",pipeline="films",node="raw"';
  expect(await samples(metrics, "kelt_node_rows_total{")).toEqual([`kelt_node_rows_total{${node}} 7`]);
  expect(await samples(metrics, "kelt_node_bytes_total{")).toEqual([`kelt_node_bytes_total{${node}} 64`]);
  expect(await samples(metrics, "kelt_node_duration_seconds_sum{")).toEqual([
    `kelt_node_duration_seconds_sum{${node},result="succeeded"} 2`,
  ]);
  expect(await samples(metrics, "kelt_test_results_total{")).toContain(
    `kelt_test_results_total{${node},result="passed"} 4`,
  );
});

test("each retry counts once, also when the next Job is refused for a while", async () => {
  const metrics = metricsOf();
  const retrying = (attempt: number, reason: string) => running({ raw: { state: "Retrying", attempt, reason } });
  countRun(metrics, LABELS, running({ raw: { state: "Running", attempt: 1 } }), retrying(1, "ExitCode"));
  countRun(metrics, LABELS, retrying(1, "ExitCode"), retrying(1, "JobRefused"));
  countRun(metrics, LABELS, retrying(1, "JobRefused"), retrying(2, "ExitCode"));
  expect(await samples(metrics, "kelt_node_retries_total{")).toEqual([
    'kelt_node_retries_total{namespace="demo",pipeline="films",node="raw",reason="ExitCode"} 2',
  ]);
});

test("the health of a Pipeline has a series for each kind that runs speak of, which goes with the Pipeline", async () => {
  const metrics = metricsOf();
  const name = "kelt_pipeline_health_ratio{";
  const series = (kind: string, ratio: number) => `${name}namespace="demo",pipeline="films",kind="${kind}"} ${ratio}`;
  setPipelineHealth(metrics, LABELS, { tests: 0.75, sources: 1 });
  expect(await samples(metrics, name)).toEqual([series("tests", 0.75), series("sources", 1)]);
  setPipelineHealth(metrics, LABELS, { tests: 0 });
  expect(await samples(metrics, name)).toEqual([series("tests", 0)]);
  forgetPipeline(metrics, LABELS);
  expect(await samples(metrics, name)).toEqual([]);
  setPipelineHealth(metrics, LABELS, { tests: 1 });
  expect(await samples(metrics, name)).toEqual([]);
});
