import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Check } from "#api/check.ts";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { test as runChecks } from "../../task-image/commands/test.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

/*
 * What checks leave in the warehouse: numbers for the next runs, and failing rows.
 */
let server: PostgresServer;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
  await warehouse.query(`CREATE SCHEMA shop; CREATE TABLE shop.orders (id int, price numeric, note text);
    INSERT INTO shop.orders SELECT n, n, NULL FROM generate_series(1, 100) AS n`);
});

interface Settings {
  readonly uid?: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly schema?: string;
  readonly connection?: ReturnType<TestDatabase["connection"]>;
}

async function run(checks: readonly unknown[], { schema, connection, ...task }: Settings = {}) {
  const work: WorkOf<"test"> = {
    verb: "test",
    test: {
      connection: "warehouse",
      ...(schema === undefined ? {} : { storeFailures: { schema } }),
      checks: checks.map((check) => Check.parse(check)),
    },
  };
  const context = aContext();
  const connections = { warehouse: connection ?? warehouse.connection() };
  const result = await runChecks(aTask({ work, connections, node: "quality", ...task }), context).catch(
    (error: unknown) => error,
  );
  const lines = context.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ check }) => check !== undefined);
  return { result, lines, items: context.progress.items };
}

const ROWS = { table: "shop.orders", name: "orders", distribution: { metric: "rowCount", minHistory: 3 } };
const kept = () =>
  warehouse
    .query("SELECT run_uid, value FROM shop._kelt_metrics ORDER BY measured_at")
    .then((rows) => rows.map(({ run_uid, value }) => [run_uid, Number(value)]));

test("a number is kept in each run, and one that is unlike those before fails with a query that shows them", async () => {
  for (const [uid, extra] of [
    ["run-1", 1],
    ["run-2", 2],
    ["run-3", 1],
  ] as const) {
    await warehouse.query(`INSERT INTO shop.orders SELECT 0 FROM generate_series(1, ${extra})`);
    expect((await run([ROWS], { uid })).result).toMatchObject({ tests: { passed: 1 } });
  }
  expect(await kept()).toEqual([
    ["run-1", 101],
    ["run-2", 103],
    ["run-3", 104],
  ]);
  await warehouse.query("DELETE FROM shop.orders WHERE id > 20");
  const { result, lines } = await run([ROWS], { uid: "run-4" });
  expect(result).toMatchObject({
    code: "CheckFailed",
    message: expect.stringMatching(
      /orders: rowCount lies 51\.\d standard deviations from the mean of 3 runs, at most 3 expected, see: SELECT/,
    ),
  });
  const shown = await warehouse.query(String(lines[0]?.sample));
  expect(shown.map(({ value }) => Number(value))).toEqual([24, 104, 103, 101]);
  const [row] = await warehouse.query("SELECT * FROM shop._kelt_metrics WHERE run_uid = 'run-4'");
  expect(row).toMatchObject({
    ...{ namespace: "demo", pipeline: "films", node: "quality", schema_name: "shop", table_name: "orders" },
    ...{ check_name: "orders", metric: "rowCount", run: "run-1" },
  });
});

test("an attempt more of a run counts once, and does not see its own number", async () => {
  for (const uid of ["run-1", "run-2", "run-3"]) await run([ROWS], { uid });
  await warehouse.query("DELETE FROM shop.orders WHERE id > 50");
  for (const attempt of [1, 2, 3]) {
    const { result } = await run([ROWS], { uid: "run-4", attempt });
    expect(result).toMatchObject({ code: "CheckFailed" });
  }
  expect(await kept()).toEqual([
    ["run-1", 100],
    ["run-2", 100],
    ["run-3", 100],
    ["run-4", 50],
  ]);
});

test("another node, check or column has a history of its own", async () => {
  await run([ROWS], { uid: "run-1" });
  await run([ROWS], { uid: "run-1", node: "other" });
  const metrics = ["nullRatio", "average", "sum", "min", "max"].map((metric) => ({
    table: "shop.orders",
    distribution: { metric, column: metric === "nullRatio" ? "note" : "price" },
  }));
  expect((await run(metrics, { uid: "run-1" })).result).toMatchObject({ tests: { passed: 5 } });
  const rows = await warehouse.query("SELECT node, metric, value FROM shop._kelt_metrics ORDER BY measured_at");
  expect(rows.map(({ node, metric, value }) => `${node} ${metric} ${value}`)).toEqual([
    "quality rowCount 100",
    "other rowCount 100",
    "quality nullRatio(note) 1",
    "quality average(price) 50.5",
    "quality sum(price) 5050",
    "quality min(price) 1",
    "quality max(price) 100",
  ]);
});

test("only the latest thousand numbers of a check are kept, and those of others stay", async () => {
  await run([ROWS, { ...ROWS, name: "other" }], { uid: "run-0" });
  await warehouse.query(`INSERT INTO shop._kelt_metrics SELECT namespace, pipeline, node, schema_name, table_name, check_name, metric,
    'old-' || n, run, value, measured_at - n * interval '1 day' FROM shop._kelt_metrics, generate_series(1, 1200) AS n`);
  await run([ROWS], { uid: "run-1" });
  const rows = await warehouse.query("SELECT check_name, count(*) AS n FROM shop._kelt_metrics GROUP BY 1 ORDER BY 1");
  expect(rows).toEqual([
    { check_name: "orders", n: "1000" },
    { check_name: "other", n: "1201" },
  ]);
});

test.each([
  [{ ...ROWS, table: "orders" }, "orders has no schema to keep the history in"],
  [{ ...ROWS, table: "shop.order" }, "near names: shop.orders"],
  [
    { table: "shop.orders", distribution: { metric: "average", column: "pric" } },
    'column "pric" of shop.orders does not exist',
  ],
  [{ table: "shop.orders", distribution: { metric: "average", column: "note" } }, "function avg(text) does not exist"],
])("%j cannot be carried out, says why and keeps nothing", async (check, message) => {
  await warehouse.query("CREATE TABLE orders (id int)");
  const { result } = await run([check]);
  expect(result).toMatchObject({ code: "CheckErrored", message: expect.stringContaining(message) });
  const there = await warehouse.query("SELECT to_regclass('shop._kelt_metrics') AS it");
  if (there[0]?.it !== null) expect(await kept()).toEqual([]);
});

test("a number that cannot be one fails once there is a history, and is not kept", async () => {
  const check = { table: "shop.orders", name: "top", distribution: { metric: "max", column: "price", minHistory: 3 } };
  for (const uid of ["run-1", "run-2", "run-3"]) await run([check], { uid });
  for (const [index, value] of ["'NaN'", "1e400"].entries()) {
    await warehouse.query(`UPDATE shop.orders SET price = ${value} WHERE id = 1`);
    const { result } = await run([check], { uid: `odd-${index}` });
    expect(result).toMatchObject({ code: "CheckFailed", message: expect.stringContaining("max(price) is no number") });
  }
  await warehouse.query("UPDATE shop.orders SET price = NULL");
  expect((await run([check], { uid: "null" })).result).toMatchObject({ code: "CheckFailed" });
  expect(await kept()).toHaveLength(3);
});

test("a session that is lost between the number and its COMMIT has kept nothing, and the next attempt keeps it once", async () => {
  await run([ROWS], { uid: "run-1" });
  await warehouse.query(`CREATE FUNCTION shop.lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
    CREATE TRIGGER lose AFTER INSERT ON shop._kelt_metrics FOR EACH ROW EXECUTE FUNCTION shop.lose()`);
  expect((await run([ROWS], { uid: "run-2" })).result).toMatchObject({ kind: "transient" });
  expect(await kept()).toEqual([["run-1", 100]]);
  await warehouse.query("DROP TRIGGER lose ON shop._kelt_metrics");
  expect((await run([ROWS], { uid: "run-2", attempt: 2 })).result).toMatchObject({ tests: { passed: 1 } });
  expect(await kept()).toEqual([
    ["run-1", 100],
    ["run-2", 100],
  ]);
});

const DEAR = {
  table: "shop.orders",
  name: "Dear orders!",
  acceptedValues: { column: "price", values: ["1", "2", "3"] },
};

test("failing rows are kept in a table of the check's name, replaced by each run and empty when there are none", async () => {
  const first = await run([{ ...DEAR, limit: 5 }], { schema: "audit" });
  expect(first.lines).toMatchObject([
    { state: "failed", failures: 5, sample: 'SELECT * FROM "audit"."dear_orders" LIMIT 10' },
  ]);
  expect(await warehouse.query(String(first.lines[0]?.sample))).toHaveLength(5);
  await warehouse.query("UPDATE shop.orders SET price = 1 WHERE id < 99");
  await run([DEAR], { schema: "audit", uid: "run-2" });
  expect(await warehouse.query("SELECT id FROM audit.dear_orders ORDER BY id")).toEqual([{ id: "99" }, { id: "100" }]);
  await warehouse.query("UPDATE shop.orders SET price = 1");
  expect((await run([DEAR], { schema: "audit", uid: "run-3" })).result).toMatchObject({ tests: { passed: 1 } });
  expect(await warehouse.query("SELECT * FROM audit.dear_orders")).toEqual([]);
});

test("conditions and failCalc look at the rows that are kept, and a check may keep none", async () => {
  await warehouse.query("INSERT INTO shop.orders VALUES (1, 7), (2, 7), (2, 7)");
  const check = { table: "shop.orders", name: "twice", unique: ["id"], failCalc: "sum(occurrences)", errorIf: "> 5" };
  const none = { sql: "SELECT 1 AS one", name: "kept by none", storeFailures: false, severity: "warn" };
  const { lines } = await run([check, none], { schema: "audit" });
  expect(lines).toMatchObject([
    { state: "warned", failures: 5 },
    { state: "warned", failures: 1 },
  ]);
  expect(await warehouse.query("SELECT id, occurrences FROM audit.twice ORDER BY id")).toEqual([
    { id: "1", occurrences: "2" },
    { id: "2", occurrences: "3" },
  ]);
  expect(await warehouse.query("SELECT to_regclass('audit.kept_by_none') AS it")).toEqual([{ it: null }]);
});

test.each([
  ["a table of somebody else", "CREATE TABLE audit.dear_orders AS SELECT 1 AS mine", "it is not kelt's"],
  ["a view", "CREATE VIEW audit.dear_orders AS SELECT 1 AS mine", "it is not kelt's"],
  [
    "what another check has kept",
    "CREATE TABLE audit.dear_orders AS SELECT 1 AS mine; COMMENT ON TABLE audit.dear_orders IS 'kelt: rows that break check x of node y of pipeline a/b'",
    "it has the rows that break check x of node y of pipeline a/b",
  ],
])("%s is not replaced by failing rows", async (_name, sql, message) => {
  await warehouse.query(`CREATE SCHEMA audit; ${sql}`);
  const { result } = await run([DEAR], { schema: "audit" });
  expect(result).toMatchObject({ code: "CheckErrored", message: expect.stringContaining(message) });
  expect(await warehouse.query("SELECT * FROM audit.dear_orders")).toEqual([{ mine: "1" }]);
});

test("failing rows that cannot be kept leave those of the last run as they are", async () => {
  await run([DEAR], { schema: "audit" });
  await warehouse.query("CREATE VIEW audit.mine AS SELECT id FROM audit.dear_orders");
  const { result } = await run([DEAR], { schema: "audit", uid: "run-2" });
  expect(result).toMatchObject({
    code: "CheckErrored",
    message: expect.stringContaining("other objects depend on it"),
  });
  expect(await warehouse.query("SELECT * FROM audit.mine")).toHaveLength(97);
});

test("a session that is lost while failing rows are written leaves the last ones", async () => {
  const check = { name: "lost", sql: "SELECT id, shop.answer() AS answer FROM shop.orders WHERE id < 4" };
  const answer = (body: string) =>
    warehouse.query(`CREATE OR REPLACE FUNCTION shop.answer() RETURNS text LANGUAGE sql AS $$ SELECT ${body} $$`);
  await answer("'first'");
  await run([check], { schema: "audit" });
  await answer("pg_terminate_backend(pg_backend_pid())::text");
  expect((await run([check], { schema: "audit" })).result).toMatchObject({ kind: "transient" });
  const rows = await warehouse.query("SELECT id, answer FROM audit.lost ORDER BY id");
  expect(rows).toEqual(["1", "2", "3"].map((id) => ({ id, answer: "first" })));
});
