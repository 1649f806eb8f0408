import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { FakeCall } from "../../support/fake-cluster/fake-api-server.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const RUN = { namespace: "demo", name: "run" };
const PIPELINE = { namespace: "demo", name: "films" };

let clock: FakeClock;
let api: FakeApi;
/** Whether writes of a run's status are refused, and the sizes of those that were tried. */
let refusal: ((bytes: number) => ApiError | undefined) | undefined;
let writes: number;

beforeEach(async () => {
  clock = new FakeClock();
  [refusal, writes] = [undefined, 0];
  api = new FakeApi(clock, (object, before) => {
    const isStatus = object.kind === "PipelineRun" && before !== undefined && object.status !== before.status;
    if (isStatus) writes += 1;
    const error = isStatus ? refusal?.(Buffer.byteLength(JSON.stringify(object.status))) : undefined;
    if (error !== undefined) throw error;
    return object;
  });
  const nodes = { a: { container: {} }, b: { container: {} } };
  api.storage.create("Pipeline", "demo", { metadata: { name: "films" }, spec: { nodes } });
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    kube: api.client({ name: "operator" }),
    clock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
    metrics: createMetrics(),
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  void operator.start().then(() => operator.lead());
  await clock.advance(1_000);
});

async function run(metadata: object = {}): Promise<void> {
  api.storage.create("PipelineRun", "demo", { metadata: { name: "run", ...metadata }, spec: { pipeline: "films" } });
  await clock.advance(5_000);
}

const refused = (status: number, message: string) =>
  new ApiError(message, { status, reason: "Refused", verb: "patch", resource: "pipelineruns/status" });
const status = () => (api.storage.get("PipelineRun", RUN).status ?? {}) as PipelineRunStatus;
const reason = () => status().conditions?.[0]?.reason;
const jobs = () => api.storage.list("Job").map(({ metadata }) => metadata.name);

/** Somebody touches a Job of the run every second: each time the operator has something to say. */
async function busyMinute(): Promise<number> {
  const before = writes;
  for (let second = 0; second < 60; second += 1) {
    const suspend = second % 2 === 0;
    const [job] = jobs();
    if (job !== undefined) api.storage.patch("Job", { namespace: "demo", name: job }, { spec: { suspend } }, {});
    await clock.advance(1_000);
  }
  return writes - before;
}

describe("a run whose status is refused", () => {
  beforeEach(async () => {
    await run();
    expect(jobs()).toEqual(["run-a-a1", "run-b-a1"]);
    refusal = () => refused(403, "no status for you");
  });

  test("is written less and less, down to twice a minute, however much happens to it", async () => {
    expect(await busyMinute()).toBeLessThanOrEqual(8);
    expect(await busyMinute()).toBeLessThanOrEqual(3);
    expect(await busyMinute()).toBeLessThanOrEqual(3);
  });

  test("says so by an Event, once for each class of refusal and every ten minutes", async () => {
    const refusalEvents = () =>
      api.storage.list("Event").flatMap((event) => {
        const { reason, note, regarding } = event as unknown as { reason: string; note: string; regarding: object };
        return reason === "StatusRefused" ? [{ note, regarding }] : [];
      });
    await busyMinute();
    expect(refusalEvents()).toEqual([
      {
        note: expect.stringMatching(/^the API server does not store the run's status.*no status for you$/),
        regarding: expect.objectContaining({ kind: "PipelineRun", name: "run" }),
      },
    ]);
    refusal = () => refused(500, "a webhook is down");
    await busyMinute();
    await busyMinute();
    expect(refusalEvents()).toHaveLength(2);
    refusal = () => refused(409, "somebody else has written it");
    await busyMinute();
    expect(refusalEvents()).toHaveLength(2);
  });

  test("is told again within half a minute once it is taken", async () => {
    await busyMinute();
    await busyMinute();
    refusal = undefined;
    await clock.advance(31_000);
    expect(reason()).toBe("Running");
    expect(status().nodes?.a).toMatchObject({ attempt: 1 });
  });

  test("can be cancelled: its Jobs are stopped, and the end is said when that can be", async () => {
    api.storage.patch("PipelineRun", RUN, { spec: { cancelled: true } }, {});
    await clock.advance(60_000);
    expect(jobs()).toEqual([]);
    expect(reason()).toBe("Running");
    refusal = undefined;
    await clock.advance(60_000);
    expect(reason()).toBe("Cancelled");
    expect(status().nodes).toMatchObject({ a: { state: "Cancelled" }, b: { state: "Cancelled" } });
  });
});

test("a status that is too large for the API server becomes smaller until it is not, and no verdict is lost", async () => {
  await run();
  const message = "x".repeat(1_024);
  const failed = { state: "Failed", attempt: 1, reason: "DataError", message, finished: "2026-01-01T00:00:00Z" };
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`n${index}`, failed]));
  api.storage.patch("PipelineRun", RUN, { status: { nodes: many } }, { subresource: "status" });
  refusal = (bytes) => (bytes > 24_000 ? refused(500, "etcdserver: request is too large") : undefined);
  api.storage.patch("PipelineRun", RUN, { spec: { cancelled: true } }, {});
  await clock.advance(300_000);
  expect(reason()).toBe("Cancelled");
});

test("a run is found by its Pipeline's name and uid, whoever made it, and keeps its own labels", async () => {
  await run({ labels: { team: "data" } });
  const { uid } = api.storage.get("Pipeline", PIPELINE).metadata;
  const labels = { team: "data", "kelt.dev/pipeline": "films", "kelt.dev/pipeline-uid": uid };
  expect(api.storage.get("PipelineRun", RUN).metadata.labels).toEqual(labels);
  expect(status()).toMatchObject({ pipelineUid: uid });
});

test("a run that is refused by its Pipeline is found by it too, and is its last run", async () => {
  const cyclic = { a: { needs: ["b"] }, b: { needs: ["a"] } };
  api.storage.patch("Pipeline", PIPELINE, { spec: { nodes: cyclic } }, {});
  await run();
  expect(reason()).toBe("InvalidPipeline");
  expect(api.storage.get("PipelineRun", RUN).metadata.labels).toMatchObject({ "kelt.dev/pipeline": "films" });
  expect(api.storage.get("Pipeline", PIPELINE).status).toMatchObject({
    lastRun: { name: "run", result: "InvalidPipeline" },
  });
});

test("a run begins without labels where those are refused", async () => {
  const isLabelling = ({ verb, kind, subresource }: FakeCall) =>
    verb === "patch" && kind === "PipelineRun" && subresource === undefined;
  api.faults.before = (call) => (call.client === "operator" && isLabelling(call) ? refused(403, "no") : undefined);
  await run();
  expect(jobs()).toEqual(["run-a-a1", "run-b-a1"]);
});

test("a Pipeline that is deleted and made anew has no run of the one before, whose run goes on", async () => {
  await run();
  api.storage.delete("Pipeline", PIPELINE, { propagation: "Background" });
  const spec = { nodes: { other: { container: {} } }, history: { succeeded: 0, failed: 0 } };
  api.storage.create("Pipeline", "demo", { metadata: { name: "films" }, spec });
  await clock.advance(5_000);
  expect(api.storage.get("Pipeline", PIPELINE).status).toMatchObject({ activeRuns: 0 });
  expect(api.storage.get("Pipeline", PIPELINE).status).not.toHaveProperty("lastRun");
  api.storage.patch("PipelineRun", RUN, { spec: { cancelled: true } }, {});
  await clock.advance(60_000);
  expect(reason()).toBe("Cancelled");
  expect(api.storage.get("Pipeline", PIPELINE).status).not.toHaveProperty("lastRun");
});
