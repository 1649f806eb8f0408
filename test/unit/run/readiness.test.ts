import { describe, expect, test } from "vitest";
import type { TriggerRule } from "#api/nodes/rules.ts";
import type { NodeState } from "#api/pipeline-run.ts";
import { decideNode, type NodeContext } from "../../../operator/run/node.ts";
import { blockedBy, type ReadinessRule, type Stand } from "../../../operator/run/readiness.ts";
import { ALL_SUCCEEDED, triggerRuleOf } from "../../../operator/run/rules/trigger-rules.ts";
import { anAttempt, aPipeline, aPod, someFacts, T0 } from "../../support/manifests/make.ts";

const needs = (...states: readonly Stand[]) =>
  new Map(states.map((state, i) => [String.fromCharCode(97 + i), state] as const));

describe("all must have succeeded", () => {
  test.each<[readonly NodeState[], ReturnType<ReadinessRule["readinessOf"]>]>([
    [[], { is: "due" }],
    [["Succeeded", "Succeeded"], { is: "due" }],
    [["Succeeded", "Running", "Retrying", "Pending", "Waiting", "Starting"], { is: "waits", for: [..."bcdef"] }],
    [
      ["Running", "Failed", "Skipped", "Cancelled"],
      { is: "never", why: "needs b (Failed), c (Skipped), d (Cancelled)" },
    ],
  ])("of needs that are %j", (states, readiness) => {
    expect(ALL_SUCCEEDED.readinessOf(needs(...states))).toEqual(readiness);
  });

  test.each<[NodeState, string | undefined]>([
    ["Succeeded", undefined],
    ["Running", undefined],
    ["Starting", undefined],
    ["Retrying", "b"],
    ["Waiting", "b"],
    ["Pending", "b"],
    ["Failed", "b"],
  ])("one that is %s is in the way of a start ahead: %s", (state, blocked) => {
    expect(blockedBy(ALL_SUCCEEDED, needs("Succeeded", state))).toBe(blocked);
  });
});

describe("trigger rules", () => {
  test.each<[TriggerRule, readonly Stand[], "due" | "waits" | "never" | string]>([
    ["allSucceeded", ["Succeeded", "Tolerated"], "due"],
    ["allSucceeded", ["Succeeded", "Skipped"], "UpstreamSkipped"],
    ["allSucceeded", ["Skipped", "UpstreamFailed"], "UpstreamFailed"],
    ["allDone", ["Succeeded", "Failed", "Skipped", "UpstreamFailed", "Tolerated", "Cancelled"], "due"],
    ["allDone", ["Failed", "Running"], "waits"],
    ["anyFailed", ["Running", "Failed"], "due"],
    ["anyFailed", ["Pending", "UpstreamFailed"], "due"],
    ["anyFailed", ["Succeeded", "Retrying"], "waits"],
    ["anyFailed", ["Succeeded", "Skipped", "Tolerated"], "RuleNotMet"],
    ["noneFailed", ["Succeeded", "Skipped", "Tolerated"], "due"],
    ["noneFailed", ["Succeeded", "Waiting"], "waits"],
    ["noneFailed", ["Running", "Failed"], "UpstreamFailed"],
    ["noneFailed", ["Running", "UpstreamFailed"], "UpstreamFailed"],
    ["anySucceeded", ["Failed", "Running", "Succeeded"], "due"],
    ["anySucceeded", ["Failed", "Running"], "waits"],
    ["anySucceeded", ["Failed", "Skipped"], "UpstreamFailed"],
    ["anySucceeded", ["Skipped", "Tolerated"], "UpstreamSkipped"],
    ["always", ["Pending", "Failed"], "due"],
    ["always", [], "due"],
  ])("%s of nodes that are %j: %s", (triggerRule, states, expected) => {
    const readiness = triggerRuleOf({ triggerRule }).readinessOf(needs(...states));
    const found = readiness.is === "never" ? (readiness.reason ?? "UpstreamFailed") : readiness.is;
    expect(found).toBe(expected);
  });

  test("is allSucceeded where a node names none", () => {
    expect(triggerRuleOf({})).toBe(ALL_SUCCEEDED);
  });
});

describe("another rule: all must have ended", () => {
  const ENDS: readonly Stand[] = ["Succeeded", "Failed", "Skipped", "Cancelled"];
  const ALL_ENDED: ReadinessRule = {
    readinessOf: (all) => {
      const awaited = [...all].flatMap(([need, state]) => (ENDS.includes(state) ? [] : [need]));
      return awaited.length === 0 ? { is: "due" } : { is: "waits", for: awaited };
    },
    meets: ENDS,
    provesSuccess: false,
  };
  const pipeline = aPipeline({ a: [], b: ["a"] });
  const contextOf = (state: NodeState, facts = someFacts(pipeline)): NodeContext => {
    const node = pipeline.nodes.b;
    if (node === undefined) throw new Error("there is no node b");
    const stored = { state: "Pending" } as const;
    const more = { proven: false, rule: ALL_ENDED, needs: new Map([["a", state]]), needsStore: false };
    const packages = new Map();
    return { name: "b", node, pipeline, facts, stored, packages, ...more };
  };

  test("is all that a node asks before it begins", () => {
    expect(decideNode(contextOf("Failed"))).toMatchObject({
      status: { state: "Starting" },
      actions: [{ do: "createJob" }],
    });
    expect(decideNode(contextOf("Running"))).toEqual({ status: { state: "Pending" }, actions: [] });
  });

  test("is what a held Job waits for", () => {
    const held = anAttempt("b", 1, [aPod({ runningSince: T0 })], { startsHeld: true });
    const facts = someFacts(pipeline, { attempts: new Map([["b", [held]]]), now: T0 + 1_000 });
    expect(decideNode(contextOf("Running", facts))).toMatchObject({ status: { state: "Pending" }, actions: [] });
    expect(decideNode(contextOf("Skipped", facts))).toMatchObject({ status: { state: "Running" }, awaitsStore: true });
    expect(decideNode(contextOf("Retrying", facts)).actions).toMatchObject([{ do: "deleteJob", held: true }]);
  });
});
