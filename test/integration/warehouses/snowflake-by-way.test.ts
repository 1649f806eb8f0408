import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let scene: SnowflakeScene;
let server: PostgresServer;
let source: TestDatabase;

beforeAll(async () => {
  [scene, server] = await Promise.all([startSnowflakeScene(), startPostgres()]);
  source = await server.createDatabase();
  await source.query(`
    CREATE TABLE films (id int NOT NULL, "Title" text, price numeric(10,2), big numeric, made date, seen timestamptz, at timestamp(3),
      good boolean, tags text[], doc jsonb, size double precision);
    INSERT INTO films VALUES
      (1, '', 1.10, 12345678901234567890.5, '2026-01-31', '2026-01-31 10:00:00.123456+02', '2026-01-31 10:00:00.123', true, '{a,"b,c"}', '{"a": 1}', 1e-7),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await server?.stop();
});

function loadTables(tables: string[], writing: Pick<WorkOf<"load">["load"], "mode" | "range">, uid?: string) {
  const from = { connection: "source", schema: "public", tables };
  const to = { connection: "warehouse", schema: "raw", via: "lake" };
  const work = { verb: "load", load: { from, to, ...writing } } as const;
  const connections = {
    source: source.connection(),
    lake: scene.s3.connection("lake"),
    warehouse: scene.snowflake.connection(),
  };
  return load(aTask({ work, connections, ...(uid === undefined ? {} : { uid }) }), aContext());
}

test("only the rows of a range are read where a range is replaced", async () => {
  await source.query("CREATE TABLE actors AS SELECT generate_series(1, 4) AS id");
  await loadTables(["actors"], { mode: "replace" }, "all");
  await source.query("UPDATE actors SET id = id * 10; INSERT INTO actors VALUES (3)");
  const range = { column: "id", from: "2", to: "10" };
  expect(await loadTables(["actors"], { mode: "deleteInsert", range }, "some")).toMatchObject({ rows: 1 });
  expect((await scene.rows("ACTORS")).map(({ ID }) => ID)).toEqual(["1", "3"]);
});

test("tables of Postgres arrive through a bucket in the types they have, and nothing stays in the bucket", async () => {
  expect(await loadTables(["films"], { mode: "replace" })).toMatchObject({ message: "1 table, 2 rows" });
  expect(await scene.types("FILMS")).toEqual({
    ID: "NUMBER(38,0)",
    TITLE: "VARCHAR(16777216)",
    PRICE: "NUMBER(10,2)",
    BIG: "NUMBER(38,9)",
    MADE: "DATE",
    SEEN: "TIMESTAMP_TZ(9)",
    AT: "TIMESTAMP_NTZ(9)",
    GOOD: "BOOLEAN",
    TAGS: "VARCHAR(16777216)",
    DOC: "VARIANT",
    SIZE: "FLOAT",
  });
  const [first, second] = await scene.snowflake.query(
    `SELECT "ID", "TITLE", "PRICE", "BIG", TO_VARCHAR("MADE") AS "MADE", DATE_PART(EPOCH_SECOND, "SEEN") AS "SEEN", "GOOD", "TAGS", "SIZE" FROM "RAW"."FILMS" ORDER BY 1`,
  );
  expect({ ...first, SEEN: Number(first?.SEEN), SIZE: Number(first?.SIZE) }).toEqual({
    ID: "1",
    TITLE: "",
    PRICE: "1.10",
    BIG: "12345678901234567890.500000000",
    MADE: "2026-01-31",
    SEEN: Math.floor(Date.parse("2026-01-31T10:00:00.123+02:00") / 1000),
    GOOD: "1",
    TAGS: '{a,"b,c"}',
    SIZE: 1e-7,
  });
  expect(Object.values(second ?? {})).toEqual(["2", ...Array.from({ length: 8 }, () => null)]);
  const left: string[] = [];
  for await (const { key } of scene.store.list("")) left.push(key);
  expect(left).toEqual([]);
});
