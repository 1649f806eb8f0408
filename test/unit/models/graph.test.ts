import fc from "fast-check";
import { expect, test } from "vitest";
import { type Dependencies, downstream, findCycle, orderModels } from "../../../task-image/models/graph.ts";

const graph = (edges: Readonly<Record<string, readonly string[]>>): Dependencies =>
  new Map(Object.entries(edges).map(([name, needs]) => [name, new Set(needs)]));

test("models come behind what they read, and otherwise by name", () => {
  expect(orderModels(graph({ z: [], b: ["z"], a: ["b"], c: [] }))).toEqual(["c", "z", "b", "a"]);
  expect(orderModels(graph({ b: [], a: [], c: [] }))).toEqual(["a", "b", "c"]);
});

test("a cycle has no order, and is told with its path", () => {
  const cyclic = graph({ a: ["b"], b: ["c"], c: ["b"], d: [] });
  expect(orderModels(cyclic)).toBeUndefined();
  expect(findCycle(cyclic)).toEqual(["b", "c", "b"]);
  expect(findCycle(graph({ a: ["a"] }))).toEqual(["a", "a"]);
  expect(findCycle(graph({ a: [], b: ["a"] }))).toBeUndefined();
});

test("what reads a failed model, directly or not, is downstream of it", () => {
  const edges = graph({ a: [], b: ["a"], c: ["b"], d: [], e: ["d", "c"] });
  expect(downstream(new Set(["a"]), edges)).toEqual(new Set(["b", "c", "e"]));
  expect(downstream(new Set(["e"]), edges)).toEqual(new Set());
});

test("a graph has either an order in which every edge points backwards, or a cycle of its edges", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const edge = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names));
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 12 }), (edges) => {
      const needs = graph(
        Object.fromEntries(names.map((name) => [name, edges.filter(([to]) => to === name).map(([, from]) => from)])),
      );
      const order = orderModels(needs);
      const cycle = findCycle(needs);
      expect(order === undefined).toBe(cycle !== undefined);
      if (order !== undefined) {
        expect([...order].sort()).toEqual(names);
        for (const [to, from] of edges) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }
      for (const [index, from] of (cycle ?? []).slice(0, -1).entries()) {
        expect(needs.get(from)?.has(cycle?.[index + 1] ?? "")).toBe(true);
      }
    }),
  );
});
