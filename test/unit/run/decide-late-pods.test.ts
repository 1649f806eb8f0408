import { describe, expect, test } from "vitest";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { statusOf } from "../../../operator/run/status.ts";
import { anAttempt, aPipeline, aPod, someFacts, T0 } from "../../support/make.ts";

const nodesOf = (facts: Facts) => decide(facts).verdict?.nodes ?? {};

describe("pods that do not start", () => {
  const spec = aPipeline({ a: [] }, {}, { startTimeout: "1m", retries: { limit: 0 } });
  const waiting = { reason: "ErrImagePull", message: "no such image" };
  const attempts = new Map([["a", [anAttempt("a", 1, [aPod({ waiting })])]]]);

  test("say their reason at once and wake the operator at the limit", () => {
    expect(decide(someFacts(spec, { attempts }))).toMatchObject({
      verdict: { nodes: { a: { state: "Starting", reason: "ErrImagePull", message: "no such image" } } },
      wakeAt: T0 + 60_000,
    });
  });

  test("time out with that reason; their Job is deleted only after the verdict is stored", () => {
    const late = someFacts(spec, { attempts, now: T0 + 60_000 });
    const decision = decide(late);
    expect(decision.verdict?.nodes.a).toMatchObject({
      state: "Failed",
      reason: "StartTimedOut",
      message: expect.stringContaining("ErrImagePull"),
    });
    expect(decision.actions).toEqual([]);
    const status = statusOf(decision.verdict ?? expect.fail("no verdict"), late);
    expect(decide({ ...late, run: { ...late.run, status } }).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
  });

  test("say where to look when their Job could not even make them", () => {
    const none = new Map([["a", [anAttempt("a", 1, [])]]]);
    expect(nodesOf(someFacts(spec, { attempts: none, now: T0 + 60_000 })).a).toMatchObject({
      reason: "StartTimedOut",
      message: expect.stringMatching(/made no pod\. The Job's events say why.*service account/),
    });
  });

  test("a Job that Kueue holds back is not late", () => {
    const held = new Map([["a", [anAttempt("a", 1, [], { suspended: true })]]]);
    expect(nodesOf(someFacts(spec, { attempts: held, now: T0 + 3_600_000 })).a).toMatchObject({ state: "Starting" });
  });
});
