import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import { mergePatchOf } from "../../operator/controllers/loop/merge-patch.ts";
import { decide } from "../../operator/run/decide.ts";
import type { Facts } from "../../operator/run/facts.ts";
import { isUrgent, nodeTransitions, statusDiffers, statusOf } from "../../operator/run/status.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { runEvents } from "../../operator/telemetry/run-events.ts";
import { countRun } from "../../operator/telemetry/run-metrics.ts";
import { mergePatch } from "../support/fake-cluster/fake-api-objects.ts";
import { anyFacts } from "./any-facts.ts";

const RUNS = { numRuns: 500 };
const statusAfter = (facts: Facts) => {
  const { verdict } = decide(facts);
  return verdict === undefined ? undefined : statusOf(verdict, facts);
};
const succeeded = (status: PipelineRunStatus) => status.conditions?.find(({ type }) => type === "Succeeded");

describe("whatever the facts, a decision", () => {
  it("is made, is the same each time, and looks again at a time that there is", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const decision = decide(facts);
        expect(decide(structuredClone(facts))).toEqual(decision);
        if (decision.wakeAt !== undefined) expect(decision.wakeAt).toSatisfy(Number.isFinite);
      }),
      RUNS,
    );
  });

  it("does not change the facts", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const before = structuredClone(facts);
        statusAfter(facts);
        expect(facts).toEqual(before);
      }),
      RUNS,
    );
  });
});

describe("whatever the facts, the status that a decision gives", () => {
  it("is one that the API server takes and that the operator can read again", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const status = statusAfter(facts);
        if (status !== undefined) expect(PipelineRunStatus.safeParse(status).error?.issues ?? []).toEqual([]);
      }),
      RUNS,
    );
  });

  it("counts every node once", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const status = statusAfter(facts);
        if (status?.counts === undefined) return;
        const { total, waiting = 0, ...counts } = status.counts;
        const pending = Object.values(status.nodes ?? {}).filter(({ state }) => state === "Pending").length;
        expect(Object.values(counts).reduce((sum, count) => sum + count, pending + waiting)).toBe(total);
        expect(status.progress).toBe(`${total - pending - waiting - counts.active}/${total}`);
      }),
      RUNS,
    );
  });

  it("moves lastTransitionTime with the condition's status and never else", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const status = statusAfter(facts);
        if (status === undefined) return;
        const [before, after] = [succeeded(facts.run.status), succeeded(status)];
        const moved = before?.lastTransitionTime !== after?.lastTransitionTime;
        if (before?.status === after?.status) expect(moved).toBe(false);
        else expect(after?.lastTransitionTime).toBe(new Date(facts.now).toISOString());
      }),
      RUNS,
    );
  });

  it("is the patch away from the stored one that the operator sends", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const before = facts.run.status;
        const after = statusAfter(facts);
        if (after === undefined || containsNull(after)) return;
        const patched = mergePatch(structuredClone(before), JSON.parse(JSON.stringify(mergePatchOf(before, after))));
        expect(statusDiffers(patched as object, JSON.parse(JSON.stringify(after)))).toBe(false);
      }),
      RUNS,
    );
  });

  it("can be told in Events and metrics", () => {
    const metrics = createMetrics();
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const after = statusAfter(facts) ?? {};
        for (const { note } of runEvents(facts.run.status, after)) {
          expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
        }
        countRun(metrics, { namespace: "demo", pipeline: "films" }, facts.run.status, after);
      }),
      RUNS,
    );
  });

  it("is not urgent and tells nothing when it is the stored one", () => {
    fc.assert(
      fc.property(anyFacts, ({ run: { status } }) => {
        expect(isUrgent(status, status)).toBe(false);
        expect(nodeTransitions(status, status)).toEqual([]);
        expect(runEvents(status, status)).toEqual([]);
      }),
      RUNS,
    );
  });
});

/** A merge patch cannot say null, and Kubernetes stores none: only a spec that is no spec holds it. */
function containsNull(value: unknown): boolean {
  return JSON.stringify(value).includes("null");
}
