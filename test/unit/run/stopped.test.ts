import { describe, expect, test } from "vitest";
import { attemptState } from "../../../operator/run/attempt/attempt.ts";
import type { JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import { aFailedJob, anAttempt, anEndedPod, aPod, aResult, RUN_UID, T0 } from "../../support/manifests/make.ts";

const expected = { run: RUN_UID, node: "raw", attempt: 1, required: false };
const NOW = T0 + 10_000;
const state = (pod: PodFacts, job: Partial<JobFacts> = {}, now = NOW) =>
  attemptState(anAttempt("raw", 1, [pod], job), expected, now);
const exited = (more: Partial<PodFacts>, message = "") => anEndedPod(0, message, { name: "films-1-raw-a1-x", ...more });
const COMPLETE = { verdict: { succeeded: true, reason: "CompletionsReached", message: "", at: T0 + 2000 } };
const overdue = { exitCode: 0, reason: "Completed", message: "", at: T0 + 1000, overdue: true } as const;

describe("exit code 0 of a program without a result", () => {
  test("counts at once where its pod was left alone", () => {
    expect(state(exited({}))).toMatchObject({ state: "succeeded" });
  });

  test.each([
    ["deleted", { goneBy: T0 + 30_000 }, "it was deleted"],
    ["evicted", { disrupted: true }, "it was evicted"],
    [
      "given up by its node",
      { failed: true, failure: { reason: "Evicted", message: "low on memory" } },
      "its node ended it: Evicted",
    ],
  ] as const)("is no success of a pod that was %s, though its Job is complete", (_, more, why) => {
    expect(state(exited(more)).state).not.toBe("succeeded");
    expect(state(exited(more), COMPLETE)).toMatchObject({
      state: "failed",
      retriable: true,
      reason: "PodStopped",
      message: expect.stringContaining(`pod films-1-raw-a1-x was stopped while it worked (${why})`),
    });
  });

  test.each([
    ["deleted at the deadline", exited({ goneBy: T0 + 30_000 })],
    ["that ended at the deadline", exited({ terminated: overdue })],
  ])("is no success of a pod %s: the Job's verdict is waited for", (_, pod) => {
    expect(state(pod)).toEqual({ state: "running" });
    expect(state(pod, aFailedJob("DeadlineExceeded"))).toMatchObject({ state: "failed", reason: "AttemptTimedOut" });
  });

  test("counts by the Job's word where it is complete and the pod was not stopped", () => {
    expect(state(exited({ terminated: overdue }), COMPLETE)).toMatchObject({ state: "succeeded" });
  });

  test("waits for the pod's phase where the kubelet took the pod down before it reported the end", () => {
    expect(state(exited({ unsettled: true }))).toEqual({ state: "running" });
  });

  test("of a pod that an eviction replaces is no end", () => {
    expect(state(exited({ disrupted: true, failed: true }))).toMatchObject({ state: "starting", podless: true });
  });

  test("is the node's success though another container of the pod failed afterwards", () => {
    expect(state(exited({ failed: true }), aFailedJob("BackoffLimitExceeded"))).toMatchObject({ state: "succeeded" });
  });
});

test.each([
  ["deleted", { goneBy: T0 + 30_000 }],
  ["evicted", { disrupted: true }],
  ["ended at the deadline", { terminated: { ...overdue, message: aResult("raw", 1, { rows: 5 }) } }],
] as const)("a valid result of a pod that was %s says that the work is committed", (_, more) => {
  const pod = exited(more, aResult("raw", 1, { rows: 5 }));
  expect(state(pod, aFailedJob("DeadlineExceeded"))).toMatchObject({ state: "succeeded", result: { rows: 5 } });
});

describe("a container beside the task's that lives on", () => {
  const lingering = ["istio-proxy"];

  test.each([
    ["success", 0, { state: "succeeded" }],
    ["an exit code that the task gives no meaning", 3, { state: "failed", reason: "ExitCode", retriable: true }],
    ["a kill", 137, { state: "failed", reason: "ExitCode", retriable: true }],
    ["a failure that it reports", 64, { state: "failed", reason: "ConfigurationError", retriable: false }],
    ["a transient failure without a result", 75, { state: "failed", reason: "ExitCode", retriable: true }],
  ] as const)("leaves the task's end as the attempt's: %s", (_, code, end) => {
    expect(state(anEndedPod(code, "", { lingering }))).toMatchObject(end);
  });

  test("takes the log of the failed task along, which the message does not promise", () => {
    const { message } = state(anEndedPod(3, "", { lingering })) as { message: string };
    expect(message).toContain("its log goes with the pod, which container istio-proxy keeps from ending");
    expect(message).not.toContain("kubectl logs");
  });

  test("leaves a task out of memory as the attempt's failure", () => {
    const terminated = { exitCode: 137, reason: "OOMKilled", message: "", at: T0 + 1000 };
    expect(state(aPod({ terminated, lingering }))).toMatchObject({ state: "failed", reason: "OOMKilled" });
  });

  test("decides nothing in a pod that was deleted: the Job says why", () => {
    expect(state(anEndedPod(143, "", { lingering, goneBy: T0 + 30_000 }))).toEqual({ state: "running" });
  });
});

describe("a restartable init container that ignores SIGTERM", () => {
  const sidecars = ["proxy"];
  const at = (now: number, more: Partial<PodFacts> = {}) =>
    state(anEndedPod(3, "", { failed: false, sidecars, ...more }), {}, now);

  test("leaves the Job five seconds to judge, then the task's end is the attempt's", () => {
    expect(at(T0 + 5_999)).toEqual({ state: "running", settlesAt: T0 + 6_000 });
    const end = at(T0 + 6_000);
    expect(end).toMatchObject({
      state: "failed",
      reason: "ExitCode",
      retriable: true,
      at: T0 + 1_000,
      restsOnAbsence: true,
    });
    expect(end).toMatchObject({
      message: expect.stringMatching(/kubectl logs pod shows .* until the next attempt begins/),
    });
  });

  test("decides nothing in a pod that was deleted: the Job says why", () => {
    expect(at(T0 + 60_000, { goneBy: T0 + 30_000 })).toEqual({ state: "running" });
  });
});
