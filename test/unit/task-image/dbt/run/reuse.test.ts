import { expect, test } from "vitest";
import type { NodeResult } from "../../../../../task-image/dbt/run/node-result.ts";
import { reuse } from "../../../../../task-image/dbt/run/reuse.ts";

/** a → b → c, and d for itself. */
const WAITS = new Map([
  ["a", new Set<string>()],
  ["b", new Set(["a"])],
  ["c", new Set(["b"])],
  ["d", new Set<string>()],
]);

function reused(...ids: readonly string[]) {
  const ended = new Map(ids.map((id) => [id, { id, status: "success" } as NodeResult] as const));
  const { done, left } = reuse(WAITS, ended);
  return { done: done.map(({ id }) => id), left: Object.fromEntries([...left].map(([id, waits]) => [id, [...waits]])) };
}

test("what has ended well is done, and what waits for it waits no longer", () => {
  expect(reused("a", "d")).toEqual({ done: ["a", "d"], left: { b: [], c: ["b"] } });
});

test("what stands behind a node that runs again runs again", () => {
  expect(reused("b", "c", "d")).toEqual({ done: ["d"], left: { a: [], b: ["a"], c: ["b"] } });
});

test("nothing is left where all has ended well", () => {
  expect(reused("a", "b", "c", "d")).toEqual({ done: ["a", "b", "c", "d"], left: {} });
});
