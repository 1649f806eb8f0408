import { expect, test } from "vitest";
import { Check } from "#api/check.ts";
import { nameChecks } from "../../../../task-image/checks/check.ts";
import { POSTGRES_CHECKS } from "../../../../task-image/postgres/checks.ts";

const table = "analytics.film_ratings";
const named = (check: unknown) => nameChecks([Check.parse(check)], POSTGRES_CHECKS)[0];

test.each([
  [
    { table, notNull: ["film_id", "title"] },
    "analytics.film_ratings: not null film_id, title",
    `SELECT * FROM "analytics"."film_ratings" WHERE "film_id" IS NULL OR "title" IS NULL`,
  ],
  [
    { table: "films", unique: ["a", 'b"c'] },
    `films: unique a, b"c`,
    `SELECT "a", "b""c", count(*) AS occurrences FROM "films" WHERE "a" IS NOT NULL AND "b""c" IS NOT NULL GROUP BY "a", "b""c" HAVING count(*) > 1`,
  ],
  [
    { table, acceptedValues: { column: "rating", values: ["it's", "back\\slash", ""] } },
    "analytics.film_ratings: accepted values of rating: it's, back\\slash, ",
    `SELECT * FROM "analytics"."film_ratings" WHERE "rating" IS NOT NULL AND "rating"::text NOT IN ('it''s', E'back\\\\slash', '')`,
  ],
  [
    { table, relationships: { column: "film_id", to: "raw.films", field: "id" } },
    "analytics.film_ratings: every film_id stands in raw.films.id",
    `SELECT child.* FROM "analytics"."film_ratings" AS child WHERE child."film_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "raw"."films" AS parent WHERE parent."id" = child."film_id")`,
  ],
  [
    { table, rowCount: { min: 1, max: 10 } },
    "analytics.film_ratings: row count at least 1 and at most 10",
    `SELECT count(*) AS row_count FROM "analytics"."film_ratings" HAVING count(*) < 1 OR count(*) > 10`,
  ],
  [
    { table, rowCount: {} },
    "analytics.film_ratings: row count any",
    `SELECT count(*) AS row_count FROM "analytics"."film_ratings" HAVING false`,
  ],
  [{ sql: "SELECT 1;", name: "none" }, "none", "SELECT 1"],
  [
    { table, nullRatio: { column: "title", max: "0.5%" } },
    "analytics.film_ratings: at most 0.5% of title is null",
    `SELECT null_percent FROM (SELECT CAST(count(*) - count("title") AS float) * 100 / NULLIF(count(*), 0) AS null_percent FROM "analytics"."film_ratings") AS measured WHERE null_percent > 0.5`,
  ],
  [
    { table, notNull: ["title"], where: "film_id > 2 -- late\n" },
    "analytics.film_ratings: not null title",
    `SELECT * FROM (SELECT * FROM "analytics"."film_ratings" WHERE (film_id > 2\n)) AS checked WHERE "title" IS NULL`,
  ],
  [
    { value: { sql: "SELECT 1;", min: "0.5", max: 2 } },
    "the query answers at least 0.5 and at most 2",
    "SELECT value FROM (SELECT (SELECT 1\n) AS value) AS answer WHERE value IS NULL OR value < 0.5 OR value > 2",
  ],
  [
    { value: { sql: "SELECT 1", equals: "it's" } },
    "the query answers the value it's",
    "SELECT value FROM (SELECT (SELECT 1\n) AS value) AS answer WHERE value IS NULL OR CAST(value AS text) <> 'it''s'",
  ],
])("%j selects the rows that break it", (check, name, failing) => {
  expect(named(check)).toMatchObject({ name, said: { severity: "error" }, rule: { by: "rows", query: { failing } } });
});

test("SQL that is not one statement says so in place of a query", () => {
  expect(named({ sql: "SELECT 1; SELECT 2" })).toMatchObject({
    rule: undefined,
    problem: expect.stringContaining("test.checks[0].sql must hold exactly one SELECT"),
  });
});

test.each([
  [{ table, notNull: ["a"], where: "true) OR (true" }, "test.checks[0].where must hold one condition"],
  [{ table, notNull: ["a"], where: "true; DROP TABLE t" }, "test.checks[0].where must hold one condition"],
  [{ table, notNull: ["a"], failCalc: "count(*)) FROM x; --" }, "test.checks[0].failCalc must hold one expression"],
  [{ value: { sql: "SELECT 1; SELECT 2", equals: 1 } }, "test.checks[0].value.sql must hold exactly one SELECT"],
])("%j does not lead out of the parentheses that it is put into", (check, problem) => {
  expect(named(check)).toMatchObject({ rule: undefined, problem: expect.stringContaining(problem) });
});
