import { describe, expect, test } from "vitest";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { AttemptFacts, Facts } from "../../../operator/run/facts.ts";
import {
  aFailedJob,
  anAttempt,
  anEndedPod,
  aPipeline,
  aPod,
  aResult,
  someFacts,
  T0,
} from "../../support/manifests/make.ts";

const failedAttempt = (node: string) => anAttempt(node, 1, [anEndedPod(64)], aFailedJob("PodFailurePolicy"));
const doneAttempt = (node: string) => anAttempt(node, 1, [anEndedPod(0, aResult(node, 1))]);
const FAILED: NodeStatus = { state: "Failed", attempt: 1, finished: new Date(T0).toISOString(), message: "no" };
const created = (facts: Facts) =>
  decide(facts).actions.flatMap((action) => (action.do === "createJob" ? [action.node] : []));
const nodesOf = (facts: Facts) => decide(facts).verdict?.nodes ?? {};

/** `b` needs `a`, each with what the test says of it. */
function pair({
  a = {},
  b = {},
  stored = { state: "Pending" },
  attempts = [],
}: {
  a?: object;
  b?: object;
  stored?: NodeStatus;
  attempts?: readonly AttemptFacts[];
}): Facts {
  const plain = aPipeline({ a: [], b: ["a"] });
  const nodes = { a: { ...plain.nodes.a, ...a }, b: { ...plain.nodes.b, ...b } };
  const status = { nodes: { a: stored, b: { state: "Pending" as const } } };
  return someFacts({ ...plain, nodes } as typeof plain, { status, attempts: new Map([["a", attempts]]) });
}

describe("a node that begins after a failure", () => {
  const b = { triggerRule: "anyFailed" };

  test("waits until the failure is stored, in a write that waits for nothing", () => {
    const facts = pair({ b, attempts: [failedAttempt("a")], stored: { state: "Running", attempt: 1 } });
    expect(created(facts)).toEqual([]);
    expect(decide(facts)).toMatchObject({ storeFirst: true, verdict: { nodes: { a: { state: "Failed" } } } });
    expect(created(pair({ b, attempts: [failedAttempt("a")], stored: FAILED }))).toEqual(["b"]);
  });

  test("asks the API server whether something of it works where its Job is not seen", () => {
    expect(decide(pair({ b, attempts: [failedAttempt("a")], stored: FAILED })).restsOnAbsence).toBeUndefined();
    expect(decide(pair({ b, attempts: [{ attempt: 1, pods: [] }], stored: FAILED })).restsOnAbsence).toBe(true);
  });

  test("waits until nothing of the failed one works any more", () => {
    const working = anAttempt("a", 1, [aPod({ runningSince: T0 })]);
    const facts = pair({ b, attempts: [working], stored: FAILED });
    expect(created(facts)).toEqual([]);
    expect(decide(facts).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
  });

  test("is skipped where nothing failed, and the run has succeeded", () => {
    const facts = pair({ b, attempts: [doneAttempt("a")] });
    expect(decide(facts).verdict).toMatchObject({
      succeeded: "True",
      message: "1 of 2 nodes succeeded, 1 was skipped",
      nodes: { b: { state: "Skipped", reason: "RuleNotMet" } },
    });
  });

  test("begins as well after a node that was skipped because of a failure", () => {
    const plain = aPipeline({ a: [], b: ["a"], c: ["b"] });
    const spec = { ...plain, nodes: { ...plain.nodes, c: { ...plain.nodes.c, triggerRule: "anyFailed" } } };
    const status = {
      nodes: {
        a: FAILED,
        b: { state: "Skipped", reason: "UpstreamFailed" },
        c: { state: "Pending" },
      } as const,
    };
    expect(created(someFacts(spec as typeof plain, { status }))).toEqual(["c"]);
  });
});

test("a run whose failure was handled by another node has failed all the same", () => {
  const facts = pair({ b: { triggerRule: "anyFailed" }, stored: FAILED });
  const handled = { ...facts, attempts: new Map([["b", [doneAttempt("b")]]]) };
  expect(decide(handled).verdict).toMatchObject({ succeeded: "False", reason: "Failed" });
});

describe("a node whose failure does not count", () => {
  const a = { onFailure: "continue" };

  test("lets those that need it begin, once that is stored", () => {
    const unstored = pair({ a, attempts: [failedAttempt("a")], stored: { state: "Running", attempt: 1 } });
    expect(created(unstored)).toEqual([]);
    expect(decide(unstored).storeFirst).toBe(true);
    expect(created(pair({ a, attempts: [failedAttempt("a")], stored: FAILED }))).toEqual(["b"]);
  });

  test("does not fail the run, whose message tells of it", () => {
    const facts = pair({ a, stored: FAILED });
    const done = { ...facts, attempts: new Map([["b", [doneAttempt("b")]]]) };
    expect(decide(done).verdict).toMatchObject({
      succeeded: "True",
      message: "1 of 2 nodes succeeded; failures that do not count (onFailure: continue): a: no",
    });
  });

  test("is no failure for a node that begins after one", () => {
    const facts = pair({ a, b: { triggerRule: "anyFailed" }, stored: FAILED });
    expect(nodesOf(facts).b).toMatchObject({ state: "Skipped", reason: "RuleNotMet" });
  });
});

describe("a node that has a Job", () => {
  const lost = { state: "Running", attempt: 1 } as const;

  test.each(["allSucceeded", "allDone", "noneFailed"])(
    "of the rule %s proves that what it needs, whose Job is lost, has succeeded",
    (triggerRule) => {
      const facts = pair({ b: { triggerRule }, stored: lost });
      const begun = { ...facts, attempts: new Map([["b", [anAttempt("b", 1)]]]) };
      expect(nodesOf(begun).a).toMatchObject({ state: "Succeeded" });
    },
  );

  test("proves nothing of what comes before a node that was skipped", () => {
    const spec = aPipeline({ a: [], b: [], c: ["a", "b"], d: ["c"] });
    const nodes = { ...spec.nodes, d: { ...spec.nodes.d, triggerRule: "allDone" } };
    const status = {
      nodes: {
        a: lost,
        b: FAILED,
        c: { state: "Skipped", reason: "UpstreamFailed" },
        d: { state: "Pending" },
      } as const,
    };
    const attempts = new Map([
      ["a", [{ attempt: 1, pods: [] }]],
      ["d", [anAttempt("d", 1)]],
    ]);
    const facts = someFacts({ ...spec, nodes } as typeof spec, { status, attempts });
    expect(nodesOf(facts).a).toMatchObject({ state: "Retrying", reason: "JobLost" });
  });

  test.each(["anyFailed", "anySucceeded", "always"])("of the rule %s proves nothing", (triggerRule) => {
    const facts = pair({ b: { triggerRule }, stored: lost });
    const gone = { attempt: 1, pods: [] };
    const begun = {
      ...facts,
      attempts: new Map([
        ["a", [gone]],
        ["b", [anAttempt("b", 1)]],
      ]),
    };
    expect(nodesOf(begun).a).toMatchObject({ state: "Retrying", reason: "JobLost" });
  });

  test("of the rule anySucceeded was made only after the success had been stored", () => {
    const b = { triggerRule: "anySucceeded" };
    const facts = pair({ b, attempts: [doneAttempt("a")], stored: lost });
    expect(created(facts)).toEqual([]);
    expect(decide(facts).storeFirst).toBe(true);
    expect(created(pair({ b, attempts: [doneAttempt("a")], stored: { state: "Succeeded" } }))).toEqual(["b"]);
  });
});
