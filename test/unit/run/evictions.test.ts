import { describe, expect, test } from "vitest";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts, JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import { anAttempt, anEndedPod, aPipeline, aPod, someFacts, T0 } from "../../support/manifests/make.ts";

const spec = aPipeline({ a: [] }, {}, { retries: { limit: 0 } });
const COMPLETE = { verdict: { succeeded: true, reason: "CompletionsReached", message: "", at: T0 + 2000 } };
const NOW = T0 + 3000;

function facts(
  pods: readonly PodFacts[],
  { job = {}, attempt = 1, a }: { job?: Partial<JobFacts>; attempt?: number; a?: NodeStatus } = {},
): Facts {
  const attempts = new Map([["a", [anAttempt("a", attempt, pods, job)]]]);
  return someFacts(spec, { attempts, now: NOW, ...(a === undefined ? {} : { status: { nodes: { a } } }) });
}
const nodeOf = (of: Facts) => decide(of).verdict?.nodes.a;

describe("a pod that is evicted and exits with 0", () => {
  const evicted = anEndedPod(0, "", { disrupted: true, goneBy: T0 + 30_000 });

  test.each([
    ["before its Job is judged", {}],
    ["after its Job is complete", COMPLETE],
  ])("is repeated though no retry is left, %s", (_, job) => {
    expect(nodeOf(facts([evicted], { job }))).toMatchObject({
      state: "Retrying",
      reason: "PodStopped",
      attempt: 1,
      evictions: 1,
    });
  });

  test("does not count when the next attempt fails by itself, and may be evicted again", () => {
    const a: NodeStatus = { state: "Running", attempt: 2, evictions: 1 };
    const failed = { verdict: { succeeded: false, reason: "BackoffLimitExceeded", message: "", at: T0 + 2000 } };
    expect(nodeOf(facts([anEndedPod(1)], { attempt: 2, a, job: failed }))).toMatchObject({
      state: "Failed",
      evictions: 1,
    });
    expect(nodeOf(facts([evicted], { attempt: 2, a }))).toMatchObject({ state: "Retrying", evictions: 2 });
  });

  test("keeps its number while the next attempt begins", () => {
    const a: NodeStatus = { state: "Retrying", attempt: 1, evictions: 1, retryAt: new Date(T0).toISOString() };
    const ended = facts([evicted], { a, job: COMPLETE });
    expect(decide(ended)).toMatchObject({
      verdict: { nodes: { a: { state: "Starting", attempt: 2, evictions: 1 } } },
      actions: [{ do: "createJob", attempt: 2 }],
    });
  });

  test("is followed by no attempt before its Job is judged or gone: its phase may yet turn, and another pod come", () => {
    const a: NodeStatus = { state: "Retrying", attempt: 1, evictions: 1, retryAt: new Date(T0).toISOString() };
    expect(decide(facts([evicted], { a })).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    expect(decide(facts([evicted], { a, job: { deleting: true } })).actions).toEqual([]);
  });
});

describe("a pod that is being evicted", () => {
  const going = aPod({ runningSince: T0, disrupted: true, goneBy: T0 + 30_000 });
  const said: NodeStatus = { state: "Running", attempt: 1, reason: "PodEvicted", message: "pod is being evicted" };

  test("says so at once", () => {
    const decision = decide(facts([going]));
    expect(decision).toMatchObject({
      verdict: { nodes: { a: { state: "Running", reason: "PodEvicted" } } },
      storeFirst: true,
    });
    expect(decide(facts([going], { a: said })).storeFirst).toBeUndefined();
  });

  test("is remembered when it is gone before anybody saw its end", () => {
    const gone = decide(facts([], { a: said })).verdict?.nodes.a;
    expect(gone).toMatchObject({ state: "Starting", reason: "PodEvicted" });
    expect(nodeOf(facts([], { a: gone ?? said, job: COMPLETE }))).toMatchObject({
      state: "Retrying",
      reason: "PodStopped",
      evictions: 1,
      message: expect.stringContaining("was evicted while it worked"),
    });
  });

  test("of another attempt says nothing of this one", () => {
    expect(nodeOf(facts([], { a: said, attempt: 2, job: COMPLETE }))).toMatchObject({
      state: "Failed",
      reason: "InvalidResult",
    });
  });
});

test("an eviction for more storage than the pod's own limit counts", () => {
  const failure = { reason: "Evicted", message: "Pod ephemeral local storage usage exceeds the total limit" };
  const failed = { verdict: { succeeded: false, reason: "BackoffLimitExceeded", message: "", at: T0 + 2000 } };
  const node = nodeOf(facts([anEndedPod(137, "", { failure })], { job: failed }));
  expect(node).toMatchObject({ state: "Failed", reason: "PodFailed" });
  expect(node).not.toHaveProperty("evictions");
});
