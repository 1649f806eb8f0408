import { pino } from "pino";
import { CONTRACT_VERSION, type TaskResult } from "#api/task.ts";
import { connectionController } from "../../../operator/controllers/connections/connection-steps.ts";
import { Seal } from "../../../operator/controllers/jobs/seal.ts";
import { createStores } from "../../../operator/controllers/loop/caches.ts";
import { EventWriter } from "../../../operator/controllers/loop/event-writer.ts";
import type { Reconciler } from "../../../operator/controllers/loop/loop.ts";
import { STATUS_INTERVAL_MS } from "../../../operator/controllers/loop/status-store.ts";
import { project } from "../../../operator/kinds/kinds.ts";
import type { CustomObject, Job, Pod } from "../../../operator/kinds/objects.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { OwnWrites } from "../../../operator/kube/own-writes.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";

export const KEY = "demo/warehouse";
export const NAMED = { namespace: "demo", name: "warehouse" };
export const POSTGRES = { postgres: { secretRef: "warehouse-secret", host: "db" } };

export let api: FakeApi;
export let clock: FakeClock;
export let stores: ReturnType<typeof createStores>;
export let controller: Reconciler;
export let writer: EventWriter;

/** A server, empty caches and a process. */
export function begin(): void {
  clock = new FakeClock();
  api = new FakeApi(clock);
  stores = createStores();
  restart();
}

/** Another process takes over. */
export function restart(): void {
  controller = newController();
}

/** A process that has just begun. */
function newController(): Reconciler {
  const gate = new OwnWrites(() => String(api.storage.version));
  const kube = api.client({ name: "operator" });
  const log = pino({ level: "silent" });
  writer = new EventWriter({ kube, clock, log, instance: "operator" });
  return connectionController({
    kube,
    seal: new Seal(Buffer.alloc(32, "key")),
    podCheck: "fields",
    events: writer,
    caches: stores,
    ownWritesIn: () => gate,
    clock,
    log,
    taskPods: {
      image: "task",
      imagePullPolicy: "IfNotPresent",
      imagePullSecrets: [],
      resources: {},
      jobTtlSeconds: 60,
    },
  });
}

export const flushed = () => writer.flush();
export const events = () => api.storage.list("Event").map(({ note }) => note);

export const put = (spec: object) =>
  api.admin.create("Connection", "demo", { metadata: { name: "warehouse" }, spec } as NewObject);
export const annotate = (token: string) =>
  api.admin.patch("Connection", NAMED, { metadata: { annotations: { "kelt.dev/test-requested": token } } });
export const status = () => api.storage.get("Connection", NAMED).status;
/** The oldest first. */
export const jobs = () =>
  (api.storage.list("Job") as unknown as Job[]).sort(
    (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
  );

/** The caches show what the server has of these kinds. */
export function refreshCaches(...kinds: readonly ("Connection" | "Job" | "Pod")[]): void {
  const caches = { Connection: stores.connections, Job: stores.jobs, Pod: stores.pods };
  for (const kind of kinds) {
    for (const { metadata } of caches[kind].all()) caches[kind].delete(metadata);
    for (const object of api.storage.list(kind))
      caches[kind].set(project(kind, object as never) as CustomObject & Job & Pod);
  }
}

/** Reconciles with caches that show everything, until nothing more is to be written, now or when a status may be written again. */
export async function reconcile() {
  for (;;) {
    refreshCaches("Connection", "Job", "Pod");
    const { version } = api.storage;
    const reconciled = await controller.reconcile(KEY, 0);
    const waitMs = (reconciled.wakeAt ?? Number.POSITIVE_INFINITY) - clock.now();
    if (waitMs > 0 && waitMs <= STATUS_INTERVAL_MS) await clock.advance(waitMs);
    else if (api.storage.version === version) return reconciled;
  }
}

/** What the Job controller makes a pod of. */
export const podSpecOf = (job: Job | undefined) =>
  (job as unknown as { spec: { template: { spec: object } } }).spec.template.spec;

/** The pod of the newest Job ends as the task would end it. */
export async function endPod(exitCode: number, result: Partial<TaskResult>, job = jobs().at(-1)): Promise<void> {
  const { uid = "" } = api.storage.get("Connection", NAMED).metadata;
  const message = JSON.stringify({ version: CONTRACT_VERSION, run: uid, node: "connection", attempt: 1, ...result });
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: job?.metadata.uid ?? "", controller: true };
  const name = `pod-${jobs().length}`;
  await api.admin.create("Pod", "demo", {
    metadata: { name, labels: { "kelt.dev/run-uid": uid }, ownerReferences: [owner] },
    spec: podSpecOf(job),
  } as NewObject);
  const terminated = { exitCode, message, finishedAt: new Date(clock.now()).toISOString() };
  await api.admin.patch(
    "Pod",
    { namespace: "demo", name },
    {
      status: {
        phase: exitCode === 0 ? "Succeeded" : "Failed",
        containerStatuses: [{ name: "task", state: { terminated } }],
      },
    },
    { subresource: "status" },
  );
}
export const reached = {
  outcome: "succeeded",
  message: "PostgreSQL 18.4 answers in 3 ms",
  server: { version: "PostgreSQL 18.4", latencyMs: 3 },
} as const;
