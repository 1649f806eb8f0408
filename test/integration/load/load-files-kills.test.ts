import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll } from "vitest";
import { Extract, manifestKey } from "#api/extract.ts";
import { Load } from "#api/load.ts";
import type { TaskConnection } from "#api/task.ts";
import { extract } from "../../../task-image/commands/extract.ts";
import { type KilledLoad, testKills } from "../../support/loads/killed-load.ts";
import { parquetOf } from "../../support/loads/parquet-file.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../../support/servers/versitygw.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

const ROWS = 2000;
const BAD_ROWS = 3;
const LAKE = { connection: "lake", prefix: "raw/", compression: "gzip", createBucket: true };

let server: PostgresServer;
let s3: S3Server;
let source: TestDatabase;
let warehouse: TestDatabase;
const directory = temporaryDirectory("volume");

const ROWS_OF_FILES = `SELECT i::bigint AS id, 'film, ' || i AS title FROM generate_series(1, ${ROWS}) AS i`;
const OLD = "SELECT i::bigint AS id, 'old' AS title FROM generate_series(1, 500) AS i";

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  [source, warehouse] = [await server.createDatabase(), await server.createDatabase()];
  await source.query(`CREATE TABLE films AS ${ROWS_OF_FILES}; CREATE TABLE actors AS ${ROWS_OF_FILES}`);
  const ids = Array.from({ length: ROWS }, (_, index) => index + 1);
  const csv = `id,title\n${ids.map((id) => `${id},"film, ${id}"\n`).join("")}`;
  writeFileSync(join(directory, "films.csv.gz"), gzipSync(csv));
  writeFileSync(join(directory, "spoilt.csv.gz"), gzipSync(`${csv}${"bad,x\n".repeat(BAD_ROWS)}`));
  writeFileSync(join(directory, "films.jsonl"), ids.map((id) => `{"id":${id},"title":"film, ${id}"}\n`).join(""));
  const parquet = `SELECT range + 1 AS id, 'film, ' || (range + 1) AS title FROM range(${ROWS})`;
  writeFileSync(join(directory, "films.parquet"), await parquetOf(parquet, ", ROW_GROUP_SIZE 2048"));
  const from = { connection: "source", tables: ["films", "actors"] };
  const work = { verb: "extract" as const, extract: Extract.parse({ from, to: LAKE }) };
  await extract(
    aTask({ work, connections: { source: source.connection(), lake: lake() }, node: "landed" }),
    aContext(),
  );
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

const lake = () => s3.connection("lake");
const countOf = (schema: string, table: string) => `SELECT count(*) FROM ${schema}.${table}`;

interface FilesLoad {
  readonly name: string;
  readonly file: string;
  readonly rejected?: number;
  /** Fields of the manifest's load besides from and to. */
  readonly fields: object;
}

/** One file into a table that has rows, to which a replay would add. */
function filesLoad({ name, file, rejected = 0, fields }: FilesLoad): KilledLoad {
  return {
    name,
    warehouse: () => warehouse,
    prepare: async (schema) => {
      await warehouse.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.films AS ${OLD}`);
    },
    task: (schema, attempt, destination) => {
      const from = { connection: "drop", files: { films: file } };
      const parsed = Load.parse({ from, to: { connection: "warehouse", schema }, mode: "append", ...fields });
      const connections = { drop: { kind: "files" as const, directory }, warehouse: destination };
      return aTask({ work: { verb: "load" as const, load: parsed }, connections, attempt });
    },
    rows: ROWS,
    tables: { films: { before: OLD, after: `${OLD} UNION ALL ${ROWS_OF_FILES}` } },
    records: (schema) => ({
      [countOf(schema, "_kelt_loads")]: "1",
      [countOf(schema, "_kelt_files")]: "1",
      [countOf(schema, "_kelt_rejects")]: String(rejected),
    }),
  };
}

/** What an extract of the same run has written to a bucket, in the place of what was there. */
const EXTRACT: KilledLoad = {
  name: "files of an extract",
  warehouse: () => warehouse,
  prepare: async (schema) => {
    await warehouse.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.films AS ${OLD}`);
  },
  task: (schema, attempt, destination: TaskConnection) => {
    const parsed = Load.parse({
      from: { connection: "lake", node: "landed" },
      to: { connection: "warehouse", schema },
    });
    const connections = { lake: lake(), warehouse: destination };
    return aTask({ work: { verb: "load", load: parsed, manifest: manifestKey(LAKE) }, connections, attempt });
  },
  rows: 2 * ROWS,
  tables: { films: { before: OLD, after: ROWS_OF_FILES }, actors: { after: ROWS_OF_FILES } },
  records: (schema) => ({ [countOf(schema, "_kelt_loads")]: "1", [countOf(schema, "_kelt_files")]: "2" }),
};

const LOADS: readonly KilledLoad[] = [
  filesLoad({ name: "CSV of known types", file: "films.csv.gz", fields: {} }),
  {
    ...filesLoad({
      name: "CSV without types, with rows to reject",
      file: "spoilt.csv.gz",
      rejected: BAD_ROWS,
      fields: { mode: "replace", columns: { films: { id: "bigint" } }, rejects: { max: BAD_ROWS } },
    }),
    tables: { films: { before: OLD, after: ROWS_OF_FILES } },
  },
  filesLoad({ name: "JSON lines", file: "films.jsonl", fields: {} }),
  filesLoad({ name: "Parquet", file: "films.parquet", fields: {} }),
  EXTRACT,
];

for (const killed of LOADS) testKills(killed);
