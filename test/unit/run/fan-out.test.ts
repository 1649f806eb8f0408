import { describe, expect, test } from "vitest";
import type { TaskResult } from "#api/task.ts";
import { attemptState } from "../../../operator/run/attempt/attempt.ts";
import { haveEnded, partsText } from "../../../operator/run/attempt/fan-out.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import {
  aFailedJob,
  aJob,
  anAttempt,
  anEndedPod,
  aPipeline,
  aPod,
  aResult,
  RUN_UID,
  someFacts,
  T0,
} from "../../support/manifests/make.ts";

const expected = { run: RUN_UID, node: "raw", attempt: 1, required: true };

function someParts(of: number, more: Partial<NonNullable<JobFacts["parts"]>> = {}): Partial<JobFacts> {
  return { parts: { of, parallel: of, succeeded: [], failed: [], ...more } };
}

const state = (pods: readonly PodFacts[], job: Partial<JobFacts> = someParts(3), now = T0 + 10_000) =>
  attemptState(anAttempt("raw", 1, pods, job), expected, now);

/** A pod of a part that has ended. */
function ended(
  part: number,
  exitCode: number,
  result: Partial<TaskResult> | "none" = {},
  more: Partial<PodFacts> = {},
) {
  const outcome = exitCode === 0 ? "succeeded" : "failed";
  const message = result === "none" ? "" : aResult("raw", 1, { part, outcome, ...result });
  return anEndedPod(exitCode, message, { name: `pod-${part}`, part, ...more });
}
const failure = (part: number, exitCode: number, kind: "configuration" | "data" | "transient", message = "why") =>
  ended(part, exitCode, { error: { kind, code: "X", message } });
const PUBLISHED = { message: "1 table, 70 rows", rows: 30, bytes: 300, published: { rows: 69, bytes: 700 } };

describe("an attempt of several parts", () => {
  test("has succeeded when every part has, not before", () => {
    const two = [ended(0, 0, { rows: 10, bytes: 100 }), ended(1, 0, { rows: 30, bytes: 300 })];
    expect(state(two)).toMatchObject({ state: "running", parts: "2/3" });
    expect(state([...two, ended(2, 0, PUBLISHED)])).toEqual({
      state: "succeeded",
      at: T0 + 1000,
      parts: "3/3",
      result: expect.objectContaining({ message: "1 table, 70 rows, by 3 pods", rows: 69, bytes: 700 }),
    });
  });

  test("adds rows and bytes up where no part knows of the whole", () => {
    const results = [0, 1, 2].map((part) => ended(part, 0, { rows: 10 * part, bytes: part }));
    expect(state(results)).toMatchObject({ state: "succeeded", result: { rows: 30, bytes: 3 } });
  });

  test("two pods of one part are one part", () => {
    const twice = [ended(0, 0), ended(0, 0, {}, { name: "again" }), ended(1, 0)];
    expect(state(twice)).toMatchObject({ state: "running", parts: "2/3" });
  });

  test("a part whose pod is gone has succeeded when the Job says so, which is confirmed first", () => {
    const one = [ended(1, 0, PUBLISHED)];
    const known = state(one, someParts(3, { succeeded: [0, 2] }));
    expect(known).toMatchObject({ state: "succeeded", restsOnAbsence: true, parts: "3/3", result: { rows: 69 } });
    expect(state([], someParts(2, { succeeded: [0, 1] }))).toMatchObject({ state: "succeeded", restsOnAbsence: true });
    expect(state(one, someParts(3, { succeeded: [0, 7] }))).toMatchObject({ state: "running", parts: "2/3" });
  });

  test("a result of another part does not count", () => {
    const foreign = ended(1, 0, { part: 2 });
    expect(state([foreign])).toMatchObject({
      state: "failed",
      reason: "InvalidResult",
      retriable: true,
      message: expect.stringMatching(/^part 1: .* part 2$/),
    });
  });

  test.each([
    [64, "configuration", "ConfigurationError"],
    [65, "data", "DataError"],
  ] as const)("exit code %i of one part fails it for good, by name", (code, kind, reason) => {
    const pods = [
      ended(0, 0, { rows: 5 }),
      failure(2, code, kind, "the header is missing"),
      aPod({ part: 1, runningSince: T0 }),
    ];
    expect(state(pods)).toMatchObject({
      state: "failed",
      retriable: false,
      reason,
      message: "part 2: the header is missing",
      parts: "1/3",
    });
  });

  test("a part that failed in passing is tried again by its Job, and the status says why", () => {
    const pods = [ended(0, 0), failure(1, 75, "transient", "connection lost")];
    const setback = { reason: "TransientError", message: "part 1 failed and is tried again: connection lost" };
    expect(state(pods)).toMatchObject({ state: "running", setback });
    expect(state([...pods, ended(1, 0), ended(2, 0)])).toMatchObject({ state: "succeeded", parts: "3/3" });
    expect(state([...pods, ended(1, 0)])).not.toHaveProperty("setback");
  });

  test("a part without a try left fails it for good, with its number, its tries and its last words", () => {
    const pods = [ended(1, 137, "none"), failure(1, 75, "transient", "connection lost"), ended(0, 143, "none")];
    const job = { ...someParts(3, { failed: [1] }), ...aFailedJob("MaxFailedIndexesExceeded") };
    expect(state(pods, job)).toMatchObject({
      state: "failed",
      retriable: false,
      reason: "TransientError",
      message: "part 1 failed 2 times and has no retry left: connection lost",
    });
    const killed = [ended(1, 137, "none", {}), ended(0, 143, "none")];
    expect(state(killed, job)).toHaveProperty(
      "message",
      "part 1 failed once and has no retry left: the task container exited with 137 (killed by signal 9)",
    );
  });

  test("a verdict waits a moment for pods that have not been seen to end", () => {
    const job = { ...someParts(2, { failed: [1] }), ...aFailedJob("MaxFailedIndexesExceeded", T0) };
    const pods = [aPod({ part: 0, runningSince: T0 }), ended(1, 137, "none")];
    expect(state(pods, job, T0 + 1000)).toMatchObject({ state: "running", settlesAt: T0 + 5000 });
    expect(state(pods, job, T0 + 5000)).toMatchObject({ state: "failed", message: expect.stringContaining("part 1") });
  });

  test("a deadline ends all parts and may be followed by another attempt", () => {
    const job = { ...someParts(2), ...aFailedJob("DeadlineExceeded") };
    expect(state([ended(0, 0), ended(1, 143, "none")], job)).toMatchObject({
      state: "failed",
      reason: "AttemptTimedOut",
      retriable: true,
      parts: "1/2",
    });
  });

  test("an evicted pod is no failure of its part", () => {
    const evicted = ended(1, 65, {}, { disrupted: true });
    expect(state([ended(0, 0), evicted])).toEqual({ state: "running", parts: "1/3" });
  });

  test("a pod that is evicted and exits with 0 fails the attempt, which does not count", () => {
    const evicted = ended(1, 0, {}, { disrupted: true });
    const silent = { ...evicted, terminated: { exitCode: 0, reason: "Completed", message: "", at: T0 } };
    expect(state([silent])).toMatchObject({
      state: "failed",
      reason: "PodStopped",
      uncounted: true,
      message: expect.stringMatching(/^part 1: /),
    });
  });

  test("it is starting while no container runs and a pod waits, counted from when there was room for it", () => {
    expect(state([])).toMatchObject({ state: "starting", since: T0, parts: "0/3" });
    const waiting = { reason: "Unschedulable", message: "no room" };
    const late = aPod({ part: 1, waiting });
    expect(state([aPod({ part: 0, runningSince: T0 }), late])).toEqual({ state: "running", parts: "0/3" });
    expect(state([ended(0, 0), late])).toEqual({
      state: "starting",
      since: T0 + 1000,
      held: false,
      waiting: { reason: "Unschedulable", message: "part 1: no room" },
      parts: "1/3",
    });
  });
});

test("a Job of parts has ended with its last part, or with one that makes it fail", () => {
  const attempt = (pods: readonly PodFacts[], job = someParts(2)) =>
    haveEnded({ attempt: 1, job: aJob("j", job), pods });
  expect(attempt([ended(0, 0)])).toBe(false);
  expect(attempt([ended(0, 0), ended(1, 137, "none")])).toBe(false);
  expect(attempt([ended(0, 0), ended(1, 0)])).toBe(true);
  expect(attempt([ended(0, 0)], someParts(2, { succeeded: [1] }))).toBe(true);
  expect(attempt([ended(0, 64, "none")])).toBe(true);
  expect(attempt([ended(0, 64, "none", { disrupted: true })])).toBe(false);
});

test("a run says how far its parts are, keeps one attempt, and does not delete what ends by itself", () => {
  const load = {
    from: { connection: "lake", files: { films: "films/" } },
    to: { connection: "warehouse", schema: "raw" },
    fanOut: { pods: 3 },
  };
  const connections = { lake: { s3: { bucket: "lake", region: "r" } }, warehouse: { postgres: {} } };
  const spec = aPipeline({ raw: [] }, { connections }, { container: undefined, load });
  const verdictOf = (pods: readonly PodFacts[], job = someParts(3)) =>
    decide(someFacts(spec, { now: T0 + 10_000, attempts: new Map([["raw", [anAttempt("raw", 1, pods, job)]]]) }));

  const working = verdictOf([ended(0, 0), failure(1, 75, "transient", "connection lost")]);
  expect(working.verdict?.message).toBe("0 of 1 nodes have finished; raw has done 1/3 parts");
  expect(working.verdict?.nodes.raw).toMatchObject({
    state: "Running",
    attempt: 1,
    parts: "1/3",
    reason: "TransientError",
    message: "part 1 failed and is tried again: connection lost",
  });
  const done = verdictOf([ended(0, 0), ended(1, 0), ended(2, 0, PUBLISHED)]);
  expect(done.verdict?.nodes.raw).toMatchObject({ state: "Succeeded", attempt: 1, parts: "3/3", rows: 69, bytes: 700 });
  const failed = verdictOf([ended(0, 0), failure(1, 65, "data", "bad rows")]);
  expect(failed.verdict).toMatchObject({ succeeded: "False", message: "1 of 1 nodes failed; raw: part 1: bad rows" });
  expect(failed.actions).toEqual([]);
  // Succeeded by the Job's word alone: the API server is asked before it counts.
  expect(verdictOf([], someParts(3, { succeeded: [0, 1, 2] })).restsOnAbsence).toBe(true);
});

test("parts are reported only while they are at work", () => {
  expect(
    partsText({
      a: { state: "Running", parts: "1/2" },
      b: { state: "Succeeded", parts: "2/2" },
      c: { state: "Running" },
    }),
  ).toBe("; a has done 1/2 parts");
});

describe("parts whose pods an injected container keeps from ending", () => {
  const beside = { lingering: ["istio-proxy"] };

  test("make the attempt succeed when the last task has, and keep the Job alive until it is stopped", () => {
    const all = [0, 1, 2].map((part) => ended(part, 0, {}, beside));
    expect(state(all)).toMatchObject({ state: "succeeded", parts: "3/3" });
    expect(haveEnded(anAttempt("raw", 1, all, someParts(3)))).toBe(false);
  });

  test("make it fail with the first that fails: the Job cannot try it again", () => {
    const pods = [ended(0, 0, {}, beside), ended(1, 137, "none", beside)];
    expect(state(pods)).toMatchObject({
      state: "failed",
      retriable: true,
      message: expect.stringMatching(/^part 1: /),
    });
  });

  test("make it fail for good when they take the room of parts that wait", () => {
    const two = someParts(3, { parallel: 2 });
    const pods = [ended(0, 0, {}, beside), ended(1, 0, {}, beside)];
    expect(state(pods.slice(0, 1), two)).toMatchObject({ state: "running" });
    expect(state(pods, two)).toMatchObject({
      state: "failed",
      retriable: false,
      reason: "ContainerNotEnded",
      message: expect.stringContaining("container istio-proxy"),
    });
  });
});
