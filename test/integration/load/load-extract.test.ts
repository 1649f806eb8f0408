import { afterAll, beforeAll, expect, test } from "vitest";
import { Extract, manifestKey } from "#api/extract.ts";
import { Load } from "#api/load.ts";
import type { TaskConnection } from "#api/task.ts";
import { extract } from "../../../task-image/commands/extract.ts";
import { load } from "../../../task-image/commands/load.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { until } from "../../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../../support/servers/versitygw.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let server: PostgresServer;
let s3: S3Server;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  [source, warehouse] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  await source.query(`CREATE TABLE films (film_id bigint, title text, price numeric(6,2), seen timestamptz);
    INSERT INTO films VALUES (9007199254740993, E'a "b",\\nc', 1.10, '2024-01-01 00:00:00.123456+02'), (2, NULL, NULL, NULL), (3, '', 0, NULL);
    CREATE TABLE users (id int); INSERT INTO users SELECT generate_series(1, 1000)`);
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

const TO = { connection: "lake", prefix: "raw/", compression: "gzip", createBucket: true };
const connections = (): Readonly<Record<string, TaskConnection>> => ({
  source: source.connection(),
  lake: s3.connection("lake"),
  warehouse: warehouse.connection(),
});

function runExtract(uid: string) {
  const from = { connection: "source", tables: ["films", "users"] };
  const work = { verb: "extract" as const, extract: Extract.parse({ from, to: TO }) };
  return extract(aTask({ work, connections: connections(), uid, node: "landed" }), aContext());
}

function runLoad(uid: string, context = aContext()) {
  const from = { connection: "lake", node: "landed" };
  const parsed = Load.parse({ from, to: { connection: "warehouse", schema: "raw" } });
  const work = { verb: "load" as const, load: parsed, manifest: manifestKey(TO) };
  return load(aTask({ work, connections: connections(), uid }), context);
}

test("tables go through a bucket and arrive with every value", async () => {
  await runExtract("run-a");
  expect(await runLoad("run-a")).toMatchObject({ message: "2 tables, 1,003 rows" });
  const all = "SELECT film_id, title, price, seen FROM films ORDER BY film_id";
  expect(await warehouse.query(all.replace("films", "raw.films"))).toEqual(await source.query(all));
  expect(await warehouse.query("SELECT count(*), sum(id) FROM raw.users")).toEqual([{ count: "1000", sum: "500500" }]);
});

test("what is written after the manifest has been read is not loaded", async () => {
  await runExtract("run-d");
  const rival = await warehouse.connect();
  await rival.query("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('kelt raw.users', 0))");
  const context = aContext();
  const loading = runLoad("run-d", context);
  const refused = expect(loading).rejects.toMatchObject({ kind: "transient", code: "PreconditionFailed" });
  await until("the load waits", () => context.lines.some((line) => line.includes("waiting for another writer")));
  await using lake = await openObjectStore({ connections: connections() }, "lake", aContext());
  await lake.write("raw/public.users.csv.gz", Buffer.from("id\n7\n"), "text/csv");
  await rival.query("ROLLBACK");
  await rival.end();
  await refused;
  expect(await warehouse.query("SELECT count(*) FROM raw.users")).toEqual([{ count: "1000" }]);
});

test("files of another run, and files that somebody has replaced, are not loaded", async () => {
  await runExtract("run-b");
  await expect(runLoad("run-c")).rejects.toMatchObject({ kind: "data", code: "ExtractReplaced" });
  await using lake = await openObjectStore({ connections: connections() }, "lake", aContext());
  await lake.write("raw/public.users.csv.gz", Buffer.from("id\n7\n"), "text/csv");
  await expect(runLoad("run-b")).rejects.toMatchObject({
    kind: "data",
    code: "ExtractReplaced",
    message: expect.stringContaining("s3://lake/raw/public.users.csv.gz has the etag"),
  });
  expect(await warehouse.query("SELECT count(*) FROM raw.users")).toEqual([{ count: "1000" }]);
});
