import { describe, expect, test } from "vitest";
import { jobFacts } from "../../../operator/controllers/job-facts.ts";
import { podFacts } from "../../../operator/controllers/pod-facts.ts";
import type { ContainerState, Job, JobCondition, Pod } from "../../../operator/kube/kinds.ts";
import { aMeta, T0 } from "../../support/make.ts";

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
      created: T0,
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
    const verdict = { succeeded, reason: `${type}Reason`, message: "said", at: T0 + 5000 };
    expect(verdictOf(condition(type))).toEqual(verdict);
  });

  test("the interim condition is the verdict's time, the final one adds nothing", () => {
    const [interim, final] = [condition("FailureTarget"), condition("Failed", { lastTransitionTime: at(9000) })];
    expect(verdictOf(interim, final)?.at).toBe(T0 + 5000);
  });

  test("a condition that does not hold, or of another type, is none", () => {
    expect(verdictOf(condition("Failed", { status: "False" }), condition("Suspended"))).toBeUndefined();
  });

  test("a condition without a reason is known by its type, one without a time by the Job's", () => {
    expect(verdictOf({ type: "Failed", status: "True" })).toEqual({
      succeeded: false,
      reason: "Failed",
      message: "",
      at: T0,
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
    expect(held("False")).toMatchObject({ suspended: false, resumed: T0 + 5000 });
  });

  test.each([
    [undefined, []],
    ["", []],
    ["3", [3]],
    ["0,2-4,6", [0, 2, 3, 4, 6]],
    ["x,1-", []],
  ] as const)("of an Indexed Job tell its parts: %s", (completedIndexes, succeeded) => {
    const status = { ...(completedIndexes === undefined ? {} : { completedIndexes }), failedIndexes: "1" };
    const spec = { completionMode: "Indexed", completions: 8 };
    expect(jobFacts(aJobObject(status, { spec })).parts).toEqual({ of: 8, succeeded, failed: [1] });
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
    expect(podFacts(aPodObject(undefined))).toEqual({ name: "pod", created: T0, failed: false, disrupted: false });
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
    const told = { reason: "Evicted", message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi". ' };
    const failure = { reason: "Evicted", message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi".' };
    expect(podFacts(aPodObject({ phase: "Failed", ...told })).failure).toEqual(failure);
    expect(podFacts(aPodObject({ phase: "Failed" }))).not.toHaveProperty("failure");
    expect(podFacts(aPodObject({ phase: "Running", ...told }))).not.toHaveProperty("failure");
  });

  test("a Pod that was deleted says when it is to be gone", () => {
    const metadata = aMeta({ name: "pod", deletionTimestamp: at(30_000) });
    expect(podFacts({ metadata }).goneBy).toBe(T0 + 30_000);
  });

  test("a running container runs since its start", () => {
    expect(withState({ running: { startedAt: at(700) } }).runningSince).toBe(T0 + 700);
    expect(withState({ running: {} }).runningSince).toBe(T0);
  });

  test("an ended container leaves exit code, reason, message and time", () => {
    const terminated = { exitCode: 137, reason: "OOMKilled", message: "m", finishedAt: at(900) };
    expect(withState({ terminated }).terminated).toEqual({
      exitCode: 137,
      reason: "OOMKilled",
      message: "m",
      at: T0 + 900,
    });
    expect(withState({ terminated: { exitCode: 0 } }).terminated).toEqual({
      exitCode: 0,
      reason: "",
      message: "",
      at: T0,
    });
  });

  test("another container than the task's says nothing", () => {
    const facts = withState({ terminated: { exitCode: 0 }, waiting: { reason: "ErrImagePull" } }, "istio-proxy");
    expect(facts).toEqual({ name: "pod", created: T0, failed: false, disrupted: false });
  });

  test("a disruption and a failed phase are told apart", () => {
    const disruption = { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" };
    expect(podFacts(aPodObject({ phase: "Failed" }))).toMatchObject({ failed: true, disrupted: false });
    expect(podFacts(aPodObject({ phase: "Running", conditions: [disruption] }))).toMatchObject({
      failed: false,
      disrupted: true,
    });
    expect(podFacts(aPodObject({ conditions: [{ ...disruption, status: "False" }] })).disrupted).toBe(false);
  });
});

test.each(["", "yesterday", undefined])(
  "a time that is none (%j) never becomes one that cannot be counted with",
  (time) => {
    const { creationTimestamp: _, ...rest } = aMeta();
    const metadata = time === undefined ? rest : { ...rest, creationTimestamp: time };
    const terminated = { exitCode: 0, ...(time === undefined ? {} : { finishedAt: time }) };
    const pod = podFacts({ metadata, status: { containerStatuses: [{ name: "task", state: { terminated } }] } });
    expect([pod.created, pod.terminated?.at, jobFacts({ metadata }).created]).toEqual([0, 0, 0]);
  },
);
