import { afterAll, beforeAll, expect, test } from "vitest";
import { Check } from "#api/check.ts";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { test as runChecks } from "../../task-image/commands/test.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

let server: PostgresServer;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  warehouse = await server.createDatabase();
  await warehouse.query(`CREATE SCHEMA analytics;
    CREATE TABLE analytics.film_ratings (film_id int, title text, rating text, director_id int, price numeric);
    CREATE TABLE analytics.directors (director_id int, name text);
    INSERT INTO analytics.directors VALUES (1, 'Ada'), (NULL, 'nobody');
    INSERT INTO analytics.film_ratings VALUES (1, 'A', 'Good', 1, 1), (2, 'B', 'Poor', 2, 0), (2, NULL, 'Bad', NULL, 3), (NULL, NULL, NULL, 3, 4), (NULL, 'E', 'it''s', 1, 5);
    CREATE TABLE analytics.loads (id int, loaded_at timestamptz, day date, mood "char"[], price numeric(10,2), name varchar(20));
    INSERT INTO analytics.loads VALUES (1, now() - interval '50 hours', current_date - 2), (2, now() - interval '26 hours', current_date - 1);
    CREATE TABLE analytics.future (at timestamp); INSERT INTO analytics.future VALUES (now() + interval '3 days'), (now());
    CREATE TABLE analytics.endless (at timestamp); INSERT INTO analytics.endless VALUES ('infinity');
    CREATE TABLE local_only (v int, at date); CREATE TABLE "Odd; ""Table""" ("a'b" int)`);
});
afterAll(() => server.stop());

const table = "analytics.film_ratings";

async function run(...checks: unknown[]) {
  const work: WorkOf<"test"> = {
    verb: "test",
    test: { connection: "warehouse", checks: checks.map((check) => Check.parse(check)) },
  };
  const context = aContext();
  const result = await runChecks(aTask({ work, connections: { warehouse: warehouse.connection() } }), context).catch(
    (error: unknown) => error,
  );
  const lines = context.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ check }) => check !== undefined);
  return { result, lines };
}

const FAILING = [
  ["notNull of one column", { table, notNull: ["title"] }, 2],
  ["notNull of several columns counts a row once", { table, notNull: ["title", "film_id"] }, 3],
  ["unique", { table, unique: ["film_id"] }, 1],
  ["acceptedValues", { table, acceptedValues: { column: "rating", values: ["Good", "it's"] } }, 2],
  ["acceptedValues of numbers as text", { table, acceptedValues: { column: "director_id", values: ["1", "2"] } }, 1],
  [
    "relationships beside a NULL parent",
    { table, relationships: { column: "director_id", to: "analytics.directors", field: "director_id" } },
    2,
  ],
  ["rowCount below min", { table, rowCount: { min: 6 } }, 1],
  ["rowCount above max", { table, rowCount: { max: 4 } }, 1],
  ["sql", { sql: "SELECT * FROM analytics.film_ratings WHERE price > 2; -- cheap\n" }, 3],
  [
    "sql with a comment that never ends the line",
    { sql: "SELECT film_id FROM analytics.film_ratings WHERE price = 5 -- five" },
    1,
  ],
  ["nullRatio", { table, nullRatio: { column: "film_id", max: "39.9%" } }, 1],
  ["freshness", { table: "analytics.loads", freshness: { column: "loaded_at", maxAge: "1d" } }, 1],
  ["freshness of a date", { table: "analytics.loads", freshness: { column: "day", maxAge: "1h" } }, 1],
  ["freshness without a value", { table: "local_only", freshness: { column: "at", maxAge: "1h" }, where: "v > 0" }, 1],
  ["freshness of a time far ahead", { table: "analytics.future", freshness: { column: "at", maxAge: "1d" } }, 1],
  ["freshness of infinity", { table: "analytics.endless", freshness: { column: "at", maxAge: "1d" } }, 1],
  ["where leaves rows out", { table, notNull: ["title", "film_id"], where: "price > 3" }, 2],
  ["limit bounds what is counted", { table, notNull: ["title", "film_id"], limit: 2 }, 2],
  ["sql with a semicolon in a string", { sql: "SELECT ';' /* ; /* ; */ */ AS \"a;b\", $q$;$q$;;" }, 1],
] as const;

test.each(FAILING)("%s fails with its failing rows and a query that shows them", async (_name, check, failures) => {
  const { result, lines } = await run(check);
  expect(result).toMatchObject({
    kind: "data",
    code: "CheckFailed",
    measured: { tests: { passed: 0, warned: 0, failed: 1, errored: 0 } },
  });
  expect(lines).toMatchObject([{ state: "failed", failures, severity: "error", level: "error" }]);
  expect(await warehouse.query(String(lines[0]?.sample))).toHaveLength(failures);
});

const PASSING = [
  ["notNull", { table: "analytics.directors", notNull: ["name"] }],
  ["unique over several columns leaves rows with NULL out", { table, unique: ["film_id", "title"] }],
  [
    "acceptedValues leaves NULL out",
    { table, acceptedValues: { column: "rating", values: ["Good", "Poor", "Bad", "it's"] } },
  ],
  [
    "relationships leaves NULL out",
    { table: "analytics.directors", relationships: { column: "director_id", to: table, field: "film_id" } },
  ],
  ["rowCount in its range", { table, rowCount: { min: 5, max: 5 } }],
  ["rowCount of an empty table", { table: "local_only", rowCount: { max: 0 } }],
  ["nullRatio at its bound", { table, nullRatio: { column: "film_id", max: "40%" } }],
  ["nullRatio of no rows", { table: "local_only", nullRatio: { column: "v", max: "0%" } }],
  ["freshness", { table: "analytics.loads", freshness: { column: "loaded_at", maxAge: "27h" } }],
  [
    "freshness of the rows of where",
    { table: "analytics.future", freshness: { column: "at", maxAge: "1d" }, where: "at < now() + interval '1 hour'" },
  ],
  ["value", { value: { sql: "SELECT max(price) FROM analytics.film_ratings;", equals: 5 } }],
  ["value in a range", { value: { sql: "SELECT avg(price) FROM analytics.film_ratings", min: "2.5", max: 3 } }],
  [
    "columns by any name of their types",
    {
      table: "analytics.loads",
      columns: {
        extra: "refuse",
        expected: [
          { name: "price", type: "DECIMAL(10, 2)" },
          { name: "name", type: "varchar" },
          { name: "id", type: "int4" },
          { name: "day" },
          { name: "loaded_at", type: "timestamptz" },
          { name: "mood", type: '"char"[]' },
        ],
      },
    },
  ],
  ["sql with common table expressions", { sql: "WITH f AS (SELECT 1) SELECT * FROM f WHERE false" }],
  ["odd names", { table: 'public.Odd; "Table"', notNull: ["a'b"] }],
] as const;

test.each(PASSING)("%s passes", async (_name, check) => {
  const { result } = await run(check);
  expect(result).toEqual({ message: "1 check: 1 passed", tests: { passed: 1, warned: 0, failed: 0, errored: 0 } });
});

const ERRORS = [
  [
    { table, notNull: ["titel"] },
    `column "titel" of analytics.film_ratings does not exist; it has: film_id, title, rating, director_id, price`,
  ],
  [{ table, unique: ["a", "film_id", "b"] }, `columns "a", "b" of analytics.film_ratings do not exist`],
  [
    { table: "analytics.film_rating", rowCount: { min: 1 } },
    "table analytics.film_rating does not exist; near names: analytics.film_ratings",
  ],
  [
    { table, relationships: { column: "film_id", to: "analytics.directors", field: "id" } },
    `column "id" of analytics.directors does not exist; it has: director_id, name`,
  ],
  [
    { table, relationships: { column: "title", to: "analytics.directors", field: "director_id" } },
    "operator does not exist: integer = text",
  ],
  [{ sql: "SELECT nonsense FROM analytics.directors" }, `column "nonsense" does not exist`],
  [{ sql: "SELECT 1; DROP TABLE local_only" }, "test.checks[0].sql must hold exactly one SELECT"],
  [{ sql: "SELECT 1) AS failing; DROP TABLE local_only; --" }, "test.checks[0].sql must hold exactly one SELECT"],
  [{ table, nullRatio: { column: "titel", max: "5%" } }, `column "titel" of analytics.film_ratings does not exist`],
  [
    { table, freshness: { column: "price", maxAge: "1d" } },
    "function pg_catalog.extract(unknown, numeric) does not exist",
  ],
  [{ table: "analytics.load", columns: { expected: [{ name: "id" }] } }, "near names: analytics.loads"],
  [
    { value: { sql: "SELECT title FROM analytics.film_ratings", equals: "A" } },
    "more than one row returned by a subquery",
  ],
  [{ value: { sql: "SELECT 1, 2", equals: 1 } }, "subquery must return only one column"],
  [{ table, notNull: ["title"], where: "pric > 1" }, `column "pric" does not exist`],
  [{ table, unique: ["film_id"], failCalc: "avg(occurrences) / 4.0" }, "failCalc answers no whole number"],
  [{ sql: "-- nothing" }, "test.checks[0].sql must hold exactly one SELECT"],
  [{ sql: "SELECT 1 WHERE 1 / 0 > 0" }, "division by zero"],
  [{ sql: "DELETE FROM local_only" }, "syntax error"],
  [
    { sql: "SELECT setval('s', 1) FROM (SELECT set_config('transaction_read_only', 'off', false)) AS off" },
    "does not exist",
  ],
] as const;

test.each(ERRORS)("%j is an error that says why", async (check, message) => {
  const { result, lines } = await run(check);
  expect(result).toMatchObject({
    kind: "configuration",
    code: "CheckErrored",
    message: expect.stringContaining(message),
    measured: { tests: { errored: 1 } },
  });
  expect(lines).toMatchObject([{ state: "errored" }]);
  expect(await warehouse.query("SELECT to_regclass('local_only') AS it")).toEqual([{ it: "local_only" }]);
});

test("all checks run whatever fails, a warning fails nothing, and the message names the worst first", async () => {
  const { result, lines } = await run(
    { table, notNull: ["title"], severity: "warn", name: "titles" },
    { table, rowCount: { min: 1 } },
    { table, unique: ["film_id"], name: "keys" },
    { table, notNull: ["nope"], name: "broken" },
    { table, rowCount: { min: 10 } },
  );
  expect(lines.map(({ state }) => state)).toEqual(["warned", "passed", "failed", "errored", "failed"]);
  expect(result).toMatchObject({
    kind: "configuration",
    measured: { tests: { passed: 1, warned: 1, failed: 2, errored: 1 } },
    message: expect.stringMatching(
      /^5 checks: 1 passed, 1 warned, 2 failed, 1 errored; broken: column "nope".*; keys: 1 failing row, see: SELECT .*; analytics\.film_ratings: row count at least 10: row count is 5, .*; 1 more in the log$/,
    ),
  });
  const { result: warned } = await run({ table, notNull: ["title"], severity: "warn", name: "titles" });
  expect(warned).toMatchObject({
    message: expect.stringMatching(/^1 check: 1 warned; titles: 2 failing rows/),
    tests: { warned: 1 },
  });
});

test("a check of a user's own SQL cannot write", async () => {
  await warehouse.query(
    "CREATE FUNCTION write_it() RETURNS int LANGUAGE sql AS 'INSERT INTO public.local_only VALUES (1) RETURNING v'",
  );
  const { result } = await run({ sql: "SELECT write_it()" });
  expect(result).toMatchObject({ kind: "configuration", message: expect.stringContaining("read-only transaction") });
  expect(await warehouse.query("SELECT * FROM local_only")).toEqual([]);
});

test("a lost connection is transient, not a result of a check", async () => {
  const { result } = await run({ sql: "SELECT pg_terminate_backend(pg_backend_pid())" });
  expect(result).toMatchObject({ kind: "transient", code: "57P01" });
});

const VALUES = [
  [{ value: { sql: "SELECT 'se' || 'cret'", equals: "public" } }, /the value is another one, see: SELECT 'se'/],
  [{ value: { sql: "SELECT NULL::int", equals: 1 } }, "the value is NULL, see: SELECT NULL::int"],
  [{ value: { sql: "SELECT 7", max: "6.5" } }, "the value is another one, see: SELECT 7"],
  [{ table, nullRatio: { column: "film_id", max: "5%" } }, "40% of the rows are null, see: "],
  [
    { table: "analytics.loads", freshness: { column: "loaded_at", maxAge: "1d" } },
    /the newest value is 26h0\dm old, see: /,
  ],
  [
    { table: "analytics.future", freshness: { column: "at", maxAge: "1d" } },
    /the newest value lies 7[12]h\d\dm in the future, see: /,
  ],
  [{ table: "analytics.endless", freshness: { column: "at", maxAge: "1d" } }, "no moment that a clock reaches, see: "],
  [{ table: "local_only", freshness: { column: "at", maxAge: "1d" } }, "no row has a value, see: "],
] as const;

test.each(VALUES)("%j says what is wrong without a value of a row", async (check, message) => {
  const { result, lines } = await run(check);
  expect(result).toMatchObject({ code: "CheckFailed", message: expect.stringMatching(message) });
  expect(JSON.stringify([(result as Error).message, lines])).not.toContain("secret");
});

test("a table with other columns than expected names each that is wrong, and a query that lists them", async () => {
  const expected = [{ name: "ID" }, { name: "price", type: "numeric(10)" }, { name: "loaded_at", type: "timestamp" }];
  const { result, lines } = await run({ table: "analytics.loads", columns: { expected, extra: "refuse" } });
  expect(lines).toMatchObject([{ state: "failed", failures: 7 }]);
  expect((result as Error).message).toContain(
    "column ID is missing; column price is numeric(10,2), expected numeric(10); column loaded_at is timestamp with time zone, expected timestamp; column id is not expected;",
  );
  expect(await warehouse.query(String(lines[0]?.sample))).toContainEqual({ name: "price", type: "numeric(10,2)" });
});

test.each([
  [{ errorIf: "> 2" }, "warned", "2 failing rows, see: "],
  [{ errorIf: "> 2", warnIf: "> 2" }, "passed", ""],
  [{ errorIf: "between 1 and 2" }, "failed", "2 failing rows (fails if between 1 and 2), see: "],
  [{ severity: "warn", warnIf: ">= 2" }, "warned", "2 failing rows (warns if >= 2), see: "],
  [{ severity: "warn", warnIf: "> 2" }, "passed", ""],
  [{ errorIf: "= 1", limit: 1 }, "failed", "1 failing row (fails if = 1), see: "],
  [{ errorIf: "> 2", warnIf: "= 0", failCalc: "sum(price) - 9" }, "warned", ""],
] as const)("%j decides as dbt's severity, warn_if and error_if do: %s", async (said, state, message) => {
  const check = { table, sql: undefined, notNull: ["film_id"], name: "keys", ...said };
  const { lines } = await run(check);
  expect(lines).toMatchObject([{ state }]);
  expect(String(lines[0]?.message ?? "")).toContain(message);
});
