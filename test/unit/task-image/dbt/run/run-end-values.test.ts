import { expect, test } from "vitest";
import type { NodeResult } from "../../../../../task-image/dbt/run/node-result.ts";
import { runEndValues } from "../../../../../task-image/dbt/run/run-end-values.ts";
import { parseDbtTemplate } from "../../../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../../../task-image/jinja/running/interpreter.ts";
import { Scope } from "../../../../../task-image/jinja/running/scope.ts";
import { manifestOf } from "../../../../support/dbt/dbt-nodes.ts";

const MANIFEST = manifestOf("warehouse", [
  { name: "films", schema: "marts", config: { materialized: "table" } },
  { name: "broken", schema: "broken" },
  { type: "seed", name: "few", schema: "raw" },
  { type: "test", name: "unique_films", schema: "audit", config: { store_failures: true } },
  { type: "test", name: "plain_test", schema: "nowhere" },
  { type: "operation", name: "shop-on-run-start-0", tags: ["on-run-start"] },
  { type: "operation", name: "shop-on-run-start-1", tags: ["on-run-start"] },
]);

const ended = (id: string, more: Partial<NodeResult> = {}): NodeResult => ({
  ...{ id, status: "success", message: "SELECT 2", rows: 2, failures: null, seconds: 0.25, sqlState: null },
  ...{ compiledCode: "select 1", thread: "Thread-1", steps: [], response: null },
  ...more,
});

const RESULTS = [
  ended("operation.shop.shop-on-run-start-0", { thread: "main" }),
  ended("operation.shop.shop-on-run-start-1", { thread: "main", status: "error" }),
  ended("model.shop.films", {
    steps: [{ name: "compile", startedAt: 1_700_000_000_000_000n, completedAt: 1_700_000_000_250_000n }],
    response: { message: "SELECT 2", code: "SELECT", rowsAffected: 2 },
  }),
  ended("model.shop.broken", { status: "error" }),
  ended("seed.shop.few"),
  ended("test.shop.unique_films", { status: "warn", failures: 3 }),
  ended("test.shop.plain_test", { status: "pass", failures: 0 }),
];

function rendered(template: string, storesFailures = false): string {
  const values = runEndValues({ manifest: MANIFEST, storesFailures }, RESULTS);
  const scope = new Scope(undefined, { get: (name) => values.get(name), names: () => values.keys() });
  return renderTemplate(parseDbtTemplate("hook", template), scope).text;
}

test.each([
  ["{{ schemas }}", "['marts', 'raw', 'audit']"],
  ["{{ database_schemas | first }}", "('warehouse', 'marts')"],
  [
    "{{ results | map(attribute='node') | map(attribute='name') | join(' ') }}",
    "shop-on-run-start-1 films broken few unique_films plain_test",
  ],
  ["{{ results[1].status }} {{ results[1].execution_time }} {{ results[1].thread_id }}", "success 0.25 Thread-1"],
  ["{{ results[4].failures }} {{ results[1].failures }} {{ results[1].skipped }}", "3 None False"],
  ["{{ results[1].adapter_response.rows_affected }} {{ results[2].adapter_response }}", "2 {}"],
  ["{{ results[1].node.config.materialized }} {{ results[1].node.compiled_code }}", "table select 1"],
  [
    "{% set step = results[1].timing | selectattr('name', 'eq', 'compile') | first %}{{ step['started_at'] }} {{ step.completed_at.isoformat() }}",
    "2023-11-14 22:13:20 2023-11-14T22:13:20.250000",
  ],
  [
    "{% set all = results[1].to_dict() %}{{ all.node.unique_id }} {{ all['timing'][0].name }}",
    "model.shop.films compile",
  ],
])("a hook of on-run-end sees what dbt shows it: %s", (template, text) => {
  expect(rendered(template)).toBe(text);
});

test("where all tests keep what they find, their schemas are among those that were built", () => {
  expect(rendered("{{ schemas }}", true)).toBe("['marts', 'raw', 'audit', 'nowhere']");
});
