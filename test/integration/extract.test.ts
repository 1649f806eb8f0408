import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { extract } from "../../task-image/commands/extract.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

let server: PostgresServer;
let source: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  source = await server.createDatabase();
});
afterAll(() => server.stop());

async function runExtract(tables: string[], directory = "out", workDirectory?: string) {
  const work: WorkOf<"extract"> = {
    verb: "extract",
    extract: {
      from: { connection: "source", schema: "public", tables },
      to: { directory, compression: "none", createBucket: false },
    },
  };
  const context = aContext(workDirectory === undefined ? {} : { workDirectory });
  const outcome = await extract(aTask({ work, connections: { source: source.connection() } }), context);
  return { outcome, directory: join(context.workDirectory, directory), workDirectory: context.workDirectory };
}

test("tables become CSV files, and a manifest that counts and proves them comes last", async () => {
  await source.query(`CREATE TABLE films (film_id bigint, title text, at timestamptz);
    INSERT INTO films VALUES (9007199254740993, E'a "b",\\nc', '2024-01-01 00:00:00.123456+02'), (2, NULL, NULL), (3, '', NULL);
    CREATE TABLE "odd/name.é" (v int)`);
  const { outcome, directory } = await runExtract(["films", "public.odd/name.é"]);
  expect(outcome).toMatchObject({ message: "2 files, 3 rows", rows: 3 });
  const csv = readFileSync(join(directory, "public.films.csv"));
  expect(csv.toString()).toBe(
    `film_id,title,at\n9007199254740993,"a ""b"",\nc",2023-12-31 22:00:00.123456+00\n2,,\n3,"",\n`,
  );
  expect(JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8"))).toEqual({
    version: 1,
    format: "csv",
    files: [
      {
        table: "public.films",
        file: "public.films.csv",
        rows: 3,
        bytes: csv.length,
        sha256: createHash("sha256").update(csv).digest("hex"),
        columns: [
          { name: "film_id", type: "bigint" },
          { name: "title", type: "text" },
          { name: "at", type: "timestamp with time zone" },
        ],
      },
      expect.objectContaining({ table: "public.odd/name.é", file: "public.odd%2Fname%2e%C3%A9.csv", rows: 0 }),
    ],
  });
  expect(readdirSync(directory).sort()).toEqual([
    "manifest.json",
    "public.films.csv",
    "public.odd%2Fname%2e%C3%A9.csv",
  ]);
});

test("an attempt that fails leaves no manifest, not even the one of an attempt before it", async () => {
  await source.query(
    "CREATE TABLE good (v int); CREATE VIEW bad AS SELECT 1 / (v - v) AS v FROM generate_series(1, 3) AS v",
  );
  const { workDirectory, directory } = await runExtract(["good"]);
  await expect(runExtract(["good", "bad"], "out", workDirectory)).rejects.toMatchObject({
    kind: "data",
    code: "22012",
  });
  expect(readdirSync(directory)).not.toContain("manifest.json");
});

test("a directory outside of the work volume is refused", async () => {
  await expect(runExtract(["good"], "../elsewhere")).rejects.toMatchObject({
    kind: "configuration",
    code: "OutsideWorkVolume",
  });
  await expect(runExtract(["good"], "/etc")).rejects.toMatchObject({
    kind: "configuration",
    code: "OutsideWorkVolume",
  });
});
