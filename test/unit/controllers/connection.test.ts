import { beforeEach, expect, test } from "vitest";
import { TaskSpec } from "#api/task.ts";
import { STATUS_INTERVAL_MS } from "../../../operator/controllers/loop/status-store.ts";
import type { Job } from "../../../operator/kinds/objects.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import {
  annotate,
  api,
  begin,
  clock,
  controller,
  endPod,
  jobs,
  KEY,
  NAMED,
  POSTGRES,
  podSpecOf,
  put,
  reached,
  reconcile,
  refreshCaches,
  status,
} from "./connection-world.ts";

beforeEach(begin);

test("a new connection is tested by one Job that mounts its Secret and is told no more than it needs", async () => {
  await put(POSTGRES);
  await reconcile();
  await reconcile();
  expect(status()).toMatchObject({ conditions: [{ type: "Ready", status: "Unknown", reason: "Testing" }] });
  expect(jobs()).toHaveLength(1);
  const job = jobs()[0] as unknown as {
    metadata: Job["metadata"];
    spec: { template: { spec: Record<string, unknown> } };
  };
  expect(job.metadata.ownerReferences).toEqual([
    expect.objectContaining({ kind: "Connection", name: "warehouse", controller: true }),
  ]);
  const [container] = job.spec.template.spec.containers as { env: { name: string; value: string }[] }[];
  expect(TaskSpec.parse(JSON.parse(container?.env[0]?.value ?? ""))).toMatchObject({
    connections: {
      warehouse: { kind: "postgres", host: "db", secretDirectory: "/var/run/kelt/connections/connection" },
    },
    work: { verb: "connect", connect: { connection: "warehouse" } },
  });
  expect(job.spec.template.spec.volumes).toMatchObject([
    { name: "tmp", emptyDir: {} },
    { secret: { secretName: "warehouse-secret", optional: true } },
  ]);
});

test("the test of a bucket runs as the account whose role the connection uses, without its token", async () => {
  await put({ s3: { bucket: "lake", region: "us-east-1", serviceAccountName: "lake-reader" } });
  await reconcile();
  expect(jobs()).toMatchObject([
    { spec: { template: { spec: { serviceAccountName: "lake-reader", automountServiceAccountToken: false } } } },
  ]);
});

test("a connection that an operator before this one had no test for is tested", async () => {
  await put({ files: { configMap: "facts" } });
  const ready = { type: "Ready", status: "Unknown", reason: "NotTested", message: "", observedGeneration: 1 };
  const before = { observedGeneration: 1, conditions: [{ ...ready, lastTransitionTime: "2026-01-01T00:00:00Z" }] };
  await api.admin.patch("Connection", NAMED, { status: before }, { subresource: "status" });
  await reconcile();
  expect(jobs()).toHaveLength(1);
  expect(status()).toMatchObject({ tests: 1, conditions: [{ reason: "Testing" }] });
});

test("what answered, how fast and when stands in the status, and nothing is tested again", async () => {
  await put(POSTGRES);
  await reconcile();
  await endPod(0, reached);
  const seen = clock.now();
  await reconcile();
  expect(status()).toMatchObject({
    observedGeneration: 1,
    serverVersion: "PostgreSQL 18.4",
    latencyMilliseconds: 3,
    tested: new Date(seen).toISOString(),
    conditions: [{ type: "Ready", status: "True", reason: "Reachable", message: "PostgreSQL 18.4 answers in 3 ms" }],
  });
  for (const { metadata } of jobs()) await api.admin.delete("Job", metadata, { propagation: "Background" });
  const { version } = api.storage;
  await reconcile();
  expect(api.storage.version).toBe(version);
});

test("a failure stands in the status in the task's words, with the version that once answered", async () => {
  await put(POSTGRES);
  await reconcile();
  await endPod(0, reached);
  await reconcile();
  await annotate("again");
  await reconcile();
  await endPod(64, {
    outcome: "failed",
    message: "refused",
    error: { kind: "configuration", code: "28P01", message: "the server refused the password" },
  });
  await reconcile();
  expect(status()).toMatchObject({
    testRequested: "again",
    serverVersion: "PostgreSQL 18.4",
    conditions: [{ status: "False", reason: "ConfigurationError", message: "the server refused the password" }],
  });
});

test("another value of the annotation and another spec are other tests, each of them once", async () => {
  await put(POSTGRES);
  for (const change of [
    () => annotate("1"),
    () => annotate("2"),
    () => api.admin.patch("Connection", NAMED, { spec: { postgres: { port: 5433 } } }),
  ]) {
    await reconcile();
    await endPod(0, reached);
    await reconcile();
    await change();
    await reconcile();
    expect(status()).toMatchObject({ conditions: [{ status: "Unknown", reason: "Testing" }] });
    await reconcile();
  }
  expect(new Set(jobs().map(({ metadata }) => metadata.name)).size).toBe(4);
  expect(jobs()).toHaveLength(4);
});

test("a value of the annotation that comes back asks for a test of its own, while Jobs of it are still there", async () => {
  await put(POSTGRES);
  await reconcile();
  for (const token of ["a", "b", "a"]) {
    await annotate(token);
    await reconcile();
    expect(status()).toMatchObject({ testRequested: token, conditions: [{ status: "Unknown", reason: "Testing" }] });
    await endPod(0, reached);
    await reconcile();
    expect(status()).toMatchObject({ testRequested: token, conditions: [{ status: "True" }] });
  }
  expect(jobs()).toHaveLength(4);
});

test("a value that comes back while the test of another one is at work asks for a test of its own too", async () => {
  await put(POSTGRES);
  for (const token of ["a", "b", "a"]) {
    await annotate(token);
    await reconcile();
  }
  expect(jobs()).toHaveLength(3);
});

test("a Job that failed before its pod was seen to succeed is asked for at the API server", async () => {
  await put(POSTGRES);
  await reconcile();
  const name = jobs()[0]?.metadata.name ?? "";
  await endPod(0, reached);
  const complete = {
    type: "Complete",
    status: "True",
    lastTransitionTime: new Date(clock.now() - 60_000).toISOString(),
  };
  const done = { status: { conditions: [complete] } };
  await api.admin.patch("Job", { namespace: "demo", name }, done, { subresource: "status" });
  refreshCaches("Connection", "Job");
  await clock.advance(STATUS_INTERVAL_MS);
  await controller.reconcile(KEY, 0);
  expect(status()).toMatchObject({ conditions: [{ type: "Ready", status: "True", reason: "Reachable" }] });
});

test("the end of its deadline is told with what was last seen of the pod", async () => {
  await put(POSTGRES);
  await reconcile();
  const { uid = "" } = api.storage.get("Connection", NAMED).metadata;
  const job = jobs()[0]?.metadata;
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: job?.uid ?? "", controller: true };
  await api.admin.create("Pod", "demo", {
    metadata: { name: "pod", labels: { "kelt.dev/run-uid": uid }, ownerReferences: [owner] },
    spec: podSpecOf(jobs()[0]),
  } as NewObject);
  const scheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: 'no claim "films"' };
  await api.admin.patch(
    "Pod",
    { namespace: "demo", name: "pod" },
    { status: { phase: "Pending", conditions: [scheduled] } },
    { subresource: "status" },
  );
  await reconcile();
  const failed = { type: "Failed", status: "True", reason: "DeadlineExceeded" };
  await api.admin.delete("Pod", { namespace: "demo", name: "pod" }, { propagation: "Background" });
  await api.admin.patch(
    "Job",
    { namespace: "demo", name: job?.name ?? "" },
    { status: { conditions: [failed] } },
    { subresource: "status" },
  );
  await reconcile();
  expect(status()).toMatchObject({
    conditions: [{ status: "False", reason: "AttemptTimedOut", message: expect.stringContaining('no claim "films"') }],
  });
});

test("a Job that makes no pod is reported, with where to look, before its deadline", async () => {
  await put(POSTGRES);
  const begun = clock.now();
  expect(await reconcile()).toEqual({ wakeAt: begun + 10_000 });
  await clock.advance(10_000);
  await reconcile();
  expect(status()).toMatchObject({
    conditions: [
      { status: "Unknown", reason: "Testing", message: expect.stringMatching(/NoPod.*Job's events say why/) },
    ],
  });
});

test("somebody else's Job of the name is told, left alone, and gone past when it is gone", async () => {
  await put(POSTGRES);
  await reconcile();
  const name = jobs()[0]?.metadata.name ?? "";
  await api.admin.delete("Job", { namespace: "demo", name }, { propagation: "Background" });
  await api.admin.create("Job", "demo", { metadata: { name }, spec: {} } as NewObject);
  expect(await reconcile()).toEqual({ wakeAt: clock.now() + 30_000 });
  expect(status()).toMatchObject({
    conditions: [{ status: "Unknown", reason: "NameConflict", message: expect.stringContaining(name) }],
  });
  await api.admin.delete("Job", { namespace: "demo", name }, { propagation: "Background" });
  await reconcile();
  expect(jobs()).toMatchObject([{ metadata: { name, ownerReferences: [{ kind: "Connection" }] } }]);
});

test("a Job that is gone before it told anything is made again", async () => {
  await put(POSTGRES);
  await reconcile();
  const [first] = jobs();
  await api.admin.delete("Job", { namespace: "demo", name: first?.metadata.name ?? "" }, { propagation: "Background" });
  await reconcile();
  expect(jobs().map(({ metadata }) => metadata.name)).toEqual([first?.metadata.name]);
});

/** The server refuses every Job with this status until the test ends it. */
function refuseJobs(statusCode: number, message: string): void {
  const facts = { status: statusCode, reason: "Refused", verb: "create", resource: "jobs" };
  api.faults.before = (call) => (call.verb === "create" ? new ApiError(message, facts) : undefined);
}

test("a Job that the server will never take is told, and not asked for again and again", async () => {
  await put(POSTGRES);
  refuseJobs(422, "spec.template: Invalid value");
  await reconcile();
  expect(status()).toMatchObject({
    conditions: [{ status: "False", reason: "JobRefused", message: expect.stringContaining("Invalid value") }],
  });
  delete api.faults.before;
  await reconcile();
  expect(jobs()).toEqual([]);
});

test("a Job that a full quota refuses is told, and made when there is room", async () => {
  await put(POSTGRES);
  refuseJobs(403, "exceeded quota");
  expect(await reconcile()).toEqual({ wakeAt: clock.now() + 30_000 });
  expect(status()).toMatchObject({
    conditions: [{ status: "Unknown", reason: "JobRefused", message: expect.stringContaining("exceeded quota") }],
  });
  delete api.faults.before;
  await reconcile();
  expect(jobs()).toHaveLength(1);
});

test("an invalid spec makes no Job and is reported", async () => {
  await put({ postgres: { port: "x" } });
  await reconcile();
  expect(jobs()).toEqual([]);
  expect(status()).toMatchObject({ conditions: [{ type: "Ready", status: "False", reason: "InvalidSpec" }] });
});

test.each(["postgres", "s3", "http", "files"])(
  "a connection of kind %s is tested by a task that knows it",
  async (kind) => {
    const specs: Readonly<Record<string, object>> = {
      postgres: {},
      s3: { bucket: "lake", region: "us-east-1" },
      http: { baseUrl: "https://api.example.org", testPath: "health" },
      files: { configMap: "facts" },
    };
    await put({ [kind]: specs[kind] });
    await reconcile();
    const [job] = jobs() as unknown as [
      { spec: { template: { spec: { containers: [{ env: [{ value: string }] }] } } } },
    ];
    const { connections } = TaskSpec.parse(JSON.parse(job.spec.template.spec.containers[0].env[0].value));
    expect(connections).toMatchObject({ warehouse: { kind } });
  },
);

test("a connection that is gone or going is left alone", async () => {
  await reconcile();
  expect(jobs()).toEqual([]);
});
