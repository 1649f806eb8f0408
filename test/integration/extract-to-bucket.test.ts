import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Extract } from "#api/extract.ts";
import { extract } from "../../task-image/commands/extract.ts";
import { readManifest } from "../../task-image/object-store/extract-manifest.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

let server: PostgresServer;
let source: TestDatabase;
let s3: S3Server;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  source = await server.createDatabase();
  await source.query(`CREATE TABLE films (film_id bigint, title text);
    INSERT INTO films SELECT i, 'film ' || i FROM generate_series(1, 50000) i;
    CREATE TABLE users (v int);
    CREATE VIEW broken AS SELECT 100 / (40000 - i) AS v FROM generate_series(1, 50000) i`);
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

function run(tables: readonly string[], to: object, bucket = "lake") {
  const work = {
    verb: "extract" as const,
    extract: Extract.parse({ from: { connection: "source", tables }, to: { connection: "lake", ...to } }),
  };
  return extract(
    aTask({ work, connections: { source: source.connection(), lake: s3.connection(bucket) } }),
    aContext(),
  );
}

const openLake = () => openObjectStore({ connections: { lake: s3.connection("lake") } }, "lake", aContext());

test("tables become gzipped objects of a bucket that is made for them, and a manifest proves them", async () => {
  const outcome = await run(["films", "users"], { prefix: "raw/films/", compression: "gzip", createBucket: true });
  expect(outcome).toMatchObject({ message: "2 files, 50,000 rows" });
  await using lake = await openLake();
  const { files, ...manifest } = await readManifest(lake, "raw/films/manifest.json");
  expect(manifest).toMatchObject({ node: "raw", format: "csv", run: { name: "run-1" } });
  expect(files.map(({ key, rows, relation }) => ({ key, rows, relation }))).toEqual([
    { key: "raw/films/public.films.csv.gz", rows: 50_000, relation: { schema: "public", table: "films" } },
    { key: "raw/films/public.users.csv.gz", rows: 0, relation: { schema: "public", table: "users" } },
  ]);
  for (const file of files) {
    expect(await lake.find(file.key)).toEqual({ key: file.key, bytes: file.bytes, etag: file.etag });
    const bytes = await buffer(lake.read(file));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(file.sha256);
  }
  const csv = gunzipSync(await buffer(lake.read(files[0] as never))).toString();
  expect(csv.split("\n").slice(0, 2)).toEqual(["film_id,title", "1,film 1"]);
  expect(csv.split("\n")).toHaveLength(50_002);
});

test("an extract that fails on the way leaves no manifest, not even the one of an attempt before it, and no cut object", async () => {
  await run(["films"], { prefix: "broken/", createBucket: true });
  await expect(run(["films", "broken"], { prefix: "broken/" })).rejects.toMatchObject({ kind: "data", code: "22012" });
  await using lake = await openLake();
  expect(await lake.find("broken/manifest.json")).toBeUndefined();
  expect(await lake.find("broken/public.broken.csv")).toBeUndefined();
  await expect(readManifest(lake, "broken/manifest.json")).rejects.toMatchObject({ code: "ManifestMissing" });
});

test("a bucket that is missing is named, and no byte of the source is waited for", async () => {
  await expect(run(["films"], { prefix: "x/" }, "not-there")).rejects.toMatchObject({
    kind: "configuration",
    code: "NoSuchBucket",
    message: expect.stringMatching(/bucket|not-there/),
  });
});
