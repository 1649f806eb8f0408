import { describe, expect, test } from "vitest";
import { TaskResult } from "#api/task.ts";
import { attemptState } from "../../../operator/run/attempt/attempt.ts";
import { afterResult, reportedResult } from "../../../operator/run/attempt/reported-result.ts";
import type { JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import { aFailedJob, anAttempt, anEndedPod, aPod, aResult, RUN_UID, T0 } from "../../support/manifests/make.ts";

const expected = { run: RUN_UID, node: "raw", attempt: 1, required: true };
const NOW = T0 + 10_000;
const AT = T0 + 500;

type More = Partial<TaskResult>;
const result = (more: More = {}) => TaskResult.parse(JSON.parse(aResult("raw", 1, more)));
const pushed = (more: More = {}) => ({ pushed: { result: result(more), at: AT } });
const failed = (kind: "configuration" | "data" | "transient", code = "28P01"): More => ({
  outcome: "failed",
  error: { kind, code, message: "the password is wrong" },
});
const running = (more: Partial<PodFacts> = {}) => aPod({ runningSince: T0, ...more });
const state = (pod: PodFacts, job: Partial<JobFacts> = {}, as = expected) =>
  attemptState(anAttempt("raw", 1, [pod], job), as, NOW);

describe("a result that is pushed while the container runs", () => {
  test("is success, at the time at which the operator had it", () => {
    expect(state(running(pushed({ rows: 5 })))).toEqual({
      state: "succeeded",
      at: AT,
      byPush: true,
      result: result({ rows: 5 }),
    });
  });

  test.each([
    ["configuration", "ConfigurationError", false],
    ["data", "DataError", false],
    ["transient", "TransientError", true],
  ] as const)("is a failure of kind %s at once", (kind, reason, retriable) => {
    expect(state(running(pushed(failed(kind))))).toMatchObject({
      state: "failed",
      at: AT,
      reason,
      retriable,
      message: "the password is wrong",
    });
  });

  test.each([
    ["another run", { run: "other" }],
    ["another node", { node: "other" }],
    ["an earlier attempt", { attempt: 2 }],
    ["a part", { part: 0 }],
  ])("of %s says nothing", (_, more) => {
    expect(state(running(pushed(more)))).toEqual({ state: "running" });
  });

  test("of a node that runs a container says nothing: its exit code decides", () => {
    const container = { ...expected, required: false };
    expect(state(running(pushed()), {}, container)).toEqual({ state: "running" });
    expect(state(anEndedPod(3, aResult("raw", 1), pushed()), {}, container)).toEqual({ state: "running" });
  });

  test.each([
    ["was told to stop", running(pushed(failed("transient", "Stopped")))],
    ["is being evicted", running({ ...pushed(failed("transient")), disrupted: true })],
    ["was deleted", running({ ...pushed(failed("transient")), goneBy: NOW + 30_000 })],
  ])("is no failure of a pod that %s: its end says whether its Job makes another one", (_, pod) => {
    expect(state(pod)).toMatchObject({ state: "running" });
  });
});

describe("a result of success", () => {
  const ends = [
    ["exit code 3", 3, "Error"],
    ["a kill for want of memory", 137, "OOMKilled"],
    ["a kill", 143, "Error"],
    ["the orderly end", 0, "Completed"],
  ] as const;
  const end = (exitCode: number, reason: string, message: string) => ({
    failed: exitCode !== 0,
    terminated: { exitCode, reason, message, at: T0 + 1000 },
  });

  test.each(ends)("counts in spite of %s, pushed", (_, code, reason) => {
    for (const job of [{}, aFailedJob("BackoffLimitExceeded"), aFailedJob("DeadlineExceeded")])
      expect(state(aPod({ ...end(code, reason, ""), ...pushed({ rows: 5 }) }), job)).toMatchObject({
        state: "succeeded",
        at: AT,
        byPush: true,
      });
  });

  test.each(ends)("counts in spite of %s, left in the termination message", (_, code, reason) => {
    for (const job of [{}, aFailedJob("BackoffLimitExceeded"), aFailedJob("DeadlineExceeded")])
      expect(state(aPod(end(code, reason, aResult("raw", 1, { rows: 5 }))), job)).toEqual({
        state: "succeeded",
        at: T0 + 1000,
        result: result({ rows: 5 }),
      });
  });

  test("counts of a pod that was evicted after it", () => {
    expect(state(aPod({ ...end(143, "Error", ""), ...pushed(), disrupted: true }))).toMatchObject({
      state: "succeeded",
    });
  });
});

test("of two results that differ the one in the message counts", () => {
  const pod = anEndedPod(65, aResult("raw", 1, failed("data")), pushed());
  expect(state(pod)).toMatchObject({ state: "failed", reason: "DataError" });
  const other = anEndedPod(0, aResult("raw", 1, { rows: 6 }), pushed({ rows: 5 }));
  expect(reportedResult(other, expected)).toMatchObject({ byPush: false, result: { rows: 6 } });
});

describe("what somebody should know of a pod's end", () => {
  test("is that it ended badly after a success that counts", () => {
    const oom = { exitCode: 137, reason: "OOMKilled", message: "", at: T0 };
    expect(afterResult(aPod({ name: "films-x", terminated: oom, ...pushed() }), expected)).toMatchObject({
      what: "EndedBadlyAfterResult",
      message: expect.stringMatching(/^pod films-x ended with exit code 137 \(OOMKilled\) after its task had reported/),
    });
    expect(afterResult(anEndedPod(3, aResult("raw", 1)), expected)).toMatchObject({ what: "EndedBadlyAfterResult" });
  });

  test.each([
    ["it exited with 0", anEndedPod(0, aResult("raw", 1), pushed())],
    ["it was deleted, by us for one", anEndedPod(143, "", { ...pushed(), goneBy: NOW })],
    ["it was evicted", anEndedPod(143, "", { ...pushed(), disrupted: true })],
    ["it reported a failure", anEndedPod(65, aResult("raw", 1, failed("data")), pushed(failed("data")))],
    ["it reported nothing", anEndedPod(137)],
    ["it runs", running(pushed())],
  ])("is nothing where %s", (_, pod) => {
    expect(afterResult(pod, expected)).toBeUndefined();
  });

  test("is that it left another result than it had pushed; a text that was cut is not another result", () => {
    const cut = anEndedPod(0, aResult("raw", 1, { message: "do…" }), pushed());
    expect(afterResult(cut, expected)).toBeUndefined();
    const other = anEndedPod(0, aResult("raw", 1, { rows: 6 }), pushed({ rows: 5 }));
    expect(afterResult(other, expected)).toMatchObject({ what: "ResultsDiffer" });
  });
});
