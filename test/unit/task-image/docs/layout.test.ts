import fc from "fast-check";
import { expect, test } from "vitest";
import { type LayoutBox, layOut } from "../../../../task-image/docs/page/layout.ts";

const box = (...parents: readonly number[]): LayoutBox => ({ parents, width: 100, height: 40 });

test("a box stands to the right of all that it reads, and what reads nothing right before its first reader", () => {
  const { boxes } = layOut([box(), box(0), box(1), box(2, 0), box(), box(3, 4)]);
  const ranks = [...new Set(boxes.map(({ x }) => x))].sort((a, b) => a - b);
  expect(boxes.map(({ x }) => ranks.indexOf(x))).toEqual([0, 1, 2, 3, 3, 4]);
});

test("two chains side by side do not cross", () => {
  const { boxes } = layOut([box(), box(), box(1), box(0), box(2), box(3)]);
  const isAbove = (upper: number, lower: number) => (boxes[upper]?.y ?? 0) < (boxes[lower]?.y ?? 0);
  expect([isAbove(0, 1), isAbove(3, 2), isAbove(5, 4)]).toEqual([isAbove(0, 1), isAbove(0, 1), isAbove(0, 1)]);
});

test("an empty graph has no size", () => {
  expect(layOut([])).toEqual({ boxes: [], edges: [], width: 0, height: 0 });
});

/** Who reads whom in any way, also in circles. */
const anyGraph = fc
  .integer({ min: 1, max: 40 })
  .chain((count) =>
    fc.array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 4 }), { minLength: count, maxLength: count }),
  );

test("no two boxes overlap, and all stand inside the picture, whatever the graph", () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const { boxes, width, height } = layOut(graph.map((parents) => box(...parents)));
      for (const [index, a] of boxes.entries()) {
        expect(a.x >= 0 && a.y >= -0.01 && a.x + 100 <= width && a.y + 40 <= height + 0.01).toBe(true);
        for (const b of boxes.slice(index + 1)) {
          const isApart = a.x + 100 <= b.x || b.x + 100 <= a.x || a.y + 40 <= b.y || b.y + 40 <= a.y;
          if (!isApart) expect.fail(`${JSON.stringify(a)} and ${JSON.stringify(b)} overlap`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("every edge of a graph without circles has a path that leads to the right", () => {
  const graph = anyGraph.map((parents) => parents.map((each, index) => each.filter((parent) => parent < index)));
  fc.assert(
    fc.property(graph, (parents) => {
      const { edges } = layOut(parents.map((each) => box(...each)));
      expect(edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(
        parents.flatMap((each, to) => each.map((from) => `${from} ${to}`)).sort(),
      );
      for (const { path } of edges) expect(path).toMatch(/^M[\d.]+ -?[\d.]+[CH]/);
    }),
    { numRuns: 60 },
  );
});
