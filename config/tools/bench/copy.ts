import { join } from "node:path";
import { startPostgres, type TestDatabase } from "../../../test/support/postgres.ts";
import { aTask } from "../../../test/support/task.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, median } from "./benchmark-line.ts";
import { type Measured, measureShell, measureTask, round } from "./measured-task.ts";

const ROWS = 4_000_000;
const PAIRS = 3;
/** Without fsync the disk of the machine is not what is measured; a checkpoint in the middle would be. */
const SETTINGS = { max_wal_size: "8GB", shared_buffers: "256MB" };

/**
 * Seconds of the reference over seconds of the task image's `load`, for four million rows from one Postgres to another; the
 * reference is `psql | psql` with binary COPY into a table that exists. Both start with their process and take turns.
 */
export async function copy(): Promise<BenchmarkLine> {
  const main = join(await bundle("task"), "main.mjs");
  await using sourceServer = await startPostgres(SETTINGS);
  await using warehouseServer = await startPostgres(SETTINGS);
  const source = await sourceServer.createDatabase();
  const warehouse = await warehouseServer.createDatabase();
  await source.query(FILMS);
  await source.query("VACUUM (ANALYZE, FREEZE) films");
  const [size] = await source.query("SELECT pg_table_size('films') AS bytes");
  const ours: Measured[] = [];
  const reference: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    reference.push(await measurePsql(source, warehouse));
    ours.push(await measureLoad(main, source, warehouse, pair));
  }
  const seconds = ours.map((measured) => measured.seconds);
  return {
    benchmark: "copy",
    ratio: round(median(reference) / median(seconds)),
    figures: {
      rows: ROWS,
      tableBytes: Number(size?.bytes),
      loadSeconds: seconds.map(round),
      psqlSeconds: reference.map(round),
      loadPeakRssMiB: Math.round(Math.max(...ours.map(({ peakRssBytes }) => peakRssBytes)) / 1024 / 1024),
    },
  };
}

/** `generate_series` fills a table of eight columns of the usual types. */
const FILMS = `CREATE TABLE films AS SELECT i::int AS film_id, 'title number ' || i AS title, (i % 1000)::numeric(6, 2) / 7 AS price,
  date '2020-01-01' + (i % 2000)::int AS release_date, timestamptz '2020-01-01' + i * interval '1 second' AS seen_at,
  i * 1.5::float8 AS score, i % 2 = 0 AS available, md5(i::text) AS code FROM generate_series(1, ${ROWS}) AS i`;

async function measureLoad(
  main: string,
  source: TestDatabase,
  warehouse: TestDatabase,
  pair: number,
): Promise<Measured> {
  await warehouse.query("DROP SCHEMA IF EXISTS raw CASCADE");
  await warehouse.query("CHECKPOINT");
  const spec = aTask({
    work: {
      verb: "load",
      load: {
        from: { connection: "source", schema: "public", tables: ["films"] },
        to: { connection: "warehouse", schema: "raw" },
        mode: "replace",
      },
    },
    connections: { source: source.connection(), warehouse: warehouse.connection() },
    uid: `pair-${pair}`,
  });
  const measured = await measureTask(main, spec);
  await expectRows(warehouse, "raw.films");
  return measured;
}

async function measurePsql(source: TestDatabase, warehouse: TestDatabase): Promise<number> {
  await warehouse.query("DROP TABLE IF EXISTS films");
  await warehouse.query(`CREATE TABLE films (film_id int, title text, price numeric, release_date date, seen_at timestamptz,
    score float8, available bool, code text)`);
  await warehouse.query("CHECKPOINT");
  const seconds = await measureShell(PIPELINE, { ...environment("FROM", source), ...environment("TO", warehouse) });
  await expectRows(warehouse, "films");
  return seconds;
}

const PIPELINE = `
  PGPASSWORD="$FROM_PASSWORD" "$PSQL" -X -q -h "$FROM_HOST" -p "$FROM_PORT" -U "$FROM_USER" -d "$FROM_DATABASE" \\
    -c '\\copy (SELECT * FROM films) TO STDOUT (FORMAT binary)' |
  PGPASSWORD="$TO_PASSWORD" "$PSQL" -X -q -h "$TO_HOST" -p "$TO_PORT" -U "$TO_USER" -d "$TO_DATABASE" \\
    -c '\\copy films FROM STDIN (FORMAT binary)'`;

function environment(prefix: string, { name, server }: TestDatabase): Record<string, string> {
  const { host, port, user, password } = server;
  const values = { HOST: host, PORT: String(port), USER: user, PASSWORD: password, DATABASE: name };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}_${key}`, value]));
}

async function expectRows(database: TestDatabase, table: string): Promise<void> {
  const [row] = await database.query(`SELECT count(*) FROM ${table}`);
  if (row?.count !== String(ROWS)) throw new Error(`${table} has ${row?.count} rows, expected ${ROWS}`);
}
