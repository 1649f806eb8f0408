import { expect, test } from "vitest";
import { Check } from "#api/check.ts";
import { nameChecks } from "../../../../task-image/checks/check.ts";

const table = "analytics.film_ratings";
const named = (check: unknown) => nameChecks([Check.parse(check)])[0];

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
])("%j selects the rows that break it", (check, name, failing) => {
  expect(named(check)).toMatchObject({ name, severity: "error", query: { failing } });
});

test("SQL that is not one statement says so in place of a query", () => {
  expect(named({ sql: "SELECT 1; SELECT 2" })).toMatchObject({
    query: undefined,
    problem: expect.stringContaining("test.checks[0].sql must hold exactly one SELECT"),
  });
});
