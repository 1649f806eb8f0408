import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import type { NodeKind } from "../../../operator/run/node-kinds/node-kind.ts";
import { anAttempt, anEndedPod, aPod, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

interface Tide {
  readonly isHigh: boolean;
}

/** A node that waits for high water; it begins by asking for the table of tides. */
const tide: NodeKind<Tide> = {
  takes: ({ container }) => container?.image === "tide",
  decide({ stored, facts: { now } }, seen) {
    const started = stored.started ?? new Date(now).toISOString();
    if (seen === undefined)
      return { status: { state: "Running", started }, orders: [{ says: "ask", order: { ask: 1 } }] };
    if (seen.isHigh) return { status: { state: "Succeeded", started }, byPush: true };
    return { status: { state: "Running", started, reason: "LowWater" }, wakeAt: now + 60_000 };
  },
  hasBegun: () => true,
  isLive: ({ isHigh }) => !isHigh,
  stop: (_, why) => [{ says: `stop asking: ${why}`, order: { ask: 0 } }],
};
const kinds = { tide };

const spec = PipelineSpec.parse({
  nodes: {
    before: { container: {} },
    tide: { needs: ["before"], container: { image: "tide" } },
    after: { needs: ["tide"], container: {} },
  },
});
const done = (node: string) => [node, [anAttempt(node, 1, [anEndedPod(0, aResult(node, 1))])]] as const;
const high = new Map([["tide", new Map([["tide", { isHigh: true }]])]]);
const low = new Map([["tide", new Map([["tide", { isHigh: false }]])]]);
const begun: NodeStatus = { state: "Running", started: new Date(T0 - 5_000).toISOString() };

function facts(more: Partial<Facts> = {}, nodes: Record<string, NodeStatus> = {}): Facts {
  const some = someFacts(spec, { attempts: new Map([done("before")]), ...more });
  return { ...some, run: { ...some.run, status: { ...some.run.status, nodes } } };
}
const stored = (tide: NodeStatus) => ({ before: { state: "Succeeded" as const }, tide });

describe("a node whose kind has an entry of its own", () => {
  test("does nothing before what it needs has succeeded", () => {
    const { verdict, actions } = decide(facts({ attempts: new Map() }), kinds);
    expect(verdict?.nodes.tide).toEqual({ state: "Pending" });
    expect(actions).toEqual([{ do: "createJob", node: "before", attempt: 1 }]);
  });

  test("is skipped when what it needs has failed", () => {
    const { verdict } = decide(facts({ attempts: new Map() }, { before: { state: "Failed" } }), kinds);
    expect(verdict?.nodes.tide).toMatchObject({ state: "Skipped", reason: "UpstreamFailed" });
  });

  test("begins as its entry says, with an order and without a Job", () => {
    const { verdict, actions } = decide(facts(), kinds);
    expect(verdict?.nodes.tide?.state).toBe("Running");
    expect(actions).toEqual([{ do: "order", kind: "tide", node: "tide", says: "ask", order: { ask: 1 } }]);
  });

  test("is asked again later while there is nothing to do, and counts no attempt", () => {
    const { verdict, wakeAt, actions } = decide(facts({ seen: low }, stored(begun)), kinds);
    expect(verdict?.nodes.tide).toEqual({ ...begun, reason: "LowWater" });
    expect([wakeAt, actions]).toEqual([T0 + 60_000, []]);
  });

  test("has its end stored before anything follows from it that cannot be seen twice", () => {
    const { actions, storeFirst } = decide(facts({ seen: high }, stored(begun)), kinds);
    expect([actions, storeFirst]).toEqual([[], true]);
    const ended = decide(facts({}, stored({ state: "Succeeded" })), kinds);
    expect(ended.actions).toEqual([{ do: "createJob", node: "after", attempt: 1 }]);
  });

  test("has succeeded where a node that needs it has a Job, whatever is seen of it", () => {
    const attempts = new Map([done("before"), ["after", [anAttempt("after", 1, [aPod()])]] as const]);
    const decision = decide(facts({ attempts, seen: low }, stored(begun)), kinds);
    expect(decision.verdict?.nodes.tide).toMatchObject({ state: "Succeeded" });
    expect(decision.restsOnAbsence).toBe(true);
  });

  test("proves by having begun that what it needs has succeeded", () => {
    const { verdict } = decide(
      facts({ attempts: new Map(), seen: low }, { before: { state: "Running", attempt: 1 } }),
      kinds,
    );
    expect(verdict?.nodes.before?.state).toBe("Succeeded");
  });

  test("lets no pod start ahead of its end", () => {
    const ahead = { room: 5, spent: new Set<string>() };
    const { actions } = decide(facts({ ahead, seen: low }, stored(begun)), kinds);
    expect(actions).toEqual([]);
  });

  test("is stopped when its run is cancelled, which ends when it works no more", () => {
    const cancelled = (seen: Facts["seen"], nodes: Record<string, NodeStatus>, reason?: string): Facts => {
      const some = facts(seen === undefined ? {} : { seen }, nodes);
      const conditions =
        reason === undefined
          ? []
          : [{ type: "Succeeded", status: "Unknown" as const, reason, message: "", lastTransitionTime: "" }];
      const run = {
        ...some.run,
        spec: { ...some.run.spec, cancelled: true },
        status: { ...some.run.status, conditions },
      };
      return { ...some, run };
    };
    expect(decide(cancelled(low, stored(begun)), kinds)).toMatchObject({
      verdict: { reason: "Cancelling" },
      actions: [],
    });
    const stopping = decide(cancelled(low, stored({ ...begun, state: "Cancelled" }), "Cancelling"), kinds);
    expect(stopping.verdict?.succeeded).toBe("Unknown");
    expect(stopping.actions).toMatchObject([{ do: "order", node: "tide", order: { ask: 0 } }]);
    const over = decide(cancelled(undefined, stored({ ...begun, state: "Cancelled" }), "Cancelling"), kinds);
    expect(over.verdict).toMatchObject({ succeeded: "False", reason: "Cancelled" });
  });

  test("is stopped when its own end is stored and it still works", () => {
    const { actions } = decide(facts({ seen: low }, stored({ state: "Failed" })), kinds);
    expect(actions).toMatchObject([{ do: "order", order: { ask: 0 }, says: "stop asking: the node has finished" }]);
  });
});
