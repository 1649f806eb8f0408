import { Writable } from "node:stream";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { CONTRACT_VERSION, TaskResult } from "#api/task.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { Inbox } from "../../sim/reporting-tasks.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../../support/fake-cluster/fake-api-objects.ts";
import { attemptOf, FakeKubelet, type Script } from "../../support/fake-cluster/fake-kubelet.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const CHAIN = 20;
const NAMES = Array.from({ length: CHAIN }, (_, i) => `n${i}`);
const check = { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] };
const SPEC = {
  startAhead: 0,
  connections: { warehouse: { postgres: {} } },
  nodes: Object.fromEntries(NAMES.map((name, i) => [name, { test: check, needs: NAMES.slice(Math.max(0, i - 1), i) }])),
};

let clock: FakeClock;
let api: FakeApi;
let log: string[];
let metrics: ReturnType<typeof createMetrics>;

const result = (job: StoredObject, more: object = {}) =>
  TaskResult.parse({ version: CONTRACT_VERSION, ...attemptOf(job), outcome: "succeeded", message: "done", ...more });

/** The operator, and a kubelet by whose tasks the operator is told. */
async function play(script: Script, hears = true): Promise<void> {
  const reports = new Inbox(clock);
  const kubelet = new FakeKubelet(api, clock, seededRandom(2), script);
  kubelet.onPush = (pod, pushed) => (hears ? reports.take(pod.metadata.uid, pushed) : undefined);
  const stream = new Writable({
    write: (line: Buffer, _, done) => {
      log.push(line.toString());
      done();
    },
  });
  const operator = new Operator({
    ...{ kube: api.client({ name: "operator" }), clock, random: seededRandom(1), metrics, reports },
    ...{ sealKey: Buffer.alloc(32, "key"), log: pino({ level: "warn" }, stream) },
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  reports.onWord = () => operator.touchRun("demo/run");
  void operator.start().then(() => operator.lead());
  api.storage.create("Pipeline", "demo", { metadata: { name: "films" }, spec: SPEC });
  api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec: { pipeline: "films" } });
  await clock.advance(180_000);
}

beforeEach(() => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  api.faults.latencyMs = () => 5;
  log = [];
  metrics = createMetrics();
});

const status = () =>
  (api.storage.get("PipelineRun", { namespace: "demo", name: "run" }).status ?? {}) as PipelineRunStatus;
const statusWrites = () =>
  api.storage.history.filter(
    ({ type, object, before }) =>
      object.kind === "PipelineRun" &&
      type === "MODIFIED" &&
      JSON.stringify(object.status) !== JSON.stringify(before?.status),
  );

test("each node of a chain begins when the success of the one before is stored, long before its container has ended", async () => {
  await play((job) => ({
    end: "exits",
    exitCode: 0,
    message: JSON.stringify(result(job)),
    pushes: result(job),
  }));
  expect(status()).toMatchObject({ progress: `${CHAIN}/${CHAIN}` });
  const history = api.storage.history;
  const created = (name: string) =>
    history.findIndex(
      ({ type, object }) => type === "ADDED" && object.kind === "Job" && attemptOf(object).node === name,
    );
  const stored = (name: string) =>
    history.findIndex(
      ({ object }) => ((object.status ?? {}) as PipelineRunStatus).nodes?.[name]?.state === "Succeeded",
    );
  const exited = (name: string) =>
    history.findIndex(
      ({ object }) =>
        object.kind === "Pod" &&
        attemptOf(object).node === name &&
        JSON.stringify(object.status ?? {}).includes("terminated"),
    );
  for (const [i, name] of NAMES.slice(1).entries()) {
    const before = NAMES[i] ?? "";
    expect(created(name)).toBeGreaterThan(stored(before));
    expect(created(name)).toBeLessThan(exited(before));
  }
});

test("a chain costs the operator one write for each node that lets another one begin, and little more", async () => {
  await play((job) => ({ end: "exits", exitCode: 0, message: JSON.stringify(result(job)), pushes: result(job) }));
  expect(status()).toMatchObject({ progress: `${CHAIN}/${CHAIN}` });
  expect(statusWrites().length).toBeLessThanOrEqual(2 * CHAIN + 2);
});

describe("a pod that ends badly after its task had reported success", () => {
  beforeEach(() =>
    play((job) => {
      const isFirst = attemptOf(job).node === "n0";
      const message = isFirst ? "" : JSON.stringify(result(job));
      return {
        end: "exits",
        exitCode: isFirst ? 137 : 0,
        reason: isFirst ? "OOMKilled" : "",
        message,
        pushes: result(job),
      };
    }),
  );

  test("takes nothing back: its node has succeeded by the first attempt, and so does the run", () => {
    expect(status().nodes?.n0).toMatchObject({ state: "Succeeded", attempt: 1 });
    expect(status()).toMatchObject({ progress: `${CHAIN}/${CHAIN}` });
  });

  test("is reported by one Event and one metric", async () => {
    const events = api.storage.list("Event").filter((event) => JSON.stringify(event).includes("EndedBadlyAfterResult"));
    expect(events).toMatchObject([
      { type: "Warning", note: expect.stringMatching(/^node n0, attempt 1: .*OOMKilled/) },
    ]);
    expect(await metrics.scrape()).toMatch(/kelt_node_bad_ends_total\{.*node="n0".*\} 1\n/);
  });
});

test("a task that left another result than it had pushed is an error in the log, and nothing is called back", async () => {
  await play((job) => {
    const left = attemptOf(job).node === "n0" ? { rows: 6 } : {};
    return { end: "exits", exitCode: 0, message: JSON.stringify(result(job, left)), pushes: result(job) };
  });
  expect(log.filter((line) => line.includes("reported two results"))).toHaveLength(1);
  expect(status()).toMatchObject({ progress: `${CHAIN}/${CHAIN}` });
});

test("tasks that nobody hears end as ever", async () => {
  await play(
    (job) => ({ end: "exits", exitCode: 0, message: JSON.stringify(result(job)), pushes: result(job) }),
    false,
  );
  expect(status()).toMatchObject({ progress: `${CHAIN}/${CHAIN}` });
});
