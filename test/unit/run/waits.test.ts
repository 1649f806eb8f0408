import { describe, expect, test } from "vitest";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts, JobFacts, PodFacts, Refusal } from "../../../operator/run/facts.ts";
import { timeText } from "../../../operator/run/time.ts";
import { anAttempt, anEndedPod, aPipeline, aPod, someFacts, T0 } from "../../support/manifests/make.ts";

const HOUR = 3_600_000;
const spec = aPipeline({ a: [] }, {}, { startTimeout: "1m", capacityTimeout: "2h", retries: { limit: 2 } });
const facts = (pods: readonly PodFacts[], now: number, a?: NodeStatus, job: Partial<JobFacts> = {}): Facts =>
  someFacts(spec, {
    attempts: new Map([["a", [anAttempt("a", 1, pods, job)]]]),
    now,
    ...(a === undefined ? {} : { status: { nodes: { a } } }),
  });
const nodeOf = (of: Facts) => decide(of).verdict?.nodes.a ?? { state: "Pending" };
const waiting = (reason: string, since = T0): NodeStatus => ({
  ...{ state: "Waiting", attempt: 1, started: timeText(T0), attemptStarted: timeText(T0) },
  ...{ reason, message: "", waitingSince: timeText(since) },
});
const FULL = { reason: "Unschedulable", message: "0/1 nodes are available: 1 Insufficient cpu." };

describe("a pod that finds no room", () => {
  const pod = aPod({ waiting: FULL });

  test("waits visibly, without a start failure and without a retry, until capacityTimeout", () => {
    expect(nodeOf(facts([pod], T0))).toMatchObject({
      state: "Waiting",
      attempt: 1,
      ...FULL,
      waitingSince: timeText(T0),
    });
    const long = decide(facts([pod], T0 + HOUR, waiting("Unschedulable")));
    expect(long).toMatchObject({ actions: [], verdict: { nodes: { a: { state: "Waiting" } } }, wakeAt: T0 + 2 * HOUR });
    expect(nodeOf(facts([pod], T0 + 2 * HOUR, waiting("Unschedulable")))).toMatchObject({
      state: "Failed",
      attempt: 1,
      reason: "NoCapacity",
      message: expect.stringMatching(/within 2h .*Insufficient cpu/),
    });
  });

  test("has its whole startTimeout once it has found some", () => {
    const found = decide(facts([aPod()], T0 + HOUR, waiting("Unschedulable")));
    expect(found).toMatchObject({
      verdict: { nodes: { a: { state: "Starting", waitingSince: timeText(T0 + HOUR) } } },
      wakeAt: T0 + HOUR + 10_000,
    });
    const node = found.verdict?.nodes.a as NodeStatus;
    expect(nodeOf(facts([aPod()], T0 + HOUR + 59_999, node)).state).toBe("Starting");
    expect(nodeOf(facts([aPod()], T0 + HOUR + 60_000, node))).toMatchObject({ reason: "StartTimedOut" });
  });

  test("is told from one that no machine would ever take", () => {
    const never = aPod({
      waiting: { reason: "Unschedulable", message: "1 node(s) didn't match Pod's node affinity/selector." },
    });
    expect(nodeOf(facts([never], T0)).state).toBe("Starting");
    expect(nodeOf(facts([never], T0 + 60_000))).toMatchObject({ reason: "StartTimedOut" });
  });

  test("because a queue holds its Job waits for capacityTimeout too", () => {
    const held = (now: number, a?: NodeStatus) => nodeOf(facts([], now, a, { suspended: true }));
    expect(held(T0 + 10_000)).toMatchObject({ state: "Waiting", reason: "JobSuspended" });
    expect(held(T0 + 2 * HOUR, waiting("JobSuspended"))).toMatchObject({ state: "Failed", reason: "NoCapacity" });
  });
});

describe("a Job that can make no pod", () => {
  const said = (reason: string, message: string, now = T0 + 10_000): Facts => ({
    ...facts([], now),
    troubles: new Map([["uid-of-films-1-a-a1", { reason, message }]]),
  });

  test("asks for the Job's Events once it is late, not before", () => {
    expect(decide(facts([], T0 + 9_999))).not.toHaveProperty("puzzles");
    expect(decide(facts([], T0 + 10_000)).puzzles).toEqual([{ kind: "Job", uid: "uid-of-films-1-a-a1" }]);
  });

  test("for a quota that is used up waits for room", () => {
    expect(nodeOf(said("QuotaExceeded", "exceeded quota: two-pods"))).toMatchObject({
      state: "Waiting",
      reason: "QuotaExceeded",
      message: "exceeded quota: two-pods",
    });
  });

  test("for a limit range says so, also when its time is over", () => {
    const words = "maximum memory usage per Container is 256Mi, but limit is 512Mi";
    expect(nodeOf(said("NoPod", words))).toMatchObject({
      state: "Starting",
      reason: "NoPod",
      message: expect.stringContaining(words),
    });
    const late = { ...said("NoPod", words, T0 + 60_000), run: { ...facts([], T0).run } };
    const nodes = { a: { state: "Starting", attempt: 1, podless: timeText(T0), reason: "NoPod" } } as const;
    expect(nodeOf({ ...late, run: { ...late.run, status: { ...late.run.status, nodes } } })).toMatchObject({
      reason: "StartTimedOut",
      message: expect.stringContaining(words),
    });
  });
});

describe("a pod whose container is not made", () => {
  const words = 'MountVolume.SetUp failed for volume "rates" : configmap "fx-rates" not found';
  const starting: NodeStatus = { state: "Starting", attempt: 1, started: timeText(T0), waitingSince: timeText(T0) };
  const asked = (now: number): Facts => ({
    ...facts([aPod()], now, starting),
    troubles: new Map([["uid-of-pod", { reason: "FailedMount", message: words }]]),
  });

  test("makes the operator ask for the pod's Events once it is late, and again while that lasts", () => {
    expect(decide(facts([aPod()], T0 + 9_999))).toMatchObject({ wakeAt: T0 + 10_000 });
    expect(decide(facts([aPod()], T0 + 9_999))).not.toHaveProperty("puzzles");
    const late = decide(facts([aPod()], T0 + 10_000));
    expect(late).toMatchObject({ puzzles: [{ kind: "Pod", uid: "uid-of-pod" }], wakeAt: T0 + 25_000 });
    expect(decide(asked(T0 + 10_000))).toMatchObject({ wakeAt: T0 + 40_000 });
  });

  test("says the kubelet's words with what to do, also when its time is over", () => {
    expect(nodeOf(asked(T0 + 10_000))).toMatchObject({
      state: "Starting",
      reason: "FailedMount",
      message: expect.stringMatching(/configmap "fx-rates" not found\. Create ConfigMap fx-rates /),
    });
    expect(nodeOf(asked(T0 + 60_000))).toMatchObject({
      reason: "StartTimedOut",
      message: expect.stringMatching(/within 1m: FailedMount: .*"fx-rates" not found\. Create ConfigMap fx-rates /),
    });
  });

  test("says nothing more of it once the container runs", () => {
    const running = { ...asked(T0 + 20_000), attempts: facts([aPod({ runningSince: T0 })], T0).attempts };
    expect(nodeOf(running)).toEqual(expect.not.objectContaining({ reason: "FailedMount" }));
  });

  test("because of a Secret of a variable, or a claim that does not exist, says what to do as well", () => {
    const config = aPod({ waiting: { reason: "CreateContainerConfigError", message: 'secret "scoring" not found' } });
    expect(nodeOf(facts([config], T0))).toMatchObject({
      reason: "CreateContainerConfigError",
      message: expect.stringContaining("Create Secret scoring "),
    });
    const unschedulable = 'persistentvolumeclaim "models" not found';
    const claim = aPod({ waiting: { reason: "Unschedulable", message: unschedulable } });
    expect(nodeOf(facts([claim], T0)).message).toContain("Create PersistentVolumeClaim models ");
  });
});

test("a pod that runs something else is waited for until startTimeout, and no other attempt is made then", () => {
  const why = "pod x is not counted: its image differs";
  const attempts = new Map([["a", [{ ...anAttempt("a", 1, []), foreignPod: { why, at: T0 } }]]]);
  const at = (now: number, a: NodeStatus) => nodeOf(someFacts(spec, { status: { nodes: { a } }, attempts, now }));
  const shown = at(T0 + 30_000, { state: "Starting", attempt: 1 });
  expect(shown).toMatchObject({ state: "Starting", reason: "ForeignPod", message: why });
  expect(at(T0 + 90_000, shown)).toMatchObject({ state: "Failed", reason: "StartTimedOut" });
});

describe("a quota that refuses Jobs", () => {
  const refusal: Refusal = {
    ...{ attempt: 1, reason: "QuotaExceeded", final: false, since: T0, at: T0, retryAt: T0 + 2_000 },
    message: "exceeded quota: jobs, requested: count/jobs.batch=1",
  };
  const three = aPipeline({ a: [], b: ["a"], c: ["b"] }, {}, { capacityTimeout: "2h" });
  const ended = (node: string, created: number) => [node, [anAttempt(node, 1, [anEndedPod(0)], { created })]] as const;
  const refused = (now: number, more: Partial<Facts> = {}) =>
    someFacts(three, {
      status: {
        nodes: {
          a: { state: "Succeeded", attempt: 1 },
          b: { state: "Succeeded", attempt: 1 },
          c: { state: "Pending" },
        },
      },
      attempts: new Map([ended("b", T0 + 5), ended("a", T0)]),
      refusals: new Map([["c", refusal]]),
      now,
      ...more,
    });

  test("makes the node wait for room, and the oldest finished Job of the run goes", () => {
    const decision = decide(refused(T0 + 1));
    expect(decision.verdict?.nodes.c).toMatchObject({
      state: "Waiting",
      reason: "QuotaExceeded",
      waitingSince: timeText(T0),
    });
    expect(decision.actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    expect(decide(refused(T0 + 2_000)).actions.map((action) => action.do)).toEqual(["createJob", "deleteJob"]);
  });

  test("takes no second one while the first is going, and none whose verdict is not stored", () => {
    const going = new Map([
      ended("b", T0 + 5),
      ["a", [anAttempt("a", 1, [anEndedPod(0)], { deleting: true })]] as const,
    ]);
    expect(decide(refused(T0 + 1, { attempts: going })).actions).toEqual([]);
    const unsaid = refused(T0 + 1, {});
    const nodes = { a: { state: "Running", attempt: 1 }, b: { state: "Pending" }, c: { state: "Pending" } } as const;
    expect(decide({ ...unsaid, run: { ...unsaid.run, status: { ...unsaid.run.status, nodes } } }).actions).toEqual([]);
  });

  test("takes one of a run that has ended first, and no second one while it is going", () => {
    const old = { node: "z", name: "old-z-a1", uid: "old" };
    expect(decide(refused(T0 + 1, { spare: [old] })).actions).toMatchObject([{ do: "deleteJob", name: "old-z-a1" }]);
    expect(decide(refused(T0 + 1, { spare: [{ ...old, deleting: true }] })).actions).toEqual([]);
  });

  test("fails the node after capacityTimeout, not after startTimeout", () => {
    const last = { refusals: new Map([["c", { ...refusal, at: T0 + 2 * HOUR }]]) };
    expect(decide(refused(T0 + 2 * HOUR, last)).verdict?.nodes.c).toMatchObject({
      state: "Failed",
      reason: "NoCapacity",
    });
  });
});

describe("limits of nodes at work", () => {
  const wide = (parallelism?: number) =>
    aPipeline({ a: [], b: [], c: [], d: [] }, parallelism === undefined ? {} : { parallelism });
  const running = new Map([["a", [anAttempt("a", 1, [aPod({ runningSince: T0 })])]]]);

  test("of the run let in as many as there are places; the others say what they wait for, and no time is set", () => {
    const decision = decide(someFacts(wide(2), { attempts: running }));
    expect(decision.actions).toEqual([{ do: "createJob", node: "b", attempt: 1 }]);
    expect(decision.verdict?.nodes.c).toMatchObject({
      state: "Waiting",
      reason: "RunParallelism",
      message: "spec.parallelism lets 2 nodes of a run work at once",
    });
    expect(decision).not.toHaveProperty("wakeAt");
    expect(decision.verdict?.message).toBe(
      "0 of 4 nodes have finished; 2 wait for room, c: RunParallelism: spec.parallelism lets 2 nodes of a run work at once",
    );
  });

  test("count a Job that lives on after its verdict, and not one that has ended", () => {
    const lingering = new Map([["a", [anAttempt("a", 1, [anEndedPod(0, "", { lingering: ["proxy"] })])]]]);
    const done = { status: { nodes: { a: { state: "Succeeded", attempt: 1, finished: timeText(T0) } } } } as const;
    expect(decide(someFacts(wide(1), { attempts: lingering, ...done })).actions).toEqual([]);
    const ended = new Map([["a", [anAttempt("a", 1, [anEndedPod(0)])]]]);
    expect(decide(someFacts(wide(1), { attempts: ended, ...done })).actions).toMatchObject([
      { do: "createJob", node: "b" },
    ]);
  });

  test("of the namespace let in as many as it has room for, and end by capacityTimeout", () => {
    const none = decide(someFacts(wide(), { room: 1 }));
    expect(none.actions).toHaveLength(1);
    expect(none.verdict?.nodes.b).toMatchObject({ state: "Waiting", reason: "NamespaceLimit" });
    expect(none.wakeAt).toBe(T0 + 12 * HOUR);
  });
});
