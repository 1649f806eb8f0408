import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { Retries, retriesOf } from "#api/retries.ts";
import { retryDelayMs } from "../../../operator/run/retry.ts";

const retries = (backoff: object) => retriesOf({}, { retries: Retries.parse({ backoff }) });
const PLAIN = retries({ initial: "10s", factor: 2, max: "1m" });

test.each([
  [1, 10_000],
  [2, 20_000],
  [3, 40_000],
  [4, 60_000],
  [20, 60_000],
])("attempt %i is followed after %i ms, ± 10 %", (attempt, middle) => {
  for (const seed of ["a", "b", "c", "d"]) {
    const delay = retryDelayMs(PLAIN, attempt, seed);
    expect(delay).toBeGreaterThanOrEqual(middle * 0.9);
    expect(delay).toBeLessThanOrEqual(middle * 1.1);
  }
});

test("the same failure waits as long however often it is looked at; others wait differently", () => {
  expect(retryDelayMs(PLAIN, 1, "run/node")).toBe(retryDelayMs(PLAIN, 1, "run/node"));
  const delays = Array.from({ length: 200 }, (_, index) => retryDelayMs(PLAIN, 1, `run-${index}/node`));
  expect(new Set(delays).size).toBeGreaterThan(150);
  const middle = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  expect(Math.abs(middle - 10_000)).toBeLessThan(300);
});

test("whatever the manifest says, the wait is a number of milliseconds that a date can be", () => {
  const duration = fc.constantFrom("0s", "1ms", "10s", "99999999999999999999999999999d");
  const backoff = fc.record({ initial: duration, factor: fc.integer({ min: 1, max: 10 }), max: duration });
  fc.assert(
    fc.property(backoff, fc.integer({ min: 1, max: 1000 }), fc.string(), (settings, attempt, seed) => {
      const delay = retryDelayMs(retries(settings), attempt, seed);
      expect(delay).toSatisfy(Number.isSafeInteger);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(() => new Date(Date.UTC(2026, 0) + delay).toISOString()).not.toThrow();
    }),
  );
});

describe("the retries of a node", () => {
  const of = (node: object, pipeline: object) => {
    const spec = PipelineSpec.parse({ ...pipeline, nodes: { a: { container: {}, ...node } } });
    return retriesOf(spec.nodes.a ?? expect.fail("no node"), spec);
  };

  test.each([
    ["its own limit", { limit: 0 }, { limit: 5 }, { limit: 0 }],
    ["the pipeline's limit", undefined, { limit: 5 }, { limit: 5 }],
    ["the default", undefined, undefined, { limit: 2, backoff: { initial: "10s", factor: 2, max: "10m" } }],
    [
      "its own limit with the pipeline's waiting times",
      { limit: 5 },
      { limit: 1, backoff: { initial: "1m", factor: 3, max: "1h" } },
      { limit: 5, backoff: { initial: "1m", factor: 3, max: "1h" } },
    ],
    [
      "one waiting time of its own, another of the pipeline, the last by default",
      { backoff: { initial: "1s" } },
      { limit: 7, backoff: { initial: "1m", max: "1h" } },
      { limit: 7, backoff: { initial: "1s", factor: 2, max: "1h" } },
    ],
    [
      "by kind its own limit, the pipeline's for that kind, and none for what lasts; its limit for the others",
      { limit: 1, limitByKind: { timeout: 0 } },
      { limit: 5, limitByKind: { timeout: 3, infrastructure: 4 } },
      { limit: 1, limits: { timeout: 0, infrastructure: 4, data: 0, configuration: 0 } },
    ],
    [
      "more memory as the pipeline says, by its own factor",
      { memory: { factor: 3, max: "8Gi" } },
      { memory: { factor: 2, max: "4Gi" } },
      { memory: { factor: 3, max: "8Gi" } },
    ],
    ["more memory by the default factor", undefined, { memory: { max: "4Gi" } }, { memory: { factor: 2, max: "4Gi" } }],
    ["its own limit where it leaves the backoff empty", { limit: 1, backoff: {} }, undefined, { limit: 1 }],
  ])("are %s", (_, node, pipeline, expected) => {
    expect(of({ retries: node }, { retries: pipeline })).toMatchObject(expected);
  });
});
