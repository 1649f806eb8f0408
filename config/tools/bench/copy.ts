import { join } from "node:path";
import { startPostgres, type TestDatabase } from "../../../test/support/servers/postgres.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, comparePairs, PAIRS, round } from "./benchmark-line.ts";
import { expectRows, fillFilms, measureFilms, SERVER_SETTINGS } from "./films-table.ts";
import { type Measured, measureShell } from "./measured-task.ts";
import { peakMemory } from "./peak-memory.ts";

const RATIO_MIN = 0.9;

/**
 * Seconds of the reference over seconds of the task image's `load`, for one table from one Postgres to another; the reference is
 * `psql | psql` with binary COPY into a table that exists. Both start with their process and take turns.
 */
export async function copy(rows: number): Promise<BenchmarkLine> {
  const main = join((await bundle("task")).folder, "main.mjs");
  await using sourceServer = await startPostgres(SERVER_SETTINGS);
  await using warehouseServer = await startPostgres(SERVER_SETTINGS);
  const warehouse = await warehouseServer.createDatabase();
  const quarter = await measureFilms(main, await fillFilms(sourceServer, Math.ceil(rows / 4)), warehouse);
  const films = await fillFilms(sourceServer, rows);
  const [size] = await films.source.query("SELECT pg_table_size('films') AS bytes");
  const ours: Measured[] = [];
  const reference: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    reference.push(await measurePsql(films.source, warehouse, rows));
    ours.push(await measureFilms(main, films, warehouse));
  }
  const seconds = ours.map((measured) => measured.seconds);
  const { ratio, figures } = comparePairs(reference, seconds);
  const memory = peakMemory(ours, [quarter]);
  return {
    benchmark: "copy",
    ratio,
    bars: { [`ratio >= ${RATIO_MIN}`]: ratio >= RATIO_MIN, ...memory.bars },
    figures: {
      rows,
      tableBytes: Number(size?.bytes),
      loadSeconds: seconds.map(round),
      psqlSeconds: reference.map(round),
      ...figures,
      ...memory.figures,
    },
  };
}

async function measurePsql(source: TestDatabase, warehouse: TestDatabase, rows: number): Promise<number> {
  await warehouse.query("DROP TABLE IF EXISTS films");
  await warehouse.query(`CREATE TABLE films (film_id int, title text, price numeric(12, 6), release_date date,
    seen_at timestamptz, score float8, available bool, code text)`);
  await warehouse.query("CHECKPOINT");
  const seconds = await measureShell(PIPELINE, { ...environment("FROM", source), ...environment("TO", warehouse) });
  await expectRows(warehouse, "films", rows);
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
