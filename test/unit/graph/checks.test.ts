import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(checks: readonly object[], more: object = {}): string[] {
  const test = { connection: "w", checks, ...more };
  const validation = validatePipeline({ connections: { w: { postgres: { secretRef: "w" } } }, nodes: { q: { test } } });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const table = "shop.orders";
const distribution = (said: object) => ({ table, distribution: { metric: "rowCount", ...said } });
const AT = "spec.nodes[q].test.checks[0]";

test.each([
  [{ table, rowCount: {} }, ".rowCount: expected min or max: every table has some number of rows"],
  [{ table, rowCount: { min: 5, max: 3 } }, ".rowCount: no table has at least 5 and at most 3 rows"],
  [{ value: { sql: "SELECT 1" } }, ".value: expected equals, min or max: nothing is expected of the value"],
  [{ value: { sql: "SELECT 1", equals: 1, min: 0 } }, ".value: equals says all: leave min and max out"],
  [{ value: { sql: "SELECT 1", min: "1.5", max: 1 } }, ".value: no number is at least 1.5 and at most 1"],
  [distribution({ metric: "average" }), ".distribution: average is a number of a column: name it in column"],
  [
    distribution({ column: "id" }),
    ".distribution.column: rowCount counts rows, whatever a column holds: leave column out",
  ],
  [
    distribution({ minHistory: 20, window: 10 }),
    ".distribution.minHistory: 20 runs are needed and 10 are looked at (window), so that the check would always pass",
  ],
  [distribution({ maxZScore: "-1" }), ".distribution.maxZScore: expected a number above 0"],
  [distribution({ minHistory: 2 }), ".distribution.minHistory: expected a whole number from 3 to 365"],
  [
    { ...distribution({}), table: "orders" },
    ".table: expected schema.table: the history of a distribution is kept in the table's schema",
  ],
  [{ table, notNull: ["a"], errorIf: ">= 0" }, ".errorIf: >= 0 holds for every number of rows: no run could pass"],
  [{ table, notNull: ["a"], warnIf: "< 0" }, ".warnIf: < 0 holds for no number of rows: the check could find nothing"],
  [{ table, notNull: ["a"], warnIf: "10" }, ".warnIf: expected a condition such as > 10, != 0 or between 1 and 5"],
  [
    { table, notNull: ["a"], severity: "warn", errorIf: "> 1" },
    ".errorIf: a check of severity warn fails nothing: leave errorIf out, or set severity to error",
  ],
  [{ sql: "SELECT 1", where: "true" }, ".where: a check of sql does not take where: leave it out"],
  [
    { table, columns: { expected: [{ name: "a" }] }, limit: 1 },
    ".limit: a check of columns does not take limit: leave it out",
  ],
  [
    { table, nullRatio: { column: "a", max: "101%" } },
    ".nullRatio.max: expected a share of 0% to 100%, such as 5% or 0.1%",
  ],
  [{ table, freshness: { column: "a", maxAge: "0d" } }, ".freshness.maxAge: expected a duration above 0"],
  [
    { table, columns: { expected: [{ name: "a", type: "int); DROP TABLE t" }] } },
    ".columns.expected[0].type: expected a type such as integer, varchar(20) or timestamp with time zone",
  ],
  [
    { table, notNull: ["a"], storeFailures: true },
    ".storeFailures: the node says no schema for failing rows: set test.storeFailures.schema",
  ],
] as const)("%j is refused at its place", (check, message) => {
  expect(problems([check])).toEqual([expect.stringContaining(`${AT}${message}`)]);
});

test("two checks of a node with one name are refused: results are found by it", () => {
  const named = { table, notNull: ["a"], name: "a" };
  expect(problems([named, { table, unique: ["a"] }, { ...named, table: "shop.others" }])).toEqual([
    "spec.nodes[q].test.checks[2].name: checks[0] is called a too: give each check a name of its own",
  ]);
});

test("every kind of check is taken with all that it may say", () => {
  const common = { severity: "error", warnIf: "> 0", errorIf: "> 10" };
  const more = { ...common, where: "a > 1", limit: 100, failCalc: "count(*)", storeFailures: false };
  expect(
    problems(
      [
        { table, notNull: ["a"], ...more },
        { table, unique: ["a"], ...more },
        { table, acceptedValues: { column: "a", values: ["x"] }, ...more },
        { table, relationships: { column: "a", to: "shop.b", field: "c" }, ...more },
        { table, rowCount: { min: 1 }, where: "true" },
        { table, nullRatio: { column: "a", max: "5%" } },
        { table, freshness: { column: "a", maxAge: "1d12h" } },
        { value: { sql: "SELECT 1", equals: "x" } },
        { table, columns: { expected: [{ name: "a", type: "numeric(10,2)" }], extra: "refuse" }, warnIf: "> 2" },
        distribution({ metric: "nullRatio", column: "a", maxZScore: "2.5", tolerance: "0%" }),
        { sql: "SELECT 1", ...common, limit: 1 },
      ],
      { storeFailures: { schema: "audit" } },
    ),
  ).toEqual([]);
});
