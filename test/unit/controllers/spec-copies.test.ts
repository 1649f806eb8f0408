import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { FakeClient } from "../../support/fake-cluster/fake-api-client.ts";
import type { FakeCall } from "../../support/fake-cluster/fake-api-server.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";
import { aPipeline } from "../../support/manifests/make.ts";

const NAMESPACE = "demo";
const SPEC = { nodes: { a: { container: {} }, b: { needs: ["a"], container: {} } } };
const PIPELINE = { namespace: NAMESPACE, name: "films" };
const CHANGED = { spec: { nodes: { a: null, b: null, other: { container: {} } } } };

let clock: FakeClock;
let api: FakeApi;
let client: FakeClient;

beforeEach(async () => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  create("Pipeline", "films", { spec: SPEC });
  await startOperator();
});

async function startOperator(): Promise<void> {
  client = api.client({ name: "operator" });
  const settings = readSettings({ KELT_TASK_IMAGE: "task" });
  const parts = { kube: client, clock, settings, log: pino({ level: "silent" }), metrics: createMetrics() };
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    ...parts,
    random: seededRandom(1),
  });
  void operator.start().then(() => operator.lead());
  await clock.advance(1_000);
}

/** The process ends and another one begins, which has read nothing yet. */
async function restartOperator(meanwhile: () => void = () => undefined): Promise<void> {
  client.kill();
  meanwhile();
  await startOperator();
}

function create(kind: "Pipeline" | "PipelineRun" | "ControllerRevision", name: string, more: object): void {
  api.storage.create(kind, NAMESPACE, { metadata: { name }, ...more } as NewObject);
}

async function run(name: string): Promise<void> {
  create("PipelineRun", name, { spec: { pipeline: "films" } });
  await clock.advance(2_000);
}

const status = (name: string) =>
  (api.storage.get("PipelineRun", { namespace: NAMESPACE, name }).status ?? {}) as PipelineRunStatus;
const revisionOf = (name: string) => ({ namespace: NAMESPACE, name: status(name).pipelineRevision?.name ?? "" });
const succeeded = (name: string) => status(name).conditions?.find(({ type }) => type === "Succeeded");
const jobs = () => api.storage.list("Job").map(({ metadata }) => metadata.name);
const remove = (key: { namespace: string; name: string }) =>
  api.storage.delete("ControllerRevision", key, { propagation: "Background" });
const refuse = (verbs: readonly string[], code: number) => {
  const error = new ApiError("a policy says no", { status: code, reason: "Refused", verb: "", resource: "" });
  api.faults.before = (call: FakeCall) =>
    call.client === "operator" && call.kind === "ControllerRevision" && verbs.includes(call.verb) ? error : undefined;
};

describe("the copy of a spec", () => {
  test("is shared by all runs that follow the same one, and is in no run's status", async () => {
    await run("one");
    await run("two");
    const copies = api.storage.list("ControllerRevision").map(({ data }) => data);
    expect(copies).toEqual([JSON.parse(JSON.stringify(PipelineSpec.parse(SPEC)))]);
    expect(revisionOf("one")).toEqual(revisionOf("two"));
    expect(status("two")).not.toHaveProperty("pipelineSpec");
    expect(status("two")).toMatchObject({ pipelineUid: api.storage.get("Pipeline", PIPELINE).metadata.uid });
  });

  test("is read and parsed when a process first decides about a run that follows it, and not again", async () => {
    await run("one");
    await run("two");
    const reads = () =>
      api.calls.filter(
        ({ kind, verb, client: who }) => kind === "ControllerRevision" && verb === "get" && who === "operator",
      );
    expect(reads()).toEqual([]);
    await restartOperator();
    const first = reads().length;
    expect([1, 2]).toContain(first);
    const decided = api.calls.length;
    for (let i = 0; i < 20; i += 1) {
      for (const name of ["one", "two"]) {
        const metadata = { annotations: { "kelt.dev/looked-at": String(i) } };
        api.storage.patch("PipelineRun", { namespace: NAMESPACE, name }, { metadata }, {});
      }
      await clock.advance(2_000);
    }
    expect(reads()).toHaveLength(first);
    expect(api.calls.length).toBeGreaterThan(decided);
  });

  test("is one of its own for each spec, and the newest one stays for the next run", async () => {
    await run("one");
    api.storage.patch("Pipeline", PIPELINE, CHANGED, {});
    await run("two");
    expect(revisionOf("one")).not.toEqual(revisionOf("two"));
    const ended = {
      status: { conditions: [{ ...succeeded("one"), status: "True" }], finished: "2026-01-01T00:00:00Z" },
    };
    for (const name of ["one", "two"])
      api.storage.patch("PipelineRun", { namespace: NAMESPACE, name }, ended, { subresource: "status" });
    await clock.advance(120_000);
    expect(api.storage.list("ControllerRevision").map(({ metadata }) => metadata.name)).toEqual([
      revisionOf("two").name,
    ]);
  });

  test("does not go while a run has taken it and the status that names it is refused", async () => {
    const refused = new ApiError("no status", { status: 403, reason: "Forbidden", verb: "patch", resource: "" });
    api.faults.before = ({ subresource, client: by }) =>
      by === "operator" && subresource === "status" ? refused : undefined;
    await run("one");
    await clock.advance(300_000);
    expect(api.storage.list("ControllerRevision")).toHaveLength(1);
    api.storage.delete("PipelineRun", { namespace: NAMESPACE, name: "one" }, { propagation: "Background" });
    await clock.advance(120_000);
    expect(api.storage.list("ControllerRevision")).toEqual([]);
  });
});

describe("a run whose copy is gone", () => {
  test("goes on where the Pipeline still says the same: the copy is stored again", async () => {
    await run("one");
    const key = revisionOf("one");
    await restartOperator(() => remove(key));
    expect(api.storage.get("ControllerRevision", key).data).toMatchObject({ nodes: { a: {}, b: {} } });
    expect(succeeded("one")).toMatchObject({ status: "Unknown", reason: "Running" });
  });

  test("ends with that as its reason where it says something else, and its Jobs are stopped", async () => {
    await run("one");
    expect(jobs()).toEqual(["one-a-a1"]);
    await restartOperator(() => {
      remove(revisionOf("one"));
      api.storage.patch("Pipeline", PIPELINE, CHANGED, {});
    });
    await clock.advance(5_000);
    expect(succeeded("one")).toMatchObject({
      status: "False",
      reason: "SpecLost",
      message: expect.stringMatching(/films-[0-9a-f]{32} was deleted.*create another run/),
    });
    expect(jobs()).toEqual([]);
    expect(status("one").nodes).toMatchObject({ a: { state: "Cancelled" }, b: { state: "Cancelled" } });
  });

  test("never follows another one that has its name", async () => {
    await run("one");
    const key = revisionOf("one");
    await restartOperator(() => {
      remove(key);
      create("ControllerRevision", key.name, { data: { nodes: { evil: { container: {} } } }, revision: 1 });
    });
    await clock.advance(5_000);
    expect(succeeded("one")).toMatchObject({ status: "False", reason: "SpecLost" });
    expect(jobs()).toEqual([]);
    await run("two");
    expect(succeeded("two")).toMatchObject({ status: "Unknown", reason: "Running" });
    expect(revisionOf("two").name).toBe(`${key.name}-1`);
    expect(jobs()).toEqual(["two-a-a1"]);
  });

  test("says so where others hold all the names that it could have", async () => {
    await run("one");
    const key = revisionOf("one");
    await restartOperator(() => {
      remove(key);
      for (const name of [key.name, ...[1, 2, 3].map((ordinal) => `${key.name}-${ordinal}`)])
        create("ControllerRevision", name, { data: { nodes: { evil: { container: {} } } }, revision: 1 });
    });
    await run("two");
    const message = expect.stringContaining(`ControllerRevision ${key.name} exists and holds something else`);
    expect(succeeded("two")).toMatchObject({ status: "Unknown", reason: "SpecNotStored", message });
    remove(key);
    await clock.advance(10_000);
    expect(succeeded("two")).toMatchObject({ status: "Unknown", reason: "Running" });
  });
});

test("a copy that cannot be patched, because an earlier version stored it in another form, is made anew beside it", async () => {
  await run("one");
  const key = revisionOf("one");
  const invalid = new ApiError("data is immutable", { status: 422, reason: "Invalid", verb: "patch", resource: "" });
  api.faults.before = (call: FakeCall) =>
    call.client === "operator" && call.verb === "patch" && call.name === key.name ? invalid : undefined;
  await run("two");
  expect(succeeded("two")).toMatchObject({ status: "Unknown", reason: "Running" });
  expect(revisionOf("two").name).toBe(`${key.name}-1`);
});

describe("a run whose copy the API server would not store", () => {
  test.each([403, 413, 422, 500])("says so (%i), begins when it would, and makes no Job before", async (code) => {
    refuse(["create", "patch"], code);
    await run("one");
    const message = expect.stringContaining("a policy says no");
    expect(succeeded("one")).toMatchObject({ status: "Unknown", reason: "SpecNotStored", message });
    expect(jobs()).toEqual([]);
    api.faults.before = () => undefined;
    await clock.advance(10_000);
    expect(jobs()).toEqual(["one-a-a1"]);
  });

  test("ends after five minutes", async () => {
    refuse(["create", "patch"], 403);
    await run("one");
    await clock.advance(310_000);
    expect(succeeded("one")).toMatchObject({ status: "False", reason: "SpecNotStored" });
  });
});

describe("a run whose copy the API server does not show", () => {
  beforeEach(async () => {
    await run("one");
    await clock.advance(5_000);
    await restartOperator(() => refuse(["get"], 403));
    await clock.advance(5_000);
  });

  test("says so, keeps what it has, and goes on when it is shown", async () => {
    expect(succeeded("one")).toMatchObject({ status: "Unknown", reason: "SpecUnreadable" });
    expect(status("one").nodes?.a).toMatchObject({ state: "Starting", attempt: 1 });
    api.faults.before = () => undefined;
    await clock.advance(60_000);
    expect(succeeded("one")).toMatchObject({ status: "Unknown", reason: "Running" });
  });

  test("can be cancelled", async () => {
    api.storage.patch("PipelineRun", { namespace: NAMESPACE, name: "one" }, { spec: { cancelled: true } }, {});
    await clock.advance(10_000);
    expect(jobs()).toEqual([]);
    expect(succeeded("one")).toMatchObject({ status: "False", reason: "Cancelled" });
  });
});

test("a run that an earlier version began, with its copy in its status, goes on with that", async () => {
  client.kill();
  create("PipelineRun", "old", { spec: { pipeline: "films" } });
  const nodes = { kept: { state: "Pending" } };
  const begun = { pipelineSpec: aPipeline({ kept: [] }), started: "2026-01-01T00:00:00Z", nodes };
  api.storage.patch("PipelineRun", { namespace: NAMESPACE, name: "old" }, { status: begun }, { subresource: "status" });
  await startOperator();
  await clock.advance(2_000);
  expect(jobs()).toEqual(["old-kept-a1"]);
  expect(status("old").nodes).toMatchObject({ kept: { state: "Starting" } });
});
