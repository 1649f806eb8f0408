import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { TaskResult } from "#api/task.ts";
import { ordersOf } from "../../../operator/run/ahead/orders.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { AttemptFacts, Facts, JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import { timeText } from "../../../operator/run/time.ts";
import { anAttempt, anEndedPod, aPod, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const node = { test: { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] } };
const connections = { warehouse: { postgres: {} } };
const chain = (more: object = {}) =>
  PipelineSpec.parse({
    connections,
    nodes: { a: node, b: { ...node, needs: ["a"] }, c: { ...node, needs: ["b"] } },
    ...more,
  });

const NOW = T0 + 2_000;
const RUNNING: NodeStatus = { state: "Running", attempt: 1, started: timeText(T0), jobUid: "uid-of-films-1-a-a1" };
const SUCCEEDED: NodeStatus = { ...RUNNING, state: "Succeeded", finished: timeText(T0 + 1_000) };
const PENDING: NodeStatus = { state: "Pending" };
const HELD: NodeStatus = {
  ...{ state: "Pending", attempt: 1, job: "films-1-b-a1", jobUid: "uid-of-films-1-b-a1", reason: "StartingAhead" },
};
const running = (more: Partial<PodFacts> = {}) => aPod({ runningSince: T0, ...more });
const works = (name = "a", pod = running()): [string, AttemptFacts[]] => [name, [anAttempt(name, 1, [pod])]];
const held = (pods: readonly PodFacts[] = [running({ uid: "pod-of-b" })], job: Partial<JobFacts> = {}) =>
  ["b", [anAttempt("b", 1, pods, { startsHeld: true, ...job })]] as [string, AttemptFacts[]];
const ahead = (room = 20, spent: readonly string[] = []) => ({ ahead: { room, spent: new Set(spent) } });

interface Given extends Partial<Facts> {
  readonly spec?: PipelineSpec;
  readonly nodes?: PipelineRunStatus["nodes"];
  readonly of?: readonly [string, AttemptFacts[]][];
}

const facts = ({ spec = chain(), nodes = {}, of = [works()], ...more }: Given = {}) =>
  someFacts(spec, {
    status: { nodes: { a: RUNNING, b: PENDING, c: PENDING, ...nodes } },
    attempts: new Map(of),
    now: NOW,
    ...ahead(),
    ...more,
  });
const actions = (given: Given = {}) => decide(facts(given)).actions;
const holdOf = (name: string) => ({ do: "createJob", node: name, attempt: 1, hold: true });

describe("a node is started ahead", () => {
  test("while the node that it needs runs; its own successors are not", () => {
    const decision = decide(facts());
    expect(decision.actions).toEqual([holdOf("b")]);
    expect(decision.verdict?.nodes.b).toMatchObject({ state: "Pending", reason: "StartingAhead", attempt: 1 });
  });

  const container = { container: { command: ["/bin/true"] } };
  const load = {
    from: { connection: "lake", files: { films: "films/" } },
    to: { connection: "warehouse", schema: "raw" },
  };
  const lake = { ...connections, lake: { s3: { bucket: "lake", region: "eu-central-1" } } };
  const withB = (b: object, more: object = {}) =>
    PipelineSpec.parse({ connections: lake, nodes: { a: node, b: { ...b, needs: ["a"] } }, ...more });

  test.each<readonly [string, Given]>([
    ["nobody of its namespace has been heard", { ahead: undefined as never }],
    ["spec.startAhead is 0", { spec: chain({ startAhead: 0 }) }],
    ["it runs a container", { spec: withB(container) }],
    ["its parts are tried one by one", { spec: withB({ load: { ...load, fanOut: { pods: 2 } } }) }],
    ["its Job was held in vain before", ahead(20, ["b"])],
    ["the operator holds as many as it may", ahead(0)],
    ["the run has no place left", { spec: chain({ parallelism: 1 }) }],
    ["the namespace has no place left", { room: 0 }],
    ["the node that it needs is being started", { of: [works("a", aPod())] }],
    [
      "the node that it needs is tried again",
      {
        nodes: { a: { ...RUNNING, state: "Retrying", retryAt: timeText(T0 + 60_000) } },
        of: [works("a", anEndedPod(75))],
      },
    ],
    ["the node that it needs has much to do", { of: [works("a", running({ itemsLeft: 2 }))] }],
  ])("but not when %s", (_, given) => {
    const { ahead: asked, ...rest } = { ...ahead(), ...given };
    const { ahead: ___, ...base } = facts(rest);
    expect(decide(asked === undefined ? base : { ...base, ahead: asked }).actions).toEqual([]);
  });

  test("but not while another node of the run waits for room", () => {
    const spec = PipelineSpec.parse({ connections, nodes: { a: node, b: { ...node, needs: ["a"] }, d: node } });
    const pod = aPod({ waiting: { reason: "Unschedulable", message: "0/1 nodes are available: 1 Insufficient cpu." } });
    expect(actions({ spec, nodes: { d: { ...RUNNING, state: "Starting" } }, of: [works(), works("d", pod)] })).toEqual(
      [],
    );
  });

  test("while a node that was started ahead itself begins, and its pod is still being started", () => {
    const begun: NodeStatus = { ...HELD, state: "Starting", started: timeText(T0) };
    delete begun.reason;
    const nodes = { a: SUCCEEDED, b: begun };
    expect(actions({ nodes, of: [held([aPod()])] })).toEqual([holdOf("c")]);
    const waiting = aPod({ waiting: { reason: "ErrImagePull", message: "no such image" } });
    expect(actions({ nodes, of: [held([waiting], { created: T0 - 60_000 })] })).toEqual([]);
  });

  test("as many at once as spec.startAhead says", () => {
    const many = (startAhead: number) => {
      const nodes = Object.fromEntries(["b", "c", "d"].map((name) => [name, { ...node, needs: ["a"] }]));
      return PipelineSpec.parse({ connections, nodes: { a: node, ...nodes }, startAhead });
    };
    for (const count of [1, 2, 3]) expect(actions({ spec: many(count) })).toHaveLength(count);
  });

  test("not before nodes that begin in the same pass are stored as begun", () => {
    const nodes = { a: SUCCEEDED, b: HELD };
    expect(actions({ nodes, of: [works("a", anEndedPod(0, aResult("a", 1))), held()] })).toEqual([]);
    const begun: NodeStatus = { ...HELD, state: "Running", started: timeText(T0) };
    expect(actions({ nodes: { a: SUCCEEDED, b: begun }, of: [held()] })).toEqual([holdOf("c")]);
  });
});

describe("a held Job", () => {
  const pushed = { pushed: { result: TaskResult.parse(JSON.parse(aResult("a", 1))), at: NOW } };

  test("waits while the node that it needs works, and says for what", () => {
    const decision = decide(facts({ nodes: { b: HELD }, of: [works(), held()] }));
    expect(decision.actions).toEqual([]);
    expect(decision.verdict?.nodes.b).toMatchObject({ ...HELD, message: "its pod is started and waits for a" });
    expect(decision.wakeAt).toBe(T0 + 60_000);
  });

  test("is no proof of the node that it needs, known by its seal or by the status", () => {
    for (const b of [PENDING, HELD]) {
      const gone = { a: RUNNING, b };
      const decision = decide(facts({ nodes: gone, of: [["a", [{ attempt: 1, pods: [] }]], held()] }));
      expect(decision.verdict?.nodes.a).toMatchObject({ reason: "JobLost" });
    }
  });

  test("begins in the one write that stores the success of what it needs, and is told so after it", () => {
    const given = { nodes: { b: HELD }, of: [works("a", running(pushed)), held()] };
    const before = facts(given);
    const decision = decide(before);
    expect(decision).toMatchObject({ storeFirst: true, actions: [] });
    const nodes = decision.verdict?.nodes ?? {};
    expect(nodes.a).toMatchObject({ state: "Succeeded" });
    expect(nodes.b).toMatchObject({ state: "Running", attempt: 1, attemptStarted: timeText(NOW), jobUid: HELD.jobUid });
    expect(ordersOf(before)).not.toContainEqual(expect.objectContaining({ podUid: "pod-of-b" }));
    const stored = facts({ ...given, nodes });
    expect(ordersOf(stored)).toContainEqual({ podUid: "pod-of-b", order: "go" });
  });

  test("that claims to have succeeded before it began has not", () => {
    const pod = anEndedPod(0, aResult("b", 1), { uid: "pod-of-b" });
    const decision = decide(facts({ nodes: { b: HELD }, of: [works(), held([pod])] }));
    expect(decision.verdict?.nodes).toMatchObject({ b: { state: "Pending" }, c: { state: "Pending" } });
    expect(decision.actions).toMatchObject([{ do: "deleteJob", node: "b", held: true }]);
  });

  const dropped = (given: Given) => expect(actions(given)).toMatchObject([{ do: "deleteJob", node: "b", held: true }]);

  test.each<readonly [string, Given]>([
    ["was held for a minute", { now: T0 + 60_000, of: [works(), held()] }],
    ["was held for a minute when its node is due", { now: T0 + 60_000, nodes: { a: SUCCEEDED }, of: [held()] }],
    [
      "has a pod that finds no room",
      { of: [works(), held([aPod({ waiting: { reason: "Unschedulable", message: "" } })])] },
    ],
    ["has made no pod", { now: T0 + 10_000, of: [works(), held([])] }],
    ["has a pod that has ended", { of: [works(), held([anEndedPod(1)])] }],
    [
      "is of a node that needs one that is tried again",
      {
        nodes: { a: { ...RUNNING, state: "Retrying", retryAt: timeText(T0 + 60_000) } },
        of: [works("a", anEndedPod(75)), held()],
      },
    ],
    [
      "is of a node that needs one that has failed",
      { nodes: { a: { ...RUNNING, state: "Failed" } }, of: [works("a", anEndedPod(64)), held()] },
    ],
  ])("is deleted when it %s", (_, { nodes, ...given }) => {
    dropped({ nodes: { b: HELD, ...nodes }, ...given });
  });

  test("is deleted first when a node of its run has no place", () => {
    const spec = PipelineSpec.parse({
      connections,
      parallelism: 2,
      nodes: { a: node, b: { ...node, needs: ["a"] }, d: node },
    });
    const given = { spec, nodes: { b: HELD, d: PENDING }, of: [works(), held()] };
    expect(decide(facts(given)).verdict?.nodes.d).toMatchObject({ state: "Waiting", reason: "RunParallelism" });
    dropped(given);
  });

  test("holds its node up until it is gone; then the node is skipped, or started when it is due", () => {
    const going = held([], { deleting: true });
    expect(actions({ nodes: { a: SUCCEEDED, b: HELD }, of: [going] })).toEqual([]);
    const failed = { a: { ...RUNNING, state: "Failed" as const }, b: HELD };
    expect(decide(facts({ nodes: failed, of: [going] })).verdict?.nodes.b).toMatchObject({ state: "Pending" });
    const gone: [string, AttemptFacts[]] = ["b", [{ attempt: 1, pods: [] }]];
    expect(decide(facts({ nodes: failed, of: [gone] })).verdict?.nodes.b).toMatchObject({ state: "Skipped" });
    expect(actions({ nodes: { a: SUCCEEDED, b: HELD }, of: [gone], ...ahead(20, ["b"]) })).toEqual([
      { do: "createJob", node: "b", attempt: 1 },
    ]);
  });

  test("counts the time of its attempt, and of its start, from when it began", () => {
    const spec = chain({
      nodes: { a: node, b: { ...node, needs: ["a"], attemptTimeout: "30s", startTimeout: "20s" } },
    });
    const begun: NodeStatus = {
      ...HELD,
      state: "Starting",
      started: timeText(T0 + 50_000),
      attemptStarted: timeText(T0 + 50_000),
    };
    const b = (now: number, pod: PodFacts) =>
      decide(facts({ spec, nodes: { a: SUCCEEDED, b: begun }, of: [held([pod])], now })).verdict?.nodes.b;
    expect(b(T0 + 79_999, running())).toMatchObject({ state: "Running" });
    expect(b(T0 + 80_000, running())).toMatchObject({ state: "Retrying", reason: "AttemptTimedOut" });
    expect(b(T0 + 69_999, aPod())).toMatchObject({ state: "Starting" });
    expect(b(T0 + 70_000, aPod())).toMatchObject({ reason: "StartTimedOut" });
  });

  test("is stopped with its run", () => {
    const of = facts({ nodes: { b: HELD }, of: [works(), held()] });
    const cancelled = { ...of, run: { ...of.run, spec: { pipeline: "films", cancelled: true } } };
    const stop = decide(cancelled);
    expect(stop.verdict?.nodes.b).toMatchObject({ state: "Cancelled" });
    const stored = {
      ...cancelled.run.status,
      nodes: stop.verdict?.nodes ?? {},
      conditions: [{ ...of.run.status.conditions?.[0], reason: "Cancelling" }],
    };
    const next = { ...cancelled, run: { ...cancelled.run, status: stored as PipelineRunStatus } };
    expect(decide(next).actions).toContainEqual(expect.objectContaining({ do: "deleteJob", node: "b" }));
    expect(ordersOf(next)).toContainEqual({ podUid: "pod-of-b", order: "cancel" });
  });
});

test("a task that has pushed its result is told nothing more, and one that does the work again is told that it is done", () => {
  const first = anEndedPod(143, "", { uid: "first", disrupted: true });
  const again = running({ uid: "again" });
  const of = (pods: readonly PodFacts[]) =>
    ordersOf(facts({ nodes: { a: SUCCEEDED }, of: [["a", [anAttempt("a", 1, pods)]]] }));
  const result = TaskResult.parse(JSON.parse(aResult("a", 1)));
  expect(of([running({ pushed: { result, at: NOW } })])).toEqual([]);
  const ofAnother = running({ pushed: { result: { ...result, attempt: 2 }, at: NOW } });
  expect(of([ofAnother])).toEqual([{ podUid: ofAnother.uid, order: "done" }]);
  expect(of([first, again])).toContainEqual({ podUid: "again", order: "done" });
});
