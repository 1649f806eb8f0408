import { describe, expect, test } from "vitest";
import type { NodeStatus } from "#api/pipeline-run.ts";
import type { Retries } from "#api/retries.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { AttemptFacts } from "../../../operator/run/facts.ts";
import { kindOfFailure } from "../../../operator/run/failure-kinds.ts";
import { aFailedJob, anAttempt, anEndedPod, aPipeline, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const killed = (reason: string) => ({ terminated: { exitCode: 137, reason, message: "", at: T0 + 1000 } });
const exits = (attempt: number, code: number) =>
  anAttempt("a", attempt, [anEndedPod(code)], aFailedJob("BackoffLimitExceeded"));
const outOfMemory = (attempt: number) =>
  anAttempt("a", attempt, [anEndedPod(137, "", killed("OOMKilled"))], aFailedJob("BackoffLimitExceeded"));
const timedOut = (attempt: number) => anAttempt("a", attempt, [], aFailedJob("DeadlineExceeded"));
const badData = (attempt: number) => {
  const error = { kind: "data" as const, code: "CheckFailed", message: "no" };
  const message = aResult("a", attempt, { outcome: "failed", error });
  return anAttempt("a", attempt, [anEndedPod(65, message)], aFailedJob("PodFailurePolicy"));
};

/** The state of a node whose attempts end so, one after the other. */
function run(retries: Retries, ...ends: readonly ((attempt: number) => AttemptFacts)[]): NodeStatus {
  const spec = aPipeline({ a: [] }, {}, { attemptTimeout: "1m", retries });
  let stored: NodeStatus = { state: "Starting", attempt: 1, started: new Date(T0).toISOString() };
  for (const [place, end] of ends.entries()) {
    const attempt = place + 1;
    const begun: NodeStatus = { ...stored, state: "Starting", attempt };
    const facts = someFacts(spec, {
      now: T0 + 3000,
      status: { nodes: { a: begun } },
      attempts: new Map([["a", [end(attempt)]]]),
    });
    stored = decide(facts).verdict?.nodes.a ?? expect.fail("no verdict");
    if (stored.state === "Failed") return { ...stored, attempt };
  }
  return stored;
}

describe("failures", () => {
  test("share one where none is set for their kind", () => {
    const ends = [outOfMemory, (n: number) => exits(n, 1), timedOut];
    expect(run({ limit: 3 }, ...ends)).toMatchObject({
      state: "Retrying",
      attempt: 3,
      failures: { infrastructure: 1, outOfMemory: 1, transient: 1, timeout: 1 },
    });
    expect(run({ limit: 2 }, ...ends)).toMatchObject({ state: "Failed", attempt: 3, reason: "AttemptTimedOut" });
    expect(run({ limit: 3 }, ...ends, outOfMemory)).toMatchObject({ state: "Failed", attempt: 4, reason: "OOMKilled" });
  });

  test("do not use up that of a kind which has its own", () => {
    const retries = { limit: 1, limitByKind: { timeout: 1 } };
    expect(run(retries, timedOut, outOfMemory)).toMatchObject({ state: "Retrying", attempt: 2 });
    expect(run(retries, timedOut, outOfMemory, timedOut)).toMatchObject({ state: "Failed", attempt: 3 });
    expect(run(retries, timedOut, outOfMemory, outOfMemory)).toMatchObject({ state: "Failed", attempt: 3 });
  });

  test("have one that is said by kind", () => {
    const retries = { limit: 0, limitByKind: { infrastructure: 2 } };
    expect(run(retries, (n) => exits(n, 1))).toMatchObject({ state: "Failed", attempt: 1 });
    expect(run(retries, outOfMemory, outOfMemory)).toMatchObject({ state: "Retrying", attempt: 2 });
    expect(run(retries, outOfMemory, outOfMemory, outOfMemory)).toMatchObject({ state: "Failed", attempt: 3 });
  });

  test("of bad data and bad configuration have none, unless somebody says so", () => {
    expect(run({ limit: 5 }, badData)).toMatchObject({ state: "Failed", attempt: 1, reason: "DataError" });
    const retries = { limitByKind: { data: 1 } };
    expect(run(retries, badData)).toMatchObject({ state: "Retrying", failures: { data: 1 } });
    expect(run(retries, badData, badData)).toMatchObject({ state: "Failed", attempt: 2 });
  });

  test("are counted no longer once the node has ended", () => {
    expect(run({ limit: 0 }, (n) => exits(n, 1))).not.toHaveProperty("failures");
  });
});

test.each([
  ["TransientError", "transient"],
  ["ExitCode", "transient"],
  ["DataError", "data"],
  ["ConfigurationError", "configuration"],
  ["AttemptTimedOut", "timeout"],
  ["OOMKilled", "infrastructure"],
  ["PodFailed", "infrastructure"],
  ["JobLost", "infrastructure"],
  ["StartTimedOut", "infrastructure"],
] as const)("%s is of kind %s", (reason, kind) => {
  expect(kindOfFailure({ reason })).toBe(kind);
});
