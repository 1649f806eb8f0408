import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { extract } from "../../../task-image/commands/extract.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type ObjectsLoad, type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let lake: RedshiftLake;
let server: PostgresServer;
let source: TestDatabase;

beforeAll(async () => {
  [lake, server] = await Promise.all([startRedshiftLake(), startPostgres()]);
  source = await server.createDatabase();
  await source.query(`
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE films (id int NOT NULL, "Title" text, price numeric(10,2), big numeric, made date, seen timestamptz, at timestamp(3),
      good boolean, tags text[], mood mood, doc jsonb, size double precision);
    INSERT INTO films VALUES
      (1, '', 1.10, 12345678901234567890123456789012345678901.5, '2026-01-31', '2026-01-31 10:00:00.123456+02', '2026-01-31 10:00:00.123',
       true, '{a,"b,c"}', 'good', '{"a": 1}', 1e-7),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
      (3, E'two\\nlines, "quotes" and \\\\N', 0, 1, '0001-01-01', '2026-01-01 00:00:00+00', '2026-01-01 00:00:00', false, '{}', 'bad', '[]', 2);
    CREATE TABLE actors (id int); INSERT INTO actors VALUES (7);`);
});
afterAll(async () => {
  await lake[Symbol.asyncDispose]();
  await server.stop();
});
beforeEach(() => lake.newWarehouse());

/** Loads from the source by way of the bucket. */
function load(from: ObjectsLoad["from"], parts: ObjectsLoad = {}) {
  const to = { via: "lake", ...parts.to };
  return lake.load({
    ...parts,
    from: { connection: "source", ...from },
    to,
    connections: { source: source.connection(), ...parts.connections },
  });
}

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.store.list(prefix)) keys.push(key);
  return keys;
}

const ownKeys = () => keysBelow("_kelt/");

test("tables arrive with every value, NULL and the empty text among them, and nothing stays in the bucket", async () => {
  expect(await load({ tables: ["films", "actors"] })).toMatchObject({ message: "2 tables, 4 rows" });
  expect(await lake.types("raw.films")).toEqual({
    id: "integer",
    title: "character varying(65535)",
    price: "numeric(10,2)",
    big: "character varying(65535)",
    made: "date",
    seen: "timestamp with time zone",
    at: "timestamp without time zone",
    good: "boolean",
    tags: "character varying(65535)",
    mood: "character varying(65535)",
    doc: "character varying(65535)",
    size: "double precision",
  });
  const [first, second, third] = await lake.rows("raw.films");
  expect(first).toEqual([
    ...["1", "", "1.10", "12345678901234567890123456789012345678901.5", "2026-01-31"],
    ...["2026-01-31 08:00:00.123456+00", "2026-01-31 10:00:00.123", "t", '{a,"b,c"}', "good", '{"a": 1}', "1e-07"],
  ]);
  expect(second).toEqual(["2", ...Array.from({ length: 11 }, () => null)]);
  expect(third?.slice(0, 5)).toEqual(["3", 'two\nlines, "quotes" and \\N', "0.00", "1", "0001-01-01"]);
  expect(await lake.rows("raw.actors")).toEqual([["7"]]);
  expect(await ownKeys()).toEqual([]);
});

test("a pattern and a query, merged by key, twice", async () => {
  await load({ tables: ["public.act*"] });
  expect(await lake.rows("raw.actors")).toEqual([["7"]]);
  const query = { query: "SELECT id, price FROM films WHERE price IS NOT NULL" };
  const merge: ObjectsLoad = { mode: "merge", key: ["id"], to: { table: "prices" }, uid: "query" };
  expect(await load(query, merge)).toMatchObject({ rows: 2 });
  expect(await load(query, { ...merge, attempt: 2 })).toMatchObject({
    message: "1 table, 2 rows, loaded by attempt 1",
  });
  expect(await load(query, { ...merge, uid: "another" })).toMatchObject({ rows: 2 });
  expect(await lake.rows("raw.prices")).toEqual([
    ["1", "1.10"],
    ["3", "0.00"],
  ]);
});

test("files of a volume go through the bucket as they are", async () => {
  const directory = temporaryDirectory("volume");
  writeFileSync(join(directory, "titles.csv"), "id,title\n1,a\n");
  writeFileSync(join(directory, "more.csv"), "title,id\nb,2\n");
  const connections = { seeds: { kind: "files" as const, directory } };
  expect(await load({ connection: "seeds", files: { titles: "*.csv" } }, { connections })).toMatchObject({ rows: 2 });
  expect(await lake.warehouse.query("SELECT id, title FROM raw.titles ORDER BY id")).toEqual([
    { id: "1", title: "a" },
    { id: "2", title: "b" },
  ]);
  const none = load({ connection: "seeds", files: { titles: "none/" } }, { connections });
  await expect(none).rejects.toThrow("expected at least one file of connection seeds, found none");
  expect(await ownKeys()).toEqual([]);
});

test("what an extract has written is loaded with the types of its tables", async () => {
  const connections = { source: source.connection(), lake: lake.s3.connection("lake") };
  const to = { connection: "lake", prefix: "extract/", compression: "gzip", createBucket: false } as const;
  const from = { connection: "source", schema: "public", tables: ["actors"] };
  await extract(
    aTask({ work: { verb: "extract", extract: { from, to } } as never, connections, uid: "node", node: "out" }),
    aContext(),
  );
  const manifest = "extract/manifest.json";
  expect(await lake.load({ from: { connection: "lake", node: "out" }, manifest, uid: "node" })).toMatchObject({
    rows: 1,
  });
  expect(await lake.types("raw.actors")).toEqual({ id: "integer" });
});

/** As many rows as the source's table has, so that a count does not tell. */
const FILMS_OF_SOMEBODY = "id\n8\n9\n10\n";

test("what something else writes in the place of an extract is not loaded, whenever it does", async () => {
  const connections = { source: source.connection(), lake: lake.s3.connection("lake") };
  const to = { connection: "lake", prefix: "taken/", compression: "none", createBucket: false } as const;
  const from = { connection: "source", schema: "public", tables: ["actors", "films"] };
  await extract(
    aTask({ work: { verb: "extract", extract: { from, to } } as never, connections, uid: "node", node: "out" }),
    aContext(),
  );
  const manifest = "taken/manifest.json";
  lake.redshift.beforeCopy = async (sql) => {
    if (sql.includes("IGNOREHEADER")) await lake.put("taken/public.films.csv", FILMS_OF_SOMEBODY);
  };
  const loading = lake.load({ from: { connection: "lake", node: "out" }, manifest, uid: "node" });
  await expect(loading).rejects.toMatchObject({ kind: "data", code: "ExtractReplaced" });
  lake.redshift.beforeCopy = () => Promise.resolve();
  expect(await lake.warehouse.query("SELECT to_regclass('raw.films') AS found")).toEqual([{ found: null }]);
});

test("what a failed attempt has written is taken away, and the next one writes it again", async () => {
  let once = true;
  lake.redshift.beforeCopy = () => {
    if (!once) return Promise.resolve();
    once = false;
    return Promise.reject(new Error("the stand-in fails once"));
  };
  await expect(load({ tables: ["actors"] }, { uid: "again" })).rejects.toThrow(
    "loading public.actors into raw.actors: an internal error of the server [SQLSTATE XX000]",
  );
  expect(await ownKeys()).toEqual([]);
  expect(await load({ tables: ["actors"] }, { uid: "again", attempt: 2 })).toMatchObject({ rows: 1 });
});

test("what a pod had written that was killed after COMMIT is taken away by the attempt that finds the load done", async () => {
  await load({ tables: ["actors"] }, { uid: "killed" });
  const [left, own] = ["1/a/actors.csv.gz", "2/b/actors.csv.gz"].map((key) => `_kelt/killed/raw/rows/${key}`);
  for (const key of [left, own]) await lake.put(key ?? "", "id\n7\n");
  const again = await load({ tables: ["actors"] }, { uid: "killed", attempt: 2 });
  expect(again.message).toBe("1 table, 1 rows, loaded by attempt 1");
  expect(await ownKeys()).toEqual([own]);
  await lake.store.remove(own ?? "");
});

test.each<readonly [string, ObjectsLoad["from"], ObjectsLoad, string]>([
  ["a cursor", { tables: ["actors"], cursor: { column: "id" } }, { mode: "append" }, "load.from.cursor"],
  ["parallel readers", { tables: ["actors"], parallel: 2 }, {}, "load.from.parallel"],
  [
    "no bucket",
    { tables: ["actors"] },
    { to: { via: undefined } },
    "load.to.via: the warehouse of connection warehouse",
  ],
  ["a table that is not there", { tables: ["actor"] }, {}, "Near names: public.actors"],
])("%s is refused", async (_name, from, parts, message) => {
  await expect(load(from, parts)).rejects.toThrow(message);
});

test("only the rows of a range are read where a range is replaced", async () => {
  await lake.warehouse.query(
    "CREATE SCHEMA raw; CREATE TABLE raw.actors (id int); INSERT INTO raw.actors VALUES (6), (8), (9)",
  );
  await source.query("INSERT INTO actors VALUES (9)");
  const range = { column: "id", from: "7", to: "9" };
  expect(await load({ tables: ["actors"] }, { mode: "deleteInsert", range })).toMatchObject({ rows: 1 });
  expect((await lake.rows("raw.actors")).flat().toSorted()).toEqual(["6", "7", "9"]);
});
