import { expect, test } from "vitest";
import { sortNodes } from "../../../operator/graph/graph.ts";

const graph = (needs: Record<string, string[]>) => sortNodes(new Map(Object.entries(needs)));

test("puts every node after all that it needs, and independent nodes in the order of their names", () => {
  expect(graph({ d: ["b", "c"], c: ["a"], b: ["a"], a: [], e: [] })).toMatchObject({
    order: ["a", "e", "b", "c", "d"],
  });
});

test("the order does not depend on the order of writing", () => {
  const one = graph({ a: [], b: ["a"], c: ["a"], d: ["c", "b"] });
  const other = graph({ d: ["b", "c"], c: ["a"], b: ["a"], a: [] });
  expect("order" in one && one.order).toEqual("order" in other && other.order);
});

test.each([
  ["a node that needs itself", { a: ["a"] }, ["a", "a"]],
  ["two nodes", { a: ["b"], b: ["a"] }, ["a", "b", "a"]],
  [
    "a circle behind a healthy start",
    { start: [], x: ["start", "z"], y: ["x"], z: ["y"], tail: ["z"] },
    ["z", "y", "x", "z"],
  ],
])("names the path of a cycle: %s", (_, needs, path) => {
  expect(graph(needs as Record<string, string[]>)).toEqual({ path });
});

test("a need that is listed twice counts once", () => {
  expect(graph({ a: [], b: ["a", "a"] })).toMatchObject({ order: ["a", "b"] });
});

test("ten thousand nodes in a chain are sorted without deep recursion", () => {
  const needs = new Map(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, i === 0 ? [] : [`n${i - 1}`]] as const));
  const sorted = sortNodes(needs);
  expect("order" in sorted && sorted.order.at(-1)).toBe("n9999");
});
