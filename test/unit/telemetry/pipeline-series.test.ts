import { expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../operator/telemetry/metrics.ts";
import { countRun, forgetPipeline, knowPipeline, setPipelineGauge } from "../../../operator/telemetry/run-metrics.ts";
import { parseExposition, type Sample } from "../../support/fake-cluster/exposition.ts";
import { T0 } from "../../support/manifests/make.ts";

const FILMS = { namespace: "demo", pipeline: "films" };
const at = (ms: number) => new Date(T0 + ms).toISOString();

/** A run of the nodes that fails or succeeds, from its first status to its last one. */
function run(
  metrics: Metrics,
  pipeline: { namespace: string; pipeline: string } | undefined,
  succeeds = true,
  nodes = ["raw"],
) {
  const condition = (status: "True" | "False" | "Unknown") => [
    {
      type: "Succeeded",
      status,
      reason: status === "False" ? "Failed" : "Succeeded",
      message: "",
      lastTransitionTime: at(0),
    },
  ];
  const tests = { passed: 1, warned: 0, failed: 0, errored: 0 };
  const retrying: NodeStatus = { state: "Retrying", attempt: 1, reason: "ExitCode" };
  const ended: NodeStatus = {
    state: "Succeeded",
    attempt: 2,
    started: at(0),
    finished: at(9),
    rows: 3,
    bytes: 9,
    tests,
  };
  const status = (node: NodeStatus, end: "True" | "False" | "Unknown"): PipelineRunStatus => ({
    started: at(0),
    ...(end === "Unknown" ? {} : { finished: at(10) }),
    conditions: condition(end),
    nodes: Object.fromEntries(nodes.map((name) => [name, node])),
  });
  const steps = [
    status({ state: "Running", attempt: 1 }, "Unknown"),
    status(retrying, "Unknown"),
    status(ended, succeeds ? "True" : "False"),
  ];
  for (const [index, after] of steps.entries()) countRun(metrics, pipeline, steps[index - 1] ?? {}, after);
}

async function samples(metrics: Metrics): Promise<readonly Sample[]> {
  return [...parseExposition(await metrics.scrape()).values()].flatMap((family) => family.samples);
}
const ofPipelines = async (metrics: Metrics) => (await samples(metrics)).filter(({ labels }) => "pipeline" in labels);
const values = async (metrics: Metrics, name: string): Promise<Readonly<Record<string, string | number>>[]> =>
  (await samples(metrics)).filter((sample) => sample.name === name).map(({ labels, value }) => ({ ...labels, value }));

function aCluster(options: MetricsOptions = {}, pipelines = [FILMS]): Metrics {
  const metrics = createMetrics(options);
  for (const labels of pipelines) knowPipeline(metrics, labels, "first");
  return metrics;
}

test("the counters of a Pipeline that exists begin at 0 for every result, before its first run", async () => {
  const results = ["succeeded", "failed", "cancelled"];
  expect(await values(aCluster(), "kelt_pipeline_runs_total")).toEqual(
    results.map((result) => ({ ...FILMS, result, value: 0 })),
  );
});

test("an existing Pipeline that is seen again and again changes no counter", async () => {
  const metrics = aCluster();
  run(metrics, FILMS, false);
  knowPipeline(metrics, FILMS, "first");
  expect(await values(metrics, "kelt_pipeline_runs_total")).toContainEqual({ ...FILMS, result: "failed", value: 1 });
});

test("a Pipeline that is deleted takes all its series along, and leaves those of others", async () => {
  const other = { namespace: "demo", pipeline: "posts" };
  const alone = aCluster({}, [other]);
  run(alone, other);
  const both = aCluster({}, [other, FILMS]);
  run(both, other);
  run(both, FILMS);
  run(both, FILMS, false);
  setPipelineGauge(both, "activeRuns", FILMS, 1);
  const families = new Set((await ofPipelines(both)).map(({ name }) => name.replace(/_(bucket|sum|count)$/, "")));
  expect(families.size).toBeGreaterThanOrEqual(9);
  forgetPipeline(both, FILMS);
  expect(await ofPipelines(both)).toEqual(await ofPipelines(alone));
});

test("a Pipeline that is created again under its name begins at 0", async () => {
  const metrics = aCluster();
  run(metrics, FILMS, false);
  knowPipeline(metrics, FILMS, "second");
  const counts = await values(metrics, "kelt_pipeline_runs_total");
  expect(counts.map(({ value }) => value)).toEqual([0, 0, 0]);
  expect(await values(metrics, "kelt_node_rows_total")).toEqual([]);
});

test("a run that names a Pipeline that does not exist makes no series of it, and is counted all the same", async () => {
  const metrics = aCluster({}, []);
  for (let index = 0; index < 50; index++) run(metrics, { namespace: "demo", pipeline: `typo-${index}` }, false);
  setPipelineGauge(metrics, "activeRuns", FILMS, 1);
  expect(await ofPipelines(metrics)).toEqual([]);
  expect(await values(metrics, "kelt_stray_runs_total")).toEqual([{ result: "failed", value: 50 }]);
});

test("a run of an earlier Pipeline of the name counts for no Pipeline", async () => {
  const metrics = aCluster();
  run(metrics, undefined, false);
  expect((await values(metrics, "kelt_pipeline_runs_total")).map(({ value }) => value)).toEqual([0, 0, 0]);
  expect(await values(metrics, "kelt_stray_runs_total")).toEqual([{ result: "failed", value: 1 }]);
});

const crowd = (namespace: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ namespace, pipeline: `p${index}` }));
const distinct = async (metrics: Metrics) => new Set((await ofPipelines(metrics)).map(({ labels }) => labels.pipeline));

test("beyond the bound Pipelines are counted together, which is said once", async () => {
  let said = 0;
  const pipelines = ["a", "b", "c", "d"].flatMap((namespace) => crowd(namespace, 20));
  const metrics = aCluster({ pipelinesMax: 10, full: () => said++ }, pipelines);
  const before = (await ofPipelines(metrics)).length;
  for (const labels of pipelines) run(metrics, labels);
  const own = new Set((await ofPipelines(metrics)).map(({ labels }) => `${labels.namespace}/${labels.pipeline}`));
  expect([own.size, own.has("_other/_other"), said]).toEqual([11, true, 1]);
  const others = { namespace: "_other", pipeline: "_other", result: "succeeded" };
  expect(await values(metrics, "kelt_pipeline_runs_total")).toContainEqual({ ...others, value: 70 });
  expect(await values(metrics, "kelt_metrics_pipelines_together")).toEqual([{ value: 70 }]);
  expect(before).toBeLessThanOrEqual(11 * 3);
});

test("no namespace takes all the series: one with many Pipelines leaves half of them", async () => {
  const metrics = aCluster({ pipelinesMax: 10 }, [...crowd("crowd", 100), FILMS]);
  expect((await distinct(metrics)).has("films")).toBe(true);
  expect((await distinct(metrics)).size).toBe(7);
});

test("a place that becomes free is taken by the next Pipeline that is looked at", async () => {
  const pipelines = [{ namespace: "a", pipeline: "one" }, { namespace: "b", pipeline: "two" }, FILMS] as const;
  const metrics = aCluster({ pipelinesMax: 2 }, [...pipelines]);
  expect((await distinct(metrics)).has("films")).toBe(false);
  forgetPipeline(metrics, pipelines[0]);
  knowPipeline(metrics, FILMS, "first");
  expect([...(await distinct(metrics))].sort()).toEqual(["_other", "films", "two"]);
});

test("the nodes of all Pipelines are bounded too, and given back", async () => {
  const metrics = aCluster({ pipelinesMax: 2 });
  const nodes = Array.from({ length: 100 }, (_, index) => `n${index}`);
  run(metrics, FILMS, true, nodes);
  const named = async () => new Set((await values(metrics, "kelt_node_rows_total")).map(({ node }) => node));
  expect(await named()).toEqual(new Set([...nodes.slice(0, 8), "_other"]));
  expect(await values(metrics, "kelt_node_rows_total")).toContainEqual({ ...FILMS, node: "_other", value: 3 * 92 });
  forgetPipeline(metrics, FILMS);
  knowPipeline(metrics, FILMS, "second");
  run(metrics, FILMS, true, ["fresh"]);
  expect(await named()).toEqual(new Set(["fresh"]));
});

test("names and reasons of every kind are text that Prometheus can read", async () => {
  const odd = { namespace: 'a"b', pipeline: "c\\d\ne" };
  const metrics = aCluster({}, [odd]);
  run(metrics, odd, true, ['x"}y']);
  expect(await values(metrics, "kelt_node_rows_total")).toEqual([{ ...odd, node: 'x"}y', value: 3 }]);
  const before: PipelineRunStatus = { nodes: { raw: { state: "Running", attempt: 1 } } };
  countRun(metrics, odd, before, { nodes: { raw: { state: "Retrying", attempt: 1, reason: "made up\nby somebody" } } });
  expect((await values(metrics, "kelt_node_retries_total")).map(({ reason }) => reason)).toEqual([
    "ExitCode",
    "Unknown",
  ]);
});
