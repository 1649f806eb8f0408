import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { createStores } from "../../../operator/controllers/loop/caches.ts";
import { EventWriter } from "../../../operator/controllers/loop/event-writer.ts";
import type { Reconciler } from "../../../operator/controllers/loop/loop.ts";
import { pipelineController } from "../../../operator/controllers/pipelines/pipeline-steps.ts";
import type { CustomObject } from "../../../operator/kinds/objects.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { OwnWrites } from "../../../operator/kube/own-writes.ts";
import { createMetrics, type Metrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";

const KEY = "demo/films";
const NAMED = { namespace: "demo", name: "films" };
const SPEC = { nodes: { a: { container: {} } }, history: { succeeded: 1 } };

let api: FakeApi;
let clock: FakeClock;
let metrics: Metrics;
let stores: ReturnType<typeof createStores>;
let controller: Reconciler;

beforeEach(() => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  metrics = createMetrics();
  stores = createStores();
  const gate = new OwnWrites(() => String(api.storage.version));
  const kube = api.client({ name: "operator" });
  const log = pino({ level: "silent" });
  controller = pipelineController({
    kube,
    events: new EventWriter({ kube, clock, log, instance: "operator" }),
    caches: stores,
    ownWritesIn: () => gate,
    clock,
    log,
    metrics,
  });
});

const status = () => api.storage.get("Pipeline", NAMED).status;
const runs = () => api.storage.list("PipelineRun").map(({ metadata }) => metadata.name);

async function put(kind: "Pipeline" | "PipelineRun", name: string, more: object): Promise<void> {
  await api.admin.create(kind, "demo", { metadata: { name }, ...more } as NewObject);
}

async function putRun(name: string, finished: string, runStatus: object = {}): Promise<void> {
  const conditions = [
    { type: "Succeeded", status: "True", reason: "Succeeded", message: "", lastTransitionTime: finished },
  ];
  await put("PipelineRun", name, { spec: { pipeline: "films" } });
  await api.admin.patch(
    "PipelineRun",
    { namespace: "demo", name },
    { status: { conditions, started: finished, finished, ...runStatus } },
    { subresource: "status" },
  );
}

/** The caches show what the server has, and the reconcile sees them. */
async function reconcile() {
  for (const [kind, store] of [["Pipeline", stores.pipelines] as const, ["PipelineRun", stores.runs] as const]) {
    for (const { metadata } of store.all()) store.delete(metadata);
    for (const object of api.storage.list(kind)) store.set(object as unknown as CustomObject);
  }
  return await controller.reconcile(KEY, 0);
}

test("a sound Pipeline is told to be ready", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await reconcile();
  expect(status()).toMatchObject({
    observedGeneration: 1,
    nodes: 1,
    activeRuns: 0,
    conditions: [{ type: "Ready", status: "True", reason: "Valid" }],
  });
});

test("one that a person must mend is told to be stalled, with what is wrong, and ready when it is mended", async () => {
  await put("Pipeline", "films", { spec: { nodes: { a: { container: {}, needs: ["b"] } } } });
  await reconcile();
  expect(status()).toMatchObject({
    conditions: [
      { type: "Ready", status: "False", reason: "UnknownReference", message: expect.stringContaining("called b") },
      { type: "Stalled", status: "True", reason: "UnknownReference" },
    ],
  });
  await api.admin.patch("Pipeline", NAMED, { spec: { nodes: { a: { needs: null } } } });
  await clock.advance(1_000);
  await reconcile();
  expect(status()).toMatchObject({ observedGeneration: 2, conditions: [{ type: "Ready", status: "True" }] });
});

test("a status that says what is so is not written again", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await reconcile();
  const { version } = api.storage;
  await clock.advance(60_000);
  await reconcile();
  expect(api.storage.version).toBe(version);
});

test("two changes within a second are two looks and one write at a time", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await reconcile();
  await putRun("films-1", "2026-01-01T00:00:00Z");
  const { version } = api.storage;
  expect(await reconcile()).toEqual({ wakeAt: clock.now() + 1_000 });
  expect(api.storage.version).toBe(version);
  await clock.advance(1_000);
  await reconcile();
  expect(status()).toMatchObject({ lastRun: { name: "films-1", result: "Succeeded" } });
});

test("old runs go and the newest stay, and the next look is when one grows too old", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await putRun("films-1", "2025-12-30T00:00:00Z");
  await putRun("films-2", "2025-12-31T00:00:00Z");
  const { wakeAt } = await reconcile();
  expect(runs()).toEqual(["films-2"]);
  expect(wakeAt).toBe(Date.parse("2026-01-30T00:00:00Z"));
  expect(status()).toMatchObject({ lastSuccessTime: "2025-12-31T00:00:00Z", lastRun: { name: "films-2" } });
});

test("a run whose status cannot be read stops neither the Pipeline nor its other runs, and is left alone", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await putRun("films-1", "2025-12-31T00:00:00Z", { conditions: "of another make" });
  await putRun("films-2", "2025-12-30T00:00:00Z");
  await reconcile();
  expect(status()).toMatchObject({ lastRun: { name: "films-2" }, conditions: [{ type: "Ready", status: "True" }] });
  expect(runs()).toEqual(["films-1", "films-2"]);
});

test("a Pipeline's own status that cannot be read is written anew", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await api.admin.patch(
    "Pipeline",
    NAMED,
    { status: { conditions: 7, activeRuns: "many" } },
    { subresource: "status" },
  );
  await reconcile();
  expect(status()).toMatchObject({ activeRuns: 0, conditions: [{ type: "Ready", status: "True" }] });
});

test("runs that outlive their Pipeline stay: it may only be on its way back", async () => {
  await putRun("films-1", "2025-11-30T00:00:00Z");
  await putRun("films-2", "2025-12-31T00:00:00Z");
  await reconcile();
  expect(runs()).toEqual(["films-1", "films-2"]);
});

test("a Pipeline that is gone takes its metrics along, also while runs of it are still there", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await put("PipelineRun", "films-1", { spec: { pipeline: "films" } });
  await reconcile();
  expect(await metrics.scrape()).toContain('kelt_runs_active{namespace="demo",pipeline="films"} 1');
  await api.admin.delete("Pipeline", NAMED, { propagation: "Background" });
  await reconcile();
  expect(await metrics.scrape()).not.toContain('pipeline="films"');
  await put("Pipeline", "films", { spec: SPEC });
  await reconcile();
  expect(await metrics.scrape()).toContain('kelt_runs_active{namespace="demo",pipeline="films"} 1');
});

test("a Pipeline that is gone with its runs takes its metrics along", async () => {
  await put("Pipeline", "films", { spec: SPEC });
  await reconcile();
  expect(await metrics.scrape()).toContain("kelt_runs_active{");
  await api.admin.delete("Pipeline", NAMED, { propagation: "Background" });
  await reconcile();
  expect(await metrics.scrape()).not.toContain("kelt_runs_active{");
});
