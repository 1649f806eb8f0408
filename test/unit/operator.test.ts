import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { PipelineSpec } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";

const SPEC = { nodes: { a: { container: { command: ["/bin/true"] } } } };

function anOperator(
  api: FakeApi,
  clock: FakeClock,
  environment: Readonly<Record<string, string>>,
  metrics = createMetrics(),
): Operator {
  return new Operator({
    kube: api.client({ name: "operator" }),
    sealKey: Buffer.alloc(32, "key"),
    clock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
    metrics,
    settings: readSettings({ KELT_TASK_IMAGE: "task", ...environment }),
  });
}

test("an operator of two namespaces serves both, also after a relist, and no third one", async () => {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const namespaces = ["one", "two", "three"];
  const begin = (name: string) => {
    for (const namespace of namespaces)
      api.storage.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline: "p" } });
  };
  for (const namespace of namespaces)
    api.storage.create("Pipeline", namespace, { metadata: { name: "p" }, spec: SPEC });
  begin("first");
  const operator = anOperator(api, clock, { KELT_WATCH_NAMESPACES: "one,two" });
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  await clock.advance(5_000);
  expect(jobs(api, "first")).toEqual(["one", "two"]);
  api.forgetHistory();
  api.breakWatches();
  await clock.advance(60_000);
  begin("second");
  await clock.advance(5_000);
  expect(jobs(api, "second")).toEqual(["one", "two"]);
});

/** The namespaces in which the run of this name has a Job. */
function jobs(api: FakeApi, run: string): readonly string[] {
  return api.storage
    .list("Job")
    .filter(({ metadata }) => metadata.name === `${run}-a-a1`)
    .map(({ metadata }) => metadata.namespace)
    .sort();
}

describe("a run that is created right after what it follows was changed", () => {
  test.each([
    ["its Pipeline", "Pipeline", { connections: null, nodes: { a: null, changed: SPEC.nodes.a } }, ["changed"]],
    ["a Connection that its Pipeline names", "Connection", { files: { configMap: "changed" } }, ["a"]],
  ] as const)("follows %s as it is now, however late the cache is", async (_, kind, spec, nodes) => {
    const clock = new FakeClock();
    const api = new FakeApi(clock);
    api.storage.create("Connection", "demo", { metadata: { name: "p" }, spec: { files: { configMap: "first" } } });
    const pipeline = { ...SPEC, connections: { lake: { ref: "p" } } };
    api.storage.create("Pipeline", "demo", { metadata: { name: "p" }, spec: pipeline });
    const operator = anOperator(api, clock, {});
    void operator.start();
    await clock.advance(1_000);
    operator.lead();
    await clock.advance(1_000);
    api.faults.watchDelayMs = ({ scope }) => (scope.kind === kind ? 10_000 : 1);
    api.storage.patch(kind, { namespace: "demo", name: "p" }, { spec }, {});
    api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec: { pipeline: "p" } });
    await clock.advance(1_000);
    const { status } = api.storage.get("PipelineRun", { namespace: "demo", name: "run" });
    const { name = "" } = (status as PipelineRunStatus).pipelineRevision ?? {};
    const copy = api.storage.get("ControllerRevision", { namespace: "demo", name }).data as PipelineSpec;
    expect(Object.keys(copy.nodes)).toEqual(nodes);
    if (kind === "Connection") expect(copy.connections?.lake).toEqual({ files: { configMap: "changed" } });
  });
});

test("a run that has begun, is deleted and held by somebody's finalizer stops its Jobs, ends as cancelled and is not counted", async () => {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  api.storage.create("Pipeline", "demo", { metadata: { name: "p" }, spec: SPEC });
  api.storage.create("PipelineRun", "demo", {
    metadata: { name: "run", finalizers: ["backup.example/hold"] },
    spec: { pipeline: "p" },
  });
  const metrics = createMetrics();
  const operator = anOperator(api, clock, {}, metrics);
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  await clock.advance(5_000);
  expect(jobs(api, "run")).toEqual(["demo"]);
  api.storage.delete("PipelineRun", { namespace: "demo", name: "run" }, { propagation: "Background" });
  await clock.advance(10_000);
  const status = api.storage.get("PipelineRun", { namespace: "demo", name: "run" }).status as PipelineRunStatus;
  expect(status.conditions?.[0]).toMatchObject({ status: "False", reason: "Cancelled" });
  expect(status.nodes).toMatchObject({ a: { state: "Cancelled" } });
  expect(jobs(api, "run")).toEqual([]);
  const { values } = await metrics.runs.get();
  expect(values.map(({ labels, value }) => [labels.result, value])).toContainEqual(["cancelled", 0]);
  expect(values.every(({ value }) => value === 0)).toBe(true);
  const pipeline = api.storage.get("Pipeline", { namespace: "demo", name: "p" });
  expect(pipeline.status).not.toHaveProperty("lastRun");
});
