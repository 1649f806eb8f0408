import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { EXIT, TaskResult } from "#api/task.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts, PodFacts } from "../../../operator/run/facts.ts";
import { odditiesIn } from "../../../operator/run/oddities.ts";
import { timeText } from "../../../operator/run/time.ts";
import { aJob, anAttempt, anEndedPod, aPod, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const node = { test: { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] } };
const spec = PipelineSpec.parse({
  connections: { warehouse: { postgres: {} } },
  retries: { limit: 1, backoff: { initial: "20s" } },
  nodes: { a: node, b: { ...node, needs: ["a"] }, c: { ...node, needs: ["b"] } },
});
const NOW = T0 + 2_000;
const AT = T0 + 1_500;
const result = (more: object = {}) => TaskResult.parse(JSON.parse(aResult("a", 1, more)));
const pushed = (more: object = {}) => ({ pushed: { result: result(more), at: AT } });
const running = (more: Partial<PodFacts> = {}) => aPod({ runningSince: T0, ...more });
const RUNNING: NodeStatus = { state: "Running", attempt: 1, started: timeText(T0) };
const PENDING: NodeStatus = { state: "Pending" };
const SUCCEEDED: NodeStatus = { ...RUNNING, state: "Succeeded", finished: timeText(AT) };

const facts = (a: NodeStatus, pods: readonly PodFacts[], more: Partial<Facts> & { readonly status?: object } = {}) =>
  someFacts(spec, {
    attempts: new Map([["a", [anAttempt("a", 1, pods)]]]),
    now: NOW,
    ...more,
    status: { nodes: { a, b: PENDING, c: PENDING }, ...more.status } as PipelineRunStatus,
  });

describe("a success that was pushed and whose container runs", () => {
  test("is stored before anything follows from it, and that write waits for nothing", () => {
    const first = decide(facts(RUNNING, [running(pushed({ rows: 5 }))]));
    expect(first).toMatchObject({ storeFirst: true, actions: [] });
    expect(first.verdict?.nodes).toMatchObject({
      a: { state: "Succeeded", finished: timeText(AT), rows: 5 },
      b: { state: "Pending" },
    });
    const second = decide(facts(SUCCEEDED, [running(pushed())]));
    expect(second.actions).toEqual([{ do: "createJob", node: "b", attempt: 1 }]);
    expect(second).not.toHaveProperty("storeFirst");
  });

  test("is stored when it may be, where nothing can begin because of it", () => {
    const alone = PipelineSpec.parse({ ...spec, nodes: { a: node, b: { ...node, needs: ["a", "c"] }, c: node } });
    const decision = decide(
      someFacts(alone, {
        attempts: new Map([
          ["a", [anAttempt("a", 1, [running(pushed())])]],
          ["c", [anAttempt("c", 1, [running()])]],
        ]),
        status: { nodes: { a: RUNNING, b: PENDING, c: RUNNING } },
      }),
    );
    expect(decision.verdict?.nodes.a?.state).toBe("Succeeded");
    expect(decision).not.toHaveProperty("storeFirst");
  });

  test("that the container's end confirms is followed at once, as ever", () => {
    const ended = anEndedPod(0, aResult("a", 1), pushed());
    expect(decide(facts(RUNNING, [ended])).actions).toEqual([{ do: "createJob", node: "b", attempt: 1 }]);
  });

  test("leaves the pod time to exit, and then deletes its Job", () => {
    const later = (now: number) => decide(facts(SUCCEEDED, [running(pushed())], { now }));
    const deletions = (now: number) => later(now).actions.filter((action) => action.do === "deleteJob");
    expect(deletions(AT + 29_999)).toEqual([]);
    expect(later(AT + 29_999).wakeAt).toBe(AT + 30_000);
    expect(deletions(AT + 30_000)).toMatchObject([{ node: "a" }]);
  });

  test("leaves no time to the pod that its Job made in the place of an evicted one", () => {
    const evicted = anEndedPod(143, "", { ...pushed(), disrupted: true });
    for (const pods of [[evicted], [evicted, running()], []])
      expect(decide(facts(SUCCEEDED, pods)).actions).toContainEqual(
        expect.objectContaining({ do: "deleteJob", node: "a" }),
      );
  });

  test("leaves the time also to a pod that came after one that had been held in vain", () => {
    const inVain = anEndedPod(EXIT.notReached, "", { disrupted: true });
    for (const pods of [
      [inVain, running(pushed())],
      [inVain, running()],
    ])
      expect(decide(facts(SUCCEEDED, pods)).actions).not.toContainEqual(expect.objectContaining({ node: "a" }));
  });

  test("that a process before this one has heard leaves the container as much time, and no more", () => {
    const later = (now: number) => decide(facts(SUCCEEDED, [running()], { now }));
    const deletions = (now: number) => later(now).actions.filter((action) => action.do === "deleteJob");
    expect(deletions(AT + 29_999)).toEqual([]);
    expect(later(AT + 29_999).wakeAt).toBe(AT + 30_000);
    expect(deletions(AT + 30_000)).toMatchObject([{ node: "a" }]);
  });

  test("counts against spec.parallelism until its container has ended", () => {
    const narrow = PipelineSpec.parse({ ...spec, parallelism: 1 });
    const of = (pod: PodFacts) =>
      decide(
        someFacts(narrow, {
          attempts: new Map([["a", [anAttempt("a", 1, [pod])]]]),
          status: { nodes: { a: SUCCEEDED, b: PENDING, c: PENDING } },
        }),
      );
    expect(of(running(pushed())).actions).toEqual([]);
    expect(of(running(pushed())).verdict?.nodes.b).toMatchObject({ state: "Waiting", reason: "RunParallelism" });
    expect(of(anEndedPod(0, "", pushed())).actions).toMatchObject([{ do: "createJob", node: "b" }]);
  });

  test("does not turn, whatever its pod ends with", () => {
    const oom = { exitCode: 137, reason: "OOMKilled", message: "", at: NOW };
    const ends = [aPod({ terminated: oom, ...pushed() }), anEndedPod(65, aResult("a", 1, { outcome: "failed" }))];
    for (const pod of ends) expect(decide(facts(SUCCEEDED, [pod])).verdict?.nodes.a).toEqual(SUCCEEDED);
    expect(odditiesIn(facts(SUCCEEDED, [ends[0] as PodFacts]))).toMatchObject([
      { what: "EndedBadlyAfterResult", node: "a", attempt: 1 },
    ]);
  });

  test("counts for no run that is being stopped, and for no node that has failed", () => {
    const cancelling = [
      { type: "Succeeded", status: "Unknown", reason: "Cancelling", message: "", lastTransitionTime: timeText(T0) },
    ];
    const cancelled: NodeStatus = { ...RUNNING, state: "Cancelled", finished: timeText(T0) };
    const of = facts(cancelled, [running(pushed())], { status: { conditions: cancelling } });
    const stopped = decide({ ...of, run: { ...of.run, spec: { pipeline: "films", cancelled: true } } });
    expect(stopped.verdict?.nodes).toMatchObject({ a: { state: "Cancelled" }, b: { state: "Cancelled" } });
    expect(stopped.actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const failed: NodeStatus = { ...RUNNING, state: "Failed", finished: timeText(T0), reason: "TimedOut" };
    expect(decide(facts(failed, [running(pushed())])).verdict?.nodes).toMatchObject({
      a: { state: "Failed" },
      b: { state: "Skipped" },
    });
  });

  test("of an earlier attempt says nothing of the one that runs", () => {
    const second: NodeStatus = { ...RUNNING, attempt: 2 };
    const attempts = new Map([["a", [anAttempt("a", 1, [running(pushed())]), anAttempt("a", 2, [running(pushed())])]]]);
    expect(decide(facts(second, [], { attempts })).verdict?.nodes.a).toMatchObject({ state: "Running", attempt: 2 });
  });
});

describe("a failure that was pushed and whose container runs", () => {
  const error = { kind: "transient", code: "08006", message: "the connection broke" } as const;
  const pod = running(pushed({ outcome: "failed", error }));
  const failed = decide(facts(RUNNING, [pod])).verdict?.nodes.a as NodeStatus;
  const retryAt = Date.parse(failed.retryAt ?? "");

  test("sets state, reason and the back-off by the time at which it came", () => {
    expect(failed).toMatchObject({ state: "Retrying", reason: "TransientError", message: "the connection broke" });
    expect(Math.abs(retryAt - (AT + 20_000))).toBeLessThanOrEqual(2_000);
  });

  test("is followed by the next attempt only when the container has ended, however late that is", () => {
    const at = (now: number, of: readonly PodFacts[]) => decide(facts(failed, of, { now })).actions;
    expect(at(retryAt, [pod])).toEqual([]);
    expect(at(AT + 30_000, [pod])).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const deleting = new Map([["a", [{ attempt: 1, job: aJob("films-1-a-a1", { deleting: true }), pods: [pod] }]]]);
    expect(decide(facts(failed, [], { now: AT + 60_000, attempts: deleting })).actions).toEqual([]);
    const ended = { ...pod, ...anEndedPod(75, aResult("a", 1, { outcome: "failed", error })) };
    expect(at(retryAt, [ended])).toEqual([{ do: "createJob", node: "a", attempt: 2 }]);
  });
});
