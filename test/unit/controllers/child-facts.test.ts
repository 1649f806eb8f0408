import { describe, expect, test } from "vitest";
import { jobFacts as factsOfJob } from "../../../operator/controllers/jobs/job-facts.ts";
import { podFacts as factsOfPod } from "../../../operator/controllers/jobs/pod-facts.ts";
import { Sightings, seenOf } from "../../../operator/controllers/jobs/sightings.ts";
import type { ContainerState, Job, JobCondition, Pod } from "../../../operator/kinds/objects.ts";
import { aMeta, T0 } from "../../support/manifests/make.ts";

/** The operator's clock is an hour ahead of every other one. */
const NOW = T0 + 3_600_000;
const jobFacts = (job: Job) => factsOfJob(job, () => NOW);
const podFacts = (pod: Pod, job: Job = aJobObject(undefined)) => factsOfPod(pod, job, () => NOW);
const at = (ms: number) => new Date(T0 + ms).toISOString();
const aJobObject = (status: Job["status"], more: object = {}): Job => ({
  metadata: aMeta({ name: "films-1-raw-a1", uid: "job-uid" }),
  ...(status === undefined ? {} : { status }),
  ...more,
});
const condition = (type: string, more: Partial<JobCondition> = {}): JobCondition => ({
  type,
  status: "True",
  reason: `${type}Reason`,
  message: "said",
  lastTransitionTime: at(5000),
  ...more,
});
const verdictOf = (...conditions: JobCondition[]) => jobFacts(aJobObject({ conditions })).verdict;

describe("a Job's facts", () => {
  test("without a status are its name, its age and no verdict", () => {
    expect(jobFacts(aJobObject(undefined))).toEqual({
      name: "films-1-raw-a1",
      uid: "job-uid",
      created: NOW,
      suspended: false,
      deleting: false,
    });
  });

  test.each([
    ["FailureTarget", false],
    ["Failed", false],
    ["SuccessCriteriaMet", true],
    ["Complete", true],
  ])("%s is a verdict", (type, succeeded) => {
    const verdict = { succeeded, reason: `${type}Reason`, message: "said", at: NOW };
    expect(verdictOf(condition(type))).toEqual(verdict);
  });

  test("the interim condition is the verdict, the final one adds nothing", () => {
    const [interim, final] = [condition("FailureTarget"), condition("Failed", { lastTransitionTime: at(9000) })];
    expect(verdictOf(interim, final)?.reason).toBe("FailureTargetReason");
  });

  test("a condition that does not hold, or of another type, is not found", () => {
    expect(verdictOf(condition("Failed", { status: "False" }), condition("Suspended"))).toBeUndefined();
  });

  test("a condition without a reason is known by its type", () => {
    expect(verdictOf({ type: "Failed", status: "True" })).toEqual({
      succeeded: false,
      reason: "Failed",
      message: "",
      at: NOW,
    });
  });

  test("tell that it is held back, and that it is being deleted", () => {
    expect(jobFacts(aJobObject(undefined, { spec: { suspend: true } })).suspended).toBe(true);
    const metadata = aMeta({ deletionTimestamp: at(1) });
    expect(jobFacts({ metadata }).deleting).toBe(true);
  });

  test("tell that it is held back until the Job controller has let it go, and when that was", () => {
    const held = (status: string) => jobFacts(aJobObject({ conditions: [condition("Suspended", { status })] }));
    expect(held("True")).toMatchObject({ suspended: true });
    expect(held("True")).not.toHaveProperty("resumed");
    expect(held("False")).toMatchObject({ suspended: false, resumed: NOW });
  });

  test.each([
    [undefined, []],
    ["", []],
    ["3", [3]],
    ["0,2-4,6", [0, 2, 3, 4, 6]],
    ["x,1-", []],
  ] as const)("of an Indexed Job tell its parts: %s", (completedIndexes, succeeded) => {
    const status = { ...(completedIndexes === undefined ? {} : { completedIndexes }), failedIndexes: "1" };
    const spec = { completionMode: "Indexed", completions: 8, parallelism: 2 };
    expect(jobFacts(aJobObject(status, { spec })).parts).toEqual({ of: 8, parallel: 2, succeeded, failed: [1] });
  });
});

const aPodObject = (status: Pod["status"]): Pod => ({
  metadata: aMeta({ name: "pod" }),
  ...(status === undefined ? {} : { status }),
});
const withState = (state: ContainerState, name = "task") =>
  podFacts(aPodObject({ containerStatuses: [{ name, state }] }));

describe("a Pod's facts", () => {
  test("tell which part of an Indexed Job it is", () => {
    const labels = { "batch.kubernetes.io/job-completion-index": "3" };
    expect(podFacts({ metadata: aMeta({ name: "pod", labels }) }).part).toBe(3);
  });

  test("without a status are its name and its age", () => {
    expect(podFacts(aPodObject(undefined))).toEqual({
      ...{ name: "pod", uid: expect.any(String), created: NOW, failed: false, disrupted: false },
    });
  });

  test.each(["ContainerCreating", "PodInitializing"])("%s is no reason to wait", (reason) => {
    expect(withState({ waiting: { reason } })).not.toHaveProperty("waiting");
  });

  test("a container that waits for another reason says so, also without a message", () => {
    expect(withState({ waiting: { reason: "ErrImagePull", message: "no such image" } }).waiting).toEqual({
      reason: "ErrImagePull",
      message: "no such image",
    });
    expect(withState({ waiting: { reason: "CreateContainerError" } }).waiting).toEqual({
      reason: "CreateContainerError",
      message: "",
    });
  });

  test("a Pod that no node takes says why; one that was scheduled does not", () => {
    const scheduled = (status: string) =>
      podFacts(
        aPodObject({
          conditions: [{ type: "PodScheduled", status, reason: "Unschedulable", message: "0/1 nodes are available" }],
        }),
      );
    expect(scheduled("False").waiting).toEqual({ reason: "Unschedulable", message: "0/1 nodes are available" });
    expect(scheduled("True")).not.toHaveProperty("waiting");
  });

  test("a Pod that its node gave up says why, once it has failed", () => {
    const said = { reason: "Evicted", message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi". ' };
    const failure = { reason: "Evicted", message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi".' };
    expect(podFacts(aPodObject({ phase: "Failed", ...said })).failure).toEqual(failure);
    expect(podFacts(aPodObject({ phase: "Failed" }))).not.toHaveProperty("failure");
    expect(podFacts(aPodObject({ phase: "Running", ...said }))).not.toHaveProperty("failure");
  });

  test("a Pod that was deleted says when it is to be gone", () => {
    const metadata = aMeta({ name: "pod", deletionTimestamp: at(30_000), deletionGracePeriodSeconds: 30 });
    expect(podFacts({ metadata }).goneBy).toBe(NOW + 30_000);
  });

  test("a running container runs since it was first seen to", () => {
    expect(withState({ running: { startedAt: at(700) } }).runningSince).toBe(NOW);
    expect(withState({ running: {} }).runningSince).toBe(NOW);
  });

  test("an ended container leaves exit code, reason and message", () => {
    const terminated = { exitCode: 137, reason: "OOMKilled", message: "m", finishedAt: at(900) };
    expect(withState({ terminated }).terminated).toEqual({
      exitCode: 137,
      reason: "OOMKilled",
      message: "m",
      at: NOW,
    });
    expect(withState({ terminated: { exitCode: 0 } }).terminated).toEqual({
      exitCode: 0,
      reason: "",
      message: "",
      at: NOW,
    });
  });

  test("another container than the task's says nothing", () => {
    const facts = withState({ terminated: { exitCode: 0 }, waiting: { reason: "ErrImagePull" } }, "istio-proxy");
    expect(facts).toEqual({
      ...{ name: "pod", uid: expect.any(String), created: NOW, failed: false, disrupted: false },
    });
  });

  test("a disruption and a failed phase are distinguished", () => {
    const disruption = { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" };
    expect(podFacts(aPodObject({ phase: "Failed" }))).toMatchObject({ failed: true, disrupted: false });
    expect(podFacts(aPodObject({ phase: "Running", conditions: [disruption] }))).toMatchObject({
      failed: false,
      disrupted: true,
    });
    expect(podFacts(aPodObject({ conditions: [{ ...disruption, status: "False" }] })).disrupted).toBe(false);
  });
});

describe("the end of a task's container", () => {
  const task = (finishedAt = at(900)) => ({ name: "task", state: { terminated: { exitCode: 0, finishedAt } } });
  const proxy = (state: ContainerState) => ({ name: "istio-proxy", state });
  const taken = { type: "PodReadyToStartContainers", status: "False" };

  test("beside one that lives on names it, until the pod has ended", () => {
    const statuses = [task(), proxy({ running: {} }), { name: "agent", state: { waiting: {} } }];
    const containerStatuses = [...statuses, { name: "done", state: { terminated: { exitCode: 1 } } }];
    expect(podFacts(aPodObject({ containerStatuses })).lingering).toEqual(["istio-proxy", "agent"]);
    expect(podFacts(aPodObject({ phase: "Failed", containerStatuses }))).not.toHaveProperty("lingering");
  });

  test("beside a restartable init container names it apart: the kubelet ends that one", () => {
    const done = { name: "prepare", state: { terminated: { exitCode: 0 } } };
    const status = { containerStatuses: [task()], initContainerStatuses: [done, proxy({ running: {} })] };
    expect(podFacts(aPodObject(status)).sidecars).toEqual(["istio-proxy"]);
    expect(podFacts(aPodObject(status))).not.toHaveProperty("lingering");
    expect(podFacts(aPodObject({ ...status, phase: "Failed" }))).not.toHaveProperty("sidecars");
  });

  test("is unsettled while its pod was taken down and has no phase of an end: it may have been evicted", () => {
    const unsettled = (phase: string, conditions = [taken]) =>
      podFacts(aPodObject({ phase, conditions, containerStatuses: [task()] })).unsettled;
    expect(unsettled("Running")).toBe(true);
    expect(unsettled("Succeeded")).toBeUndefined();
    expect(unsettled("Running", [{ ...taken, status: "True" }])).toBeUndefined();
  });

  test("at or after the Job's deadline is overdue, by other clocks than the operator's", () => {
    const job = aJobObject({ startTime: at(0) }, { spec: { activeDeadlineSeconds: 8 } });
    const overdue = (finishedAt: string) =>
      podFacts(aPodObject({ containerStatuses: [task(finishedAt)] }), job).terminated?.overdue;
    expect([at(7_000), at(8_000), at(9_000), "yesterday"].map(overdue)).toEqual([undefined, true, true, undefined]);
  });
});

test("what an object says counts from when it was first seen, each thing of each object for itself", () => {
  const sightings = new Sightings();
  const seen = (uid: string, what: string, now: number) => seenOf(sightings, { uid }, now)(what);
  expect([seen("a", "ended", 1), seen("a", "ended", 5), seen("b", "ended", 6), seen("a", "deleted", 7)]).toEqual([
    1, 1, 6, 7,
  ]);
});
