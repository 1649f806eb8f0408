import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const node = (more: object = {}) => ({ container: { command: ["/bin/true"] }, ...more });
const problems = (spec: unknown) => {
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
};

test.each([
  [
    "a cycle, with its path",
    { nodes: { a: node({ needs: ["b"] }), b: node({ needs: ["a"] }) } },
    "spec.nodes[a].needs: the nodes need each other in a circle: a → b → a; remove one of these needs",
  ],
  [
    "a need that is no node",
    { nodes: { a: node({ needs: ["x"] }), b: node() } },
    "spec.nodes[a].needs[0]: no node is called x; there are a, b",
  ],
  [
    "a node that needs itself",
    { nodes: { a: node({ needs: ["a"] }) } },
    "spec.nodes[a].needs[0]: a node cannot need itself",
  ],
  [
    "two verbs",
    { nodes: { a: node({ test: { connection: "w", checks: [{ sql: "select 1" }] } }) } },
    "spec.nodes[a]: exactly one of extract, load, transform, test, container must be set",
  ],
  [
    "no verb",
    { nodes: { a: {} } },
    "spec.nodes[a]: exactly one of extract, load, transform, test, container must be set",
  ],
  ["an unknown field", { nodes: { a: node({ retry: 3 }) } }, "spec.nodes[a].retry: unknown field retry"],
  [
    "a connection that is not there",
    {
      connections: { w: { postgres: {} } },
      nodes: { a: { test: { connection: "v", checks: [{ sql: "select 1" }] } } },
    },
    "spec.nodes[a].test.connection: no connection is called v; there are w",
  ],
  ["no node at all", { nodes: {} }, "spec: at least one node is needed"],
  ["a spec that is no object", null, "spec: Invalid input: expected object, received null"],
])("refuses %s, at its place", (_, spec, message) => {
  expect(problems(spec)).toContain(message);
});

test("gives the graph and the defaults of a sound pipeline", () => {
  const validation = validatePipeline({ nodes: { b: node({ needs: ["a"] }), a: node() } });
  expect(validation).toMatchObject({
    ok: true,
    graph: { order: ["a", "b"] },
    spec: { suspend: false, history: { succeeded: 10 }, nodes: { a: { startTimeout: "5m" } } },
  });
});
