import { pino } from "pino";
import { expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { CONTRACT_VERSION } from "#api/task.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { FakeClient } from "../support/fake-cluster/fake-api-client.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import type { FakeCall } from "../support/fake-cluster/fake-api-server.ts";
import { attemptOf, FakeKubelet } from "../support/fake-cluster/fake-kubelet.ts";
import { FakeClock } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";

const NAMESPACE = "demo";
const spec = (node: string) => ({ nodes: { [node]: { container: {} }, last: { needs: [node], container: {} } } });
/** Calls that store, show, take or delete copies, and those that say which run follows which. */
const KINDS: readonly string[] = ["ControllerRevision", "PipelineRun", "Pipeline"];

/**
 * The life of two copies: a run follows the first one, the Pipeline changes, another run follows the second one, the Pipeline is
 * deleted meanwhile. The operator's process dies at one of its calls, before the server has done it or after, and another one goes on.
 */
async function live(crash?: { readonly call: number; readonly when: "before" | "after" }) {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const random = seededRandom(1);
  const violations = watchCopies(api);
  let calls = 0;
  let client = startOperator(api, clock, random);
  const die = (call: FakeCall, when: "before" | "after") => {
    const counts = call.client !== "admin" && KINDS.includes(call.kind) && !["list", "watch"].includes(call.verb);
    if (counts && when === "before") calls += 1;
    if (!counts || calls !== crash?.call || when !== crash.when) return undefined;
    calls += 1;
    client.kill();
    clock.after(1_000, () => {
      client = startOperator(api, clock, random);
    });
    return undefined;
  };
  api.faults.before = (call) => die(call, "before");
  api.faults.after = (call) => die(call, "after");
  api.faults.latencyMs = () => 5;
  new FakeKubelet(api, clock, random, (job) => {
    const { run, node, attempt } = attemptOf(job);
    const result = { version: CONTRACT_VERSION, run, node, attempt, outcome: "succeeded", message: "" };
    return { end: "exits", exitCode: 0, message: JSON.stringify(result) };
  });
  api.storage.create("Pipeline", NAMESPACE, { metadata: { name: "films" }, spec: spec("one") });
  api.storage.create("PipelineRun", NAMESPACE, { metadata: { name: "first" }, spec: { pipeline: "films" } });
  await clock.advance(20_000);
  api.storage.patch(
    "Pipeline",
    { namespace: NAMESPACE, name: "films" },
    { spec: { nodes: { one: null, ...spec("two").nodes } } },
    {},
  );
  api.storage.create("PipelineRun", NAMESPACE, { metadata: { name: "second" }, spec: { pipeline: "films" } });
  await clock.advance(3_000);
  api.storage.delete("Pipeline", { namespace: NAMESPACE, name: "films" }, { propagation: "Background" });
  await clock.advance(300_000);
  const statuses = ["first", "second"].map((name) => statusOf(api, name));
  client.kill();
  await clock.advance(0);
  return {
    calls,
    statuses,
    violations,
    left: api.storage.list("ControllerRevision").map(({ metadata }) => metadata.name),
  };
}

function startOperator(api: FakeApi, clock: FakeClock, random: () => number): FakeClient {
  const client = api.client({ name: `operator-${api.calls.length}` });
  const settings = readSettings({ KELT_TASK_IMAGE: "task", KELT_WORKERS: "2" });
  const parts = { kube: client, clock, random, settings, log: pino({ level: "silent" }), metrics: createMetrics() };
  const operator = new Operator({ ...parts, sealKey: Buffer.alloc(32, "key") });
  void operator.start().then(() => operator.lead());
  return client;
}

function statusOf(api: FakeApi, name: string): PipelineRunStatus {
  return (api.storage.find("PipelineRun", { namespace: NAMESPACE, name })?.status ?? {}) as PipelineRunStatus;
}

/** What must never be: a Job of a run whose copy is not stored, and a copy that goes while a run follows it. */
function watchCopies(api: FakeApi): string[] {
  const violations: string[] = [];
  const runs = () => ["first", "second"].map((name) => statusOf(api, name));
  const created = ({ metadata }: StoredObject) => {
    const { pipelineRevision } = statusOf(api, metadata.ownerReferences?.[0]?.name ?? "");
    const key = { namespace: NAMESPACE, name: pipelineRevision?.name ?? "" };
    if (api.storage.find("ControllerRevision", key) === undefined) violations.push(`${metadata.name} without a copy`);
  };
  const deleted = ({ metadata: { name } }: StoredObject) => {
    const live = runs().filter(({ finished }) => finished === undefined);
    if (live.some(({ pipelineRevision }) => pipelineRevision?.name === name)) violations.push(`${name} went too early`);
  };
  api.storage.onEvent(({ type, object }) => {
    if (type === "ADDED" && object.kind === "Job") created(object);
    if (type === "DELETED" && object.kind === "ControllerRevision") deleted(object);
  });
  return violations;
}

const AS_IT_SHOULD = [
  expect.objectContaining({ progress: "2/2", nodes: { one: expect.anything(), last: expect.anything() } }),
  expect.objectContaining({ progress: "2/2", nodes: { two: expect.anything(), last: expect.anything() } }),
];

test("copies of specs are stored before a Job, outlive their Pipeline as long as a run needs them, and go then", async () => {
  const { statuses, violations, left } = await live();
  expect(statuses).toEqual(AS_IT_SHOULD);
  expect(statuses.map(({ pipelineRevision }) => pipelineRevision?.name)).toEqual([
    expect.stringMatching(/^films-[0-9a-f]{32}$/),
    expect.stringMatching(/^films-[0-9a-f]{32}$/),
  ]);
  expect({ violations, left }).toEqual({ violations: [], left: [] });
});

test.each(["before", "after"] as const)(
  "a crash right %s any call loses no copy and leaves none behind",
  async (when) => {
    const { calls } = await live();
    expect(calls).toBeGreaterThan(20);
    for (let call = 1; call <= calls; call += 1) {
      const { statuses, violations, left } = await live({ call, when });
      expect(statuses, `call ${call}`).toEqual(AS_IT_SHOULD);
      expect({ call, violations, left }).toEqual({ call, violations: [], left: [] });
    }
  },
  120_000,
);
