import { describe, expect, test } from "vitest";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { timeText } from "../../../operator/run/time.ts";
import { anAttempt, anEndedPod, aPipeline, someFacts, T0 } from "../../support/manifests/make.ts";

const spec = aPipeline({ a: [], b: ["a"] }, { retries: { limit: 1, backoff: { initial: "20s" } } });
const beside = { lingering: ["istio-proxy"] };
const facts = (a: NodeStatus, exitCode: number, now: number, more: Partial<Facts> = {}): Facts =>
  someFacts(spec, {
    status: { nodes: { a, b: { state: "Pending" } } },
    attempts: new Map([["a", [anAttempt("a", 1, [anEndedPod(exitCode, "", beside)])]]]),
    now,
    ...more,
  });
const deletions = (of: Facts) => decide(of).actions.filter((action) => action.do === "deleteJob");

describe("a Job that only an injected container keeps alive", () => {
  const succeeded: NodeStatus = { state: "Succeeded", attempt: 1, finished: timeText(T0) };

  test("is left for a moment, so that the container may end by itself and the log stays; then it is deleted", () => {
    const soon = decide(facts(succeeded, 0, T0 + 9_999));
    expect(soon.actions.map((action) => action.do)).toEqual(["createJob"]);
    expect(soon.wakeAt).toBe(T0 + 10_000);
    expect(deletions(facts(succeeded, 0, T0 + 10_000))).toMatchObject([{ node: "a", name: "films-1-a-a1" }]);
  });

  test("outlives no run", () => {
    const conditions = [
      { type: "Succeeded", status: "True", reason: "Succeeded", message: "", lastTransitionTime: timeText(T0) },
    ] as const;
    const ended = (now: number) => {
      const of = facts(succeeded, 0, now);
      return { ...of, run: { ...of.run, status: { ...of.run.status, conditions: [...conditions] } } };
    };
    expect(decide(ended(T0 + 5_000))).toEqual({ actions: [], wakeAt: T0 + 10_000 });
    expect(deletions(ended(T0 + 10_000))).toHaveLength(1);
  });

  test("has until the next attempt's time after a failure, and that attempt waits until it is gone", () => {
    const failed = decide(facts({ state: "Starting", attempt: 1 }, 3, T0 + 2_000)).verdict?.nodes.a;
    expect(failed).toMatchObject({ state: "Retrying", reason: "ExitCode" });
    const retryAt = Date.parse(failed?.retryAt ?? "");
    const waiting = decide(facts(failed as NodeStatus, 3, retryAt - 1));
    expect(waiting).toMatchObject({ actions: [], wakeAt: retryAt });
    expect(decide(facts(failed as NodeStatus, 3, retryAt)).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const gone = facts(failed as NodeStatus, 3, retryAt + 1, {
      attempts: new Map([["a", [{ attempt: 1, pods: [] }]]]),
    });
    expect(decide(gone).actions).toEqual([{ do: "createJob", node: "a", attempt: 2 }]);
  });
});

describe("a Job that only a sidecar which ignores SIGTERM keeps alive", () => {
  const proxied = anEndedPod(3, "", { failed: false, sidecars: ["proxy"] });
  const attempts = new Map([["a", [anAttempt("a", 1, [proxied])]]]);
  const at = (a: NodeStatus, now: number) => facts(a, 3, now, { attempts });

  test("is deleted when the next attempt is due, which begins when it is gone", () => {
    const failed = decide(at({ state: "Starting", attempt: 1 }, T0 + 6_000)).verdict?.nodes.a as NodeStatus;
    expect(failed).toMatchObject({ state: "Retrying", reason: "ExitCode" });
    const retryAt = Date.parse(failed.retryAt ?? "");
    expect(retryAt).toBeLessThan(T0 + 30_000);
    expect(decide(at(failed, retryAt - 1))).toMatchObject({ actions: [], wakeAt: retryAt });
    expect(decide(at(failed, retryAt)).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const gone = facts(failed, 3, retryAt + 1, { attempts: new Map([["a", [{ attempt: 1, pods: [proxied] }]]]) });
    expect(decide(gone).actions).toEqual([{ do: "createJob", node: "a", attempt: 2 }]);
  });

  test("stays with its log where there is no other attempt: the kubelet ends it", () => {
    const failed = { state: "Failed", attempt: 1, finished: timeText(T0 + 1_000) } as const;
    expect(deletions(at(failed, T0 + 29_000))).toEqual([]);
    expect(deletions(at({ ...failed, state: "Succeeded" }, T0 + 29_000))).toEqual([]);
  });
});
