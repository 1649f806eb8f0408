import { describe, expect, test } from "vitest";
import { LABEL, PART_LABEL } from "#api/metadata.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { type Children, observeAttempts, type PodCheck } from "../../../operator/controllers/jobs/attempts.ts";
import { KnownJobs } from "../../../operator/controllers/jobs/known-jobs.ts";
import { Seal } from "../../../operator/controllers/jobs/seal.ts";
import { project } from "../../../operator/kinds/kinds.ts";
import type { Job, Pod } from "../../../operator/kinds/objects.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";

const OWNER = { namespace: "demo", owner: "run-uid" };
const seal = new Seal(Buffer.alloc(32, "key"));
const POD = { restartPolicy: "Never", containers: [{ name: "task", image: "kelt/task:1" }] };
const EVIL = { ...POD, containers: [{ name: "task", image: "evil" }] };

interface Made {
  readonly uid?: string;
  readonly namespace?: string;
  readonly sealed?: boolean;
  readonly hold?: true;
  readonly pod?: object;
  readonly spec?: object;
  readonly status?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A Job of node `a`, attempt 1, as the cache holds it. */
function aJob({
  uid = "job-1",
  namespace = "demo",
  sealed = true,
  hold,
  pod = POD,
  spec = {},
  status,
  labels,
}: Made = {}): Job {
  const manifest: NewObject = {
    metadata: { name: "run-a-a1" },
    spec: { ...spec, template: { spec: pod } },
  };
  const { metadata, ...job } = sealed ? seal.put({ ...OWNER, node: "a", attempt: 1, hold }, manifest) : manifest;
  const shownLabels = labels ?? { [LABEL.runUid]: OWNER.owner, [LABEL.node]: "a", [LABEL.attempt]: "1" };
  const meta = { name: "run-a-a1", ...metadata, namespace, uid, resourceVersion: "1", labels: shownLabels };
  return project("Job", { ...job, ...(status === undefined ? {} : { status }), metadata: meta } as unknown as Job);
}

function aPod(
  job: string,
  { spec = POD, namespace = "demo", part }: { spec?: object; namespace?: string; part?: number } = {},
): Pod {
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "run-a-a1", uid: job, controller: true };
  const labels = part === undefined ? {} : { [PART_LABEL]: String(part) };
  const metadata = { name: "pod", namespace, uid: "pod-uid", resourceVersion: "1", ownerReferences: [owner], labels };
  return project("Pod", { metadata, spec: spec as NonNullable<Pod["spec"]> });
}

const recorded = (jobUid?: string): PipelineRunStatus => ({
  nodes: { a: { state: "Running", attempt: 1, ...(jobUid === undefined ? {} : { jobUid }) } },
});

const seenIn = () => () => 0;
/** The run's copy of the spec has a load of four parts. */
const partsOf = () => 4;
const reports = { of: () => undefined };

/** What a process that has just begun makes of it. */
function observe(status: PipelineRunStatus, children: Partial<Children>, podCheck: PodCheck = "fields") {
  const known = new KnownJobs(OWNER, seal);
  const { attempts, foreign } = observeAttempts(
    status,
    { jobs: [], pods: [], ...children },
    { known, podCheck, seenIn, partsOf, reports },
  );
  const list = attempts.get("a") ?? [];
  return {
    jobs: list.map(({ job }) => job?.uid),
    counts: list.at(-1)?.job?.uid,
    pods: list.at(-1)?.pods.length,
    last: list.at(-1),
    foreign: foreign.map(({ why }) => why),
  };
}

describe("a Job counts", () => {
  test("that the status names, whatever has become of its labels, owner and seal", () => {
    const changed = aJob({ sealed: false, labels: { [LABEL.node]: "b", [LABEL.attempt]: "7" } });
    expect(observe(recorded("job-1"), { jobs: [changed] })).toMatchObject({ counts: "job-1", foreign: [] });
  });

  test("that has the operator's seal, where the status names none yet", () => {
    expect(observe({ nodes: {} }, { jobs: [aJob()] })).toMatchObject({ counts: "job-1", foreign: [] });
    expect(observe(recorded(), { jobs: [aJob()] })).toMatchObject({ counts: "job-1", foreign: [] });
  });
});

describe("a Job does not count, and is reported,", () => {
  test.each([
    ["without a seal", aJob({ sealed: false })],
    ["with the seal of a Job that runs something else", { ...aJob(), spec: aJob({ pod: EVIL }).spec } as Job],
    [
      "with the seal of a Job that counts its pods otherwise",
      { ...aJob(), spec: aJob({ spec: { manualSelector: true } }).spec } as Job,
    ],
    [
      "that says to be another node's",
      { ...aJob(), metadata: { ...aJob().metadata, labels: { [LABEL.node]: "b", [LABEL.attempt]: "1" } } },
    ],
    [
      "that says to be another attempt",
      { ...aJob(), metadata: { ...aJob().metadata, labels: { [LABEL.node]: "a", [LABEL.attempt]: "2" } } },
    ],
    ["of another namespace", aJob({ namespace: "elsewhere" })],
  ])("%s", (_, job) => {
    const found = observe({ nodes: {} }, { jobs: [job as Job], pods: [aPod("job-1")] });
    expect(found).toMatchObject({ jobs: [], foreign: [expect.stringContaining("Job run-a-a1 is not counted")] });
  });

  test("of another namespace with the very uid that the status names", () => {
    expect(observe(recorded("job-1"), { jobs: [aJob({ namespace: "elsewhere" })] }).counts).toBeUndefined();
  });
});

test("a true copy that stands in the place of our Job says nothing, and may be stopped", () => {
  const found = observe(recorded("job-1"), { jobs: [aJob({ uid: "copy" })] });
  expect(found).toMatchObject({ jobs: ["copy", undefined], counts: undefined, foreign: [] });
});

test("the first Job that a process knows for an attempt is the one that counts", () => {
  const known = new KnownJobs(OWNER, seal);
  known.add("job-1", { node: "a", attempt: 1 });
  const { attempts } = observeAttempts(
    { nodes: {} },
    { jobs: [aJob({ uid: "copy" }), aJob()], pods: [] },
    { known, podCheck: "fields", seenIn, partsOf, reports },
  );
  expect(attempts.get("a")?.map(({ job }) => job?.uid)).toEqual(["copy", "job-1"]);
});

describe("a pod", () => {
  test("of our Job counts when it runs what the Job says", () => {
    expect(observe(recorded("job-1"), { jobs: [aJob()], pods: [aPod("job-1")] })).toMatchObject({
      pods: 1,
      foreign: [],
    });
  });

  test("that runs something else does not, and the attempt says so", () => {
    const found = observe(recorded("job-1"), { jobs: [aJob()], pods: [aPod("job-1", { spec: EVIL })] });
    expect(found).toMatchObject({
      pods: 0,
      last: {
        foreignPod: {
          why: expect.stringMatching(
            /^pod pod is not counted: its image differs from what Job run-a-a1 says.*podCheck: owner/,
          ),
          at: 0,
        },
      },
    });
    expect(found.foreign).toHaveLength(1);
  });

  test("of another namespace does not", () => {
    const pods = [aPod("job-1", { namespace: "elsewhere" })];
    expect(observe(recorded("job-1"), { jobs: [aJob()], pods })).toMatchObject({ pods: 0 });
  });

  test("counts by its owner alone where the installation says so", () => {
    const pods = [aPod("job-1", { spec: EVIL })];
    expect(observe(recorded("job-1"), { jobs: [aJob()], pods }, "owner")).toMatchObject({ pods: 1, foreign: [] });
  });
});

describe("of a fan-out", () => {
  const indexed = { completionMode: "Indexed", completions: 1, parallelism: 1 };
  const status = recorded("job-1");
  const job = aJob({ spec: indexed, status: { completedIndexes: "0-3" } });

  test("the number of parts is the run's, not the one that a neighbour may set in the Job", () => {
    expect(observe(status, { jobs: [job] }).last?.job?.parts).toMatchObject({
      of: 4,
      succeeded: [0, 1, 2, 3],
      failed: [],
    });
  });

  test("the Job's count of successes is not believed while somebody else's pod is among its own", () => {
    const pods = [aPod("job-1", { spec: EVIL, part: 3 })];
    expect(observe(status, { jobs: [job], pods }).last?.job?.parts).toMatchObject({ of: 4, succeeded: [] });
  });
});

describe("a Job that was made before its node could begin", () => {
  const pending = (jobUid: string): PipelineRunStatus => ({
    nodes: { a: { state: "Pending", attempt: 1, jobUid, reason: "StartingAhead" } },
  });
  const isHeld = (status: PipelineRunStatus, job: Job) => observe(status, { jobs: [job] }).last?.job?.startsHeld;

  test("is known by its seal, and one that begins at once is not taken for it", () => {
    expect(isHeld({ nodes: {} }, aJob({ hold: true }))).toBe(true);
    expect(isHeld(recorded("job-1"), aJob({ hold: true }))).toBe(true);
    expect(isHeld({ nodes: {} }, aJob())).toBeUndefined();
  });

  test("stays one for as long as the status says so, whoever takes its seal away or gives it another Job's", () => {
    for (const job of [aJob({ sealed: false }), aJob()]) expect(isHeld(pending("job-1"), job)).toBe(true);
  });

  test("is foreign without its seal where the status names none", () => {
    expect(observe({ nodes: {} }, { jobs: [aJob({ sealed: false, hold: true })] })).toMatchObject({ jobs: [] });
  });

  test("makes another pod in the place of one that was never told to begin", () => {
    const status = { containerStatuses: [{ name: "task", state: { terminated: { exitCode: 66 } } }], phase: "Failed" };
    const pod = { ...aPod("job-1"), status } as unknown as Pod;
    const disrupted = (job: Job) => observe(pending("job-1"), { jobs: [job], pods: [pod] }).last?.pods[0]?.disrupted;
    expect(disrupted(aJob({ hold: true }))).toBe(true);
    const plain = observe(recorded("job-1"), { jobs: [aJob()], pods: [pod] });
    expect(plain.last?.pods[0]?.disrupted).toBe(false);
  });
});
