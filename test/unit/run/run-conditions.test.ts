import { describe, expect, test } from "vitest";
import type { Condition } from "#api/status.ts";
import { decide } from "../../../operator/run/decide.ts";
import { runConditions } from "../../../operator/run/run-conditions.ts";
import { statusOf } from "../../../operator/run/status.ts";
import type { Verdict } from "../../../operator/run/verdict.ts";
import { aPipeline, someFacts, T0 } from "../../support/manifests/make.ts";

const at = { generation: 3, now: T0 };
const of = (succeeded: Verdict["succeeded"], reason: Verdict["reason"], before: readonly Condition[] = []) =>
  runConditions({ succeeded, reason, message: "m", nodes: {} }, [...before], at);

/** kstatus' rules for an object that it has no rules of its own for (sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go and generic.go). */
function kstatus(object: { generation: number; observedGeneration: number; conditions: readonly Condition[] }): string {
  const is = (type: string) => object.conditions.find((condition) => condition.type === type)?.status;
  if (object.observedGeneration !== object.generation) return "InProgress";
  if (is("Reconciling") === "True") return "InProgress";
  if (is("Stalled") === "True") return "Failed";
  const ready = is("Ready");
  return ready === undefined || ready === "True" ? "Current" : "InProgress";
}

/** `kubectl wait --for=condition=TYPE`: a condition of an earlier generation does not count. */
const waited = (conditions: readonly Condition[], type: string) =>
  conditions.some((one) => one.type === type && one.status === "True" && one.observedGeneration === at.generation);

describe("the conditions of a run", () => {
  test.each([
    ["Unknown", "PipelineNotFound", "InProgress", []],
    ["Unknown", "Suspended", "InProgress", []],
    ["Unknown", "Running", "InProgress", []],
    ["Unknown", "Cancelling", "InProgress", []],
    ["True", "Succeeded", "Current", ["Succeeded", "Finished"]],
    ["False", "Failed", "Failed", ["Finished"]],
    ["False", "Cancelled", "Failed", ["Finished"]],
    ["False", "TimedOut", "Failed", ["Finished"]],
    ["False", "InvalidPipeline", "Failed", ["Finished"]],
    ["False", "SpecLost", "Failed", ["Finished"]],
  ] as const)("say %s/%s to kstatus as %s, and kubectl wait ends for %j", (succeeded, reason, expected, ends) => {
    const conditions = of(succeeded, reason, of("Unknown", "Running"));
    expect(conditions[0]).toMatchObject({ type: "Succeeded", status: succeeded, reason, message: "m" });
    expect(kstatus({ generation: 3, observedGeneration: 3, conditions })).toBe(expected);
    expect(["Succeeded", "Finished"].filter((type) => waited(conditions, type))).toEqual(ends);
    expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
  });

  test("keep their time while their status stays", () => {
    const before = of("Unknown", "Running").map((one) => ({ ...one, lastTransitionTime: "2020-01-01T00:00:00.000Z" }));
    const times = of("False", "Failed", before).map(({ type, lastTransitionTime }) => `${type} ${lastTransitionTime}`);
    const now = new Date(T0).toISOString();
    expect(times).toEqual([`Succeeded ${now}`, `Finished ${now}`, `Ready ${now}`, `Stalled ${now}`]);
    expect(of("Unknown", "Cancelling", before).map((one) => one.lastTransitionTime)).toEqual(
      before.map((one) => one.lastTransitionTime),
    );
  });
});

test("a run that is cancelled after its end says the same end for the new spec, and is not in progress for ever", () => {
  const begun = someFacts(aPipeline({ a: [] }));
  const ended = statusOf({ succeeded: "False", reason: "Failed", message: "m", nodes: {} }, begun);
  const meta = { ...begun.run.meta, generation: 2 };
  const later = {
    ...begun,
    now: T0 + 60_000,
    run: { meta, spec: { pipeline: "films", cancelled: true }, status: ended },
  };
  const { verdict, actions } = decide(later);
  const restated = verdict === undefined ? {} : statusOf(verdict, later);
  expect(actions).toEqual([]);
  expect(restated).toMatchObject({ observedGeneration: 2, finished: ended.finished, progress: ended.progress });
  const { conditions = [] } = restated;
  expect(conditions.map((one) => [one.observedGeneration, one.lastTransitionTime])).toEqual(
    (ended.conditions ?? []).map((one) => [2, one.lastTransitionTime]),
  );
  expect(kstatus({ generation: 2, observedGeneration: 2, conditions })).toBe("Failed");
  expect(decide({ ...later, run: { ...later.run, status: restated } }).verdict).toBeUndefined();
});
