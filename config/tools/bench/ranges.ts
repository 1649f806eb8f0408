import { join } from "node:path";
import { startPostgres, type TestDatabase } from "../../../test/support/postgres.ts";
import { aTask } from "../../../test/support/task.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, median } from "./benchmark-line.ts";
import { type Measured, measureTask, round } from "./measured-task.ts";

const ROWS = [1_000_000, 4_000_000] as const;
const PAIRS = 3;
const READERS = 4;
/** Without fsync the disk of the machine is not what is measured; a checkpoint in the middle would be. */
const SETTINGS = { max_wal_size: "8GB", shared_buffers: "256MB" };

/**
 * Seconds of one reader over seconds of four, for one large table from one Postgres to another, taking turns; at two sizes, so
 * that memory can be seen not to grow with the table. The ratio is that of the larger one.
 */
export async function ranges(): Promise<BenchmarkLine> {
  const main = join(await bundle("task"), "main.mjs");
  await using sourceServer = await startPostgres(SETTINGS);
  await using warehouseServer = await startPostgres(SETTINGS);
  const warehouse = await warehouseServer.createDatabase();
  const figures: Record<string, number | readonly number[]> = { readers: READERS };
  let ratio = 0;
  for (const rows of ROWS) {
    const source = await sourceServer.createDatabase();
    await source.query(filmsOf(rows));
    await source.query("VACUUM (ANALYZE, FREEZE) films");
    const one: Measured[] = [];
    const many: Measured[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      one.push(await measureLoad(main, source, warehouse, { rows, parallel: 1, pair }));
      many.push(await measureLoad(main, source, warehouse, { rows, parallel: READERS, pair }));
    }
    ratio = round(median(one.map(({ seconds }) => seconds)) / median(many.map(({ seconds }) => seconds)));
    figures[`rows${rows}OneSeconds`] = one.map(({ seconds }) => round(seconds));
    figures[`rows${rows}ManySeconds`] = many.map(({ seconds }) => round(seconds));
    figures[`rows${rows}ManyPeakRssMiB`] = Math.round(
      Math.max(...many.map(({ peakRssBytes }) => peakRssBytes)) / 1024 / 1024,
    );
  }
  return { benchmark: "ranges", ratio, figures };
}

/** Eight columns of the usual types. */
function filmsOf(rows: number): string {
  return `CREATE TABLE films AS SELECT i::int AS film_id, 'title number ' || i AS title, (i % 1000)::numeric(6, 2) / 7 AS price,
    date '2020-01-01' + (i % 2000)::int AS release_date, timestamptz '2020-01-01' + i * interval '1 second' AS seen_at,
    i * 1.5::float8 AS score, i % 2 = 0 AS available, md5(i::text) AS code FROM generate_series(1, ${rows}) AS i`;
}

async function measureLoad(
  main: string,
  source: TestDatabase,
  warehouse: TestDatabase,
  { rows, parallel, pair }: { readonly rows: number; readonly parallel: number; readonly pair: number },
): Promise<Measured> {
  await warehouse.query("DROP SCHEMA IF EXISTS raw CASCADE");
  await warehouse.query("CHECKPOINT");
  const spec = aTask({
    work: {
      verb: "load",
      load: {
        from: { connection: "source", schema: "public", tables: ["films"], parallel },
        to: { connection: "warehouse", schema: "raw" },
        mode: "replace",
      },
    },
    connections: { source: source.connection(), warehouse: warehouse.connection() },
    uid: `${rows}-${parallel}-${pair}`,
  });
  const measured = await measureTask(main, spec);
  const [row] = await warehouse.query("SELECT count(*) FROM raw.films");
  if (row?.count !== String(rows)) throw new Error(`raw.films has ${row?.count} rows, expected ${rows}`);
  return measured;
}
