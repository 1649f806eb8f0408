import { expect, test } from "vitest";
import type { NodeResult, NodeStatus } from "../../../../../task-image/dbt/run/node-result.ts";
import { shareOf } from "../../../../../task-image/dbt/run/share.ts";

/** a → b → c, and d beside them. */
const CHAIN = new Map([
  ["a", new Set<string>()],
  ["b", new Set(["a"])],
  ["c", new Set(["b"])],
  ["d", new Set<string>()],
]);
const ended = (status: NodeStatus) => new Map([["a", { id: "a", status } as NodeResult]]);
const share = (ids: readonly string[], before: ReadonlyMap<string, NodeResult>) => {
  const { left, skipped } = shareOf(CHAIN, { ids: new Set(ids), before });
  return {
    left: Object.fromEntries([...left].map(([id, waits]) => [id, [...waits]])),
    skipped: Object.fromEntries(skipped),
  };
};

test("a share has its own nodes, which wait for each other", () => {
  expect(share(["b", "c"], ended("success"))).toEqual({ left: { b: [], c: ["b"] }, skipped: {} });
});

test("what stands behind a node that has failed elsewhere, or has no result, is skipped; the rest is left", () => {
  const expected = { left: { d: [] }, skipped: { b: "a", c: "a" } };
  expect(share(["b", "c", "d"], ended("error"))).toEqual(expected);
  expect(share(["b", "c", "d"], ended("skipped"))).toEqual(expected);
  expect(share(["b", "c", "d"], new Map())).toEqual(expected);
});
