import { beforeEach, describe, expect, test } from "vitest";
import { KnownJobs } from "../../../operator/controllers/jobs/known-jobs.ts";
import { Seal } from "../../../operator/controllers/jobs/seal.ts";
import { type ActServices, act } from "../../../operator/controllers/runs/act.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import type { Job } from "../../../operator/kinds/objects.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { Kube, NewObject } from "../../../operator/kube/kube.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { aMeta, aPipeline, someFacts } from "../../support/manifests/make.ts";

const taskPods: TaskPodSettings = {
  image: "task",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  resources: {},
  jobTtlSeconds: 60,
};
const spec = aPipeline({ raw: [] });
const create = { do: "createJob", node: "raw", attempt: 1 } as const;

interface JobManifest {
  readonly metadata: Job["metadata"];
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } };
}

let api: FakeApi;
let parts: ActServices;
let facts: Facts;

/** The API server with a run in it, and the operator's own connection to it. */
beforeEach(async () => {
  api = new FakeApi(new FakeClock());
  const run = await api.admin.create("PipelineRun", "demo", { metadata: { name: "films-1" }, spec: {} });
  facts = someFacts(spec);
  facts = { ...facts, run: { ...facts.run, meta: run.metadata } };
  parts = { kube: api.client({ name: "operator" }), taskPods, known: knownJobs() };
});

/** What a process that has just begun knows of the run's Jobs. */
const knownJobs = () =>
  new KnownJobs({ namespace: "demo", owner: facts.run.meta.uid }, new Seal(Buffer.alloc(32, "key")));
const jobs = () => api.storage.list("Job").map(({ metadata }) => metadata.name);
const apiError = (status: number, reason: string) =>
  new ApiError("no", { status, reason, verb: "create", resource: "jobs" });
const refuseCreation = (error: ApiError) => {
  api.faults.before = (call) => (call.verb === "create" ? error : undefined);
};

describe("creating a Job", () => {
  test("leaves it in the cluster, owned by the run", async () => {
    const acted = await act(create, facts, () => spec, parts);
    expect(acted).toMatchObject({ action: create, job: { metadata: { name: "films-1-raw-a1" } } });
    expect(api.storage.get("Job", { namespace: "demo", name: "films-1-raw-a1" }).metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: "PipelineRun", uid: facts.run.meta.uid, controller: true }),
    ]);
  });

  test("twice leaves one Job, and the second time answers with the first one's", async () => {
    const first = await act(create, facts, () => spec, parts);
    const second = await act(create, facts, () => spec, parts);
    expect(second).toEqual(first);
    expect(jobs()).toEqual(["films-1-raw-a1"]);
  });

  test("whose answer was lost is found out by trying again", async () => {
    api.faults.after = (call) => (call.verb === "create" ? apiError(0, "NoAnswer") : undefined);
    expect(await act(create, facts, () => spec, parts)).toHaveProperty("refusal");
    expect(await act(create, facts, () => spec, parts)).toMatchObject({
      job: { metadata: { name: "films-1-raw-a1" } },
    });
    expect(jobs()).toEqual(["films-1-raw-a1"]);
  });

  test("under a name that a foreign Job has is a refusal that says what to do, and leaves that Job alone", async () => {
    const other = { ...facts.run, meta: aMeta({ uid: "of-another-run" }) };
    await put(api.admin, { ...facts, run: other });
    const before = api.storage.get("Job", { namespace: "demo", name: "films-1-raw-a1" });
    expect(await act(create, facts, () => spec, parts)).toEqual({
      action: create,
      refusal: {
        reason: "NameConflict",
        message: expect.stringMatching(
          /^Job films-1-raw-a1 exists and the operator did not make it for this run: .* Delete it/,
        ),
        final: false,
      },
    });
    expect(api.storage.get("Job", { namespace: "demo", name: "films-1-raw-a1" })).toEqual(before);
  });

  test("under a name that a Job without an owner has is a refusal too", async () => {
    await api.admin.create("Job", "demo", { metadata: { name: "films-1-raw-a1" }, spec: {} });
    expect(await act(create, facts, () => spec, parts)).toMatchObject({ refusal: { reason: "NameConflict" } });
  });

  test("that a process made just before it ended is found by the next one, by its seal", async () => {
    const first = await act(create, facts, () => spec, parts);
    expect(await act(create, facts, () => spec, { ...parts, known: knownJobs() })).toEqual(first);
  });

  test.each([
    ["runs another image", { image: "evil" }, {}],
    ["says that it is another attempt's", {}, { name: "films-1-raw-a2" }],
  ])("under a name of a Job that has a copied seal and %s is a refusal", async (_, container, meta) => {
    const { job } = (await act(create, facts, () => spec, parts)) as { job: Job };
    const stored = api.storage.get("Job", job.metadata) as unknown as JobManifest;
    await api.admin.delete("Job", job.metadata, { propagation: "Background" });
    const podSpec = stored.spec.template.spec;
    const containers = [{ ...podSpec.containers[0], ...container }];
    const { name, labels, annotations, ownerReferences } = stored.metadata;
    await api.admin.create("Job", "demo", {
      metadata: { name, labels, annotations, ownerReferences, ...meta },
      spec: { ...stored.spec, template: { ...stored.spec.template, spec: { ...podSpec, containers } } },
    });
    const attempt = "name" in meta ? 2 : 1;
    const again = { ...parts, known: knownJobs() };
    expect(await act({ ...create, attempt }, facts, () => spec, again)).toMatchObject({
      refusal: { reason: "NameConflict" },
    });
  });

  test("under a name of another installation's Job is a refusal: its key is another one", async () => {
    await act(create, facts, () => spec, parts);
    const owner = { namespace: "demo", owner: facts.run.meta.uid };
    const other = { ...parts, known: new KnownJobs(owner, new Seal(Buffer.alloc(32, "other"))) };
    expect(await act(create, facts, () => spec, other)).toMatchObject({ refusal: { reason: "NameConflict" } });
  });

  test.each([
    ["a quota, which may free up", 403, "Forbidden", false],
    ["an invalid Job, which stays so", 422, "Invalid", true],
    ["a malformed one", 400, "BadRequest", true],
  ])("refused for %s is a refusal", async (_, status, reason, final) => {
    refuseCreation(apiError(status, reason));
    expect(await act(create, facts, () => spec, parts)).toEqual({
      action: create,
      refusal: { reason: "JobRefused", message: expect.stringContaining(`${status} ${reason}`), final },
    });
    expect(jobs()).toEqual([]);
  });

  test.each([
    [0, "NoAnswer"],
    [404, "NotFound"],
    [409, "Conflict"],
    [429, "TooManyRequests"],
    [500, "InternalError"],
    [503, "ServiceUnavailable"],
  ])("that fails with %i %s is a refusal that may pass: a webhook that is down answers so", async (status, reason) => {
    refuseCreation(apiError(status, reason));
    expect(await act(create, facts, () => spec, parts)).toMatchObject({
      refusal: { reason: "JobRefused", message: expect.stringContaining(reason), final: false },
    });
  });

  test("refused by a quota that is used up waits for room", async () => {
    const words =
      'jobs.batch "x" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=2, limited: count/jobs.batch=2';
    refuseCreation(new ApiError(words, { status: 403, reason: "Forbidden", verb: "create", resource: "jobs" }));
    expect(await act(create, facts, () => spec, parts)).toMatchObject({
      refusal: { reason: "QuotaExceeded", final: false },
    });
  });

  test("by a process that does not lead any more is its own fault, not the Job's", async () => {
    const late = { ...parts, kube: api.client({ name: "late", mayWrite: () => false }) };
    await expect(act(create, facts, () => spec, late)).rejects.toMatchObject({ reason: "NotLeading" });
    expect(jobs()).toEqual([]);
  });

  test("without the right to do so is a fault of the installation, not the Job's", async () => {
    const poor = { ...parts, kube: api.client({ name: "poor", access: [] }) };
    await expect(act(create, facts, () => spec, poor)).rejects.toMatchObject({ reason: "NotGranted" });
  });
});

describe("deleting a Job", () => {
  const remove = async () => {
    const { metadata } = await put(api.admin, facts);
    return {
      do: "deleteJob",
      node: "raw",
      name: metadata.name,
      uid: metadata.uid,
      why: "the run has finished",
    } as const;
  };

  test("takes its pods along before it goes itself", async () => {
    const action = await remove();
    const owner = { apiVersion: "batch/v1", kind: "Job", name: action.name, uid: action.uid, controller: true };
    await api.admin.create("Pod", "demo", {
      metadata: { name: "pod", ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
    });
    expect(await act(action, facts, () => spec, parts)).toEqual({ action });
    expect(api.storage.get("Job", { namespace: "demo", name: action.name }).metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      finalizers: ["foregroundDeletion"],
    });
  });

  test("that is gone already is done", async () => {
    const action = await remove();
    await api.admin.delete("Job", { namespace: "demo", name: action.name }, { propagation: "Background" });
    expect(await act(action, facts, () => spec, parts)).toEqual({ action });
  });

  test("leaves another Job of the same name alone", async () => {
    const action = { ...(await remove()), uid: "of-the-job-before" };
    expect(await act(action, facts, () => spec, parts)).toEqual({ action });
    expect(api.storage.get("Job", { namespace: "demo", name: action.name }).metadata.deletionTimestamp).toBeUndefined();
  });

  test("that the server cannot do now is tried again", async () => {
    const action = await remove();
    api.faults.before = (call) => (call.verb === "delete" ? apiError(503, "ServiceUnavailable") : undefined);
    await expect(act(action, facts, () => spec, parts)).rejects.toMatchObject({ status: 503 });
  });
});

/** Somebody puts the Job of a run's first attempt into the cluster. */
function put(kube: Kube, { run }: Facts) {
  const attempt = { run: run.meta, pipeline: "films", spec, node: "raw", attempt: 1 };
  return kube.create(
    "Job",
    "demo",
    jobOf({ ...attempt, run: { ...run.meta, name: "films-1" } }, taskPods) as unknown as NewObject,
  );
}
