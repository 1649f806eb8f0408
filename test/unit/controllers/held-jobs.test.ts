import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { REPORT_ENV } from "#api/report.ts";
import { CONTRACT_VERSION, TaskResult } from "#api/task.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { type Inbox, ReportingTasks } from "../../sim/reporting-tasks.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { FakeClient } from "../../support/fake-cluster/fake-api-client.ts";
import type { StoredObject } from "../../support/fake-cluster/fake-api-objects.ts";
import { attemptOf, FakeKubelet, isHeld, type Script } from "../../support/fake-cluster/fake-kubelet.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const check = { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] };
const RUN = { namespace: "demo", name: "run" };

let clock: FakeClock;
let api: FakeApi;
let went: { readonly node: string; readonly stored: PipelineRunStatus["nodes"] }[];

const status = () => (api.storage.find("PipelineRun", RUN)?.status ?? {}) as PipelineRunStatus;
const jobs = () => api.storage.list("Job", "demo");
const held = () => jobs().filter(isHeld);
const resultOf = (job: StoredObject) =>
  TaskResult.parse({ version: CONTRACT_VERSION, ...attemptOf(job), outcome: "succeeded", message: "done" });
const DONE: Script = (job) => ({
  ...{ end: "exits", exitCode: 0, message: JSON.stringify(resultOf(job)), pushes: resultOf(job) },
});

/** Chains of the given names, each a node that needs the one before. */
const chain = (names: readonly string[], more: object = {}) =>
  Object.fromEntries(
    names.map((name, i) => [name, { test: check, needs: names.slice(Math.max(0, i - 1), i), ...more }]),
  );

/** A kubelet whose tasks ask one operator after the other for what they are to do. */
function kubelet(script: Script): ReportingTasks {
  const tasks = new ReportingTasks(
    api,
    clock,
    () => 0.5,
    () => 1,
  );
  const machine = new FakeKubelet(api, clock, seededRandom(2), script);
  machine.onPush = (pod, result) => tasks.push(pod, result);
  machine.onHold = (pod, next) => tasks.hold(pod, next);
  tasks.onWent((pod) => went.push({ node: attemptOf(pod).node, stored: status().nodes }));
  return tasks;
}

function operator(tasks: ReportingTasks, name: string, environment: Readonly<Record<string, string>> = {}): FakeClient {
  const client = api.client({ name });
  const reports: Inbox = tasks.join(name);
  const one = new Operator({
    ...{ kube: client, clock, random: seededRandom(1), metrics: createMetrics(), reports },
    ...{ sealKey: Buffer.alloc(32, "key"), log: pino({ level: "silent" }) },
    settings: readSettings({ KELT_TASK_IMAGE: "task", ...environment }),
  });
  reports.onWord = () => one.touchRun("demo/run");
  void one.start().then(() => one.lead());
  return client;
}

function create(nodes: object, more: object = {}, names = ["run"]): void {
  const spec = { connections: { warehouse: { postgres: {} } }, nodes, ...more };
  api.storage.create("Pipeline", "demo", { metadata: { name: "films" }, spec });
  for (const name of names)
    api.storage.create("PipelineRun", "demo", { metadata: { name }, spec: { pipeline: "films" } });
}

beforeEach(() => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  api.faults.latencyMs = () => 5;
  went = [];
});

test("held tasks begin in their turn, each when its need is stored as succeeded and its own node as started", async () => {
  operator(kubelet(DONE), "one");
  create(chain(["a", "b", "c", "d"]));
  await clock.advance(60_000);
  expect(status()).toMatchObject({ progress: "4/4" });
  expect(Object.values(status().nodes ?? {}).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
  expect(went.map(({ node }) => node)).toEqual(["b", "c", "d"]);
  for (const { node, stored } of went) {
    const before = { b: "a", c: "b", d: "c" }[node] ?? "";
    expect(stored?.[before]?.state).toBe("Succeeded");
    expect(stored?.[node]?.state).toMatch(/^(Starting|Running)$/);
  }
});

test("a held Job says so to its task, is replaced when nobody is reached, and has its deadline after the hold", async () => {
  operator(kubelet(DONE), "one");
  create(chain(["a", "b"], { attemptTimeout: "60s" }));
  await clock.advance(3_000);
  const [job] = held();
  const spec = JSON.stringify(job?.spec);
  expect(spec).toContain(REPORT_ENV);
  expect(spec).toContain('\\"hold\\":true');
  expect(job?.spec).toMatchObject({
    activeDeadlineSeconds: 150,
    podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [66] } }, {}, {}] },
  });
  const plain = jobs().find(({ metadata }) => metadata.name === "run-a-a1");
  expect(plain?.spec).toMatchObject({ activeDeadlineSeconds: 60 });
  expect(JSON.stringify(plain?.spec)).not.toContain("66");
});

test("an operator that dies with a held Job leaves one that the next finds, and tells to begin when it is due", async () => {
  const stays: Script = (job) => (attemptOf(job).node === "a" ? { end: "stops", by: "deadline" } : DONE(job, 0));
  const tasks = kubelet(stays);
  const first = operator(tasks, "one");
  create(chain(["a", "b"], { attemptTimeout: "30s" }), { retries: { limit: 0 } });
  await clock.advance(5_000);
  const [before] = held();
  first.kill();
  tasks.leave("one");
  operator(tasks, "two");
  await clock.advance(10_000);
  expect(held().map(({ metadata }) => metadata.uid)).toEqual([before?.metadata.uid]);
  expect(went).toEqual([]);
  await clock.advance(60_000);
  expect(status().nodes).toMatchObject({ a: { state: "Failed" }, b: { state: "Skipped" } });
  expect(held()).toEqual([]);
});

describe("held Jobs of many runs", () => {
  test("are twenty at most over the whole operator", async () => {
    const stays: Script = (job) => (attemptOf(job).node === "a" ? { end: "stops", by: "deadline" } : DONE(job, 0));
    operator(kubelet(stays), "one");
    create(chain(["a", "b"]), {}, ["run", ...Array.from({ length: 29 }, (_, i) => `run-${i}`)]);
    await clock.advance(20_000);
    expect(jobs().filter((job) => attemptOf(job).node === "a")).toHaveLength(30);
    expect(held()).toHaveLength(20);
  });

  test("go after a minute, and are not made once more while the same work goes on", async () => {
    const stays: Script = () => ({ end: "stops", by: "deadline" });
    operator(kubelet(stays), "one");
    create(chain(["a", "b"]));
    await clock.advance(5_000);
    expect(held()).toHaveLength(1);
    await clock.advance(70_000);
    expect(held()).toHaveLength(0);
    expect(status().nodes?.b).toEqual({ state: "Pending" });
  });

  test("make room at once for a node of another run that finds no place in the namespace", async () => {
    const stays: Script = () => ({ end: "stops", by: "deadline" });
    operator(kubelet(stays), "one", { KELT_NAMESPACE_NODES: "2" });
    create(chain(["a", "b"]));
    await clock.advance(5_000);
    expect(held()).toHaveLength(1);
    api.storage.create("PipelineRun", "demo", { metadata: { name: "other" }, spec: { pipeline: "films" } });
    await clock.advance(5_000);
    expect(held()).toHaveLength(0);
    expect(jobs().map(({ metadata }) => metadata.name)).toEqual(["other-a-a1", "run-a-a1"]);
  });
});
