import { expect, test } from "vitest";
import type { ConnectionSpec } from "#api/connection.ts";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { resolvePipeline } from "../../../operator/graph/resolve.ts";

/** A pipeline of `nodes` containers, each with `bytes` of environment. */
function ofSize(nodes: number, bytes: number, more: object = {}) {
  const values = Array.from({ length: Math.ceil(bytes / 4_000) }, (_, index) => [`V${index}`, "x".repeat(4_000)]);
  const node = { container: { env: Object.fromEntries(values) } };
  return { nodes: Object.fromEntries(Array.from({ length: nodes }, (_, index) => [`n${index}`, node])), ...more };
}
const problems = (spec: unknown, connections = new Map<string, ConnectionSpec>()) => {
  const resolved = resolvePipeline(spec, connections);
  return resolved.ok ? [] : resolved.problems.map(formatProblem);
};

test("a spec of half a megabyte is taken, and one that is larger is refused with the figure", () => {
  expect(problems(ofSize(12, 40_000))).toEqual([]);
  const large = ofSize(12, 44_000);
  const bytes = Buffer.byteLength(JSON.stringify(large));
  expect(bytes).toBeGreaterThan(524_288);
  expect(problems(large)).toEqual([
    `spec: expected at most 524288 bytes of JSON, found ${bytes}; split the pipeline in two, or move long SQL into models`,
  ]);
});

test("letters that take several bytes count as several", () => {
  const spec = { nodes: { a: { container: { args: Array.from({ length: 60 }, () => "€".repeat(4_000)) } } } };
  expect(JSON.stringify(spec).length).toBeLessThan(524_288);
  expect(problems(spec)[0]).toMatch(/^spec: expected at most 524288 bytes of JSON, found 72\d{4};/);
});

test("a copy that grows too large by what Connections fill in is refused with the figure", () => {
  const headers = Array.from({ length: 16 }, (_, index) => ({ name: `X-Header-${index}`, value: "x".repeat(1_024) }));
  const resource: ConnectionSpec = { http: { baseUrl: "https://api.example", headers } };
  const names = Array.from({ length: 32 }, (_, index) => `api${index}`);
  const connections = Object.fromEntries(names.map((name) => [name, { ref: "shared" }]));
  const found = problems(ofSize(10, 40_000, { connections }), new Map([["shared", resource]]));
  expect(found).toEqual([
    expect.stringMatching(/^spec: expected at most 786432 bytes of JSON, with .* filled in, found 9\d{5}; split/),
  ]);
});
