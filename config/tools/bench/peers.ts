import { join } from "node:path";
import { startPostgres, type TestDatabase } from "../../../test/support/servers/postgres.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, median, round } from "./benchmark-line.ts";
import { type DltSettings, installDlt, measureDlt } from "./dlt.ts";
import { fillFilms, measureFilms, SERVER_SETTINGS } from "./films-table.ts";
import type { Measured } from "./measured-task.ts";
import { peakMemory } from "./peak-memory.ts";

const RATIO_MIN = 5;
/** The reference takes minutes: it runs once, and what it is compared to is the median of runs before and after. */
const RUNS = 3;
const DEFAULT: DltSettings = { backend: "default", fileFormat: "default" };
/** The fastest settings of dlt's documentation: Arrow tables from the source, COPY of CSV to the target. */
const FASTEST: DltSettings = { backend: "connectorx", fileFormat: "csv" };

/**
 * Seconds of dlt over seconds of the task image's `load`, for one table from one Postgres to another; from the start of each
 * process to its end. dlt runs as it is when nothing is set, which the ratio is of, and with its fastest settings.
 */
export async function peers(rows: number): Promise<BenchmarkLine> {
  const main = join((await bundle("task")).folder, "main.mjs");
  const python = await installDlt();
  await using sourceServer = await startPostgres(SERVER_SETTINGS);
  await using warehouseServer = await startPostgres(SERVER_SETTINGS);
  const warehouse = await warehouseServer.createDatabase();
  const quarter = await measureFilms(main, await fillFilms(sourceServer, Math.ceil(rows / 4)), warehouse);
  const films = await fillFilms(sourceServer, rows);
  const target = await warehouseServer.createDatabase();
  const wanted = await checksum(films.source, "films");
  const ours: Measured[] = [];
  const load = async () => {
    ours.push(await measureFilms(main, films, warehouse));
    expectSame("raw.films", await checksum(warehouse, "raw.films"), wanted);
  };
  const copyByDlt = async (settings: DltSettings, dataset: string) => {
    const measured = await measureDlt(python, settings, films.source, { target, dataset });
    expectSame(`${dataset}.films of dlt`, await checksum(target, `${dataset}.films`), wanted);
    return measured;
  };
  await load();
  const byDefault = await copyByDlt(DEFAULT, "by_default");
  await load();
  const fastest = await copyByDlt(FASTEST, "fastest");
  while (ours.length < RUNS) await load();
  const seconds = ours.map((measured) => measured.seconds);
  const ratio = round(byDefault.seconds / median(seconds));
  const memory = peakMemory(ours, [quarter]);
  return {
    benchmark: "peers",
    ratio,
    bars: { [`ratio >= ${RATIO_MIN}`]: ratio >= RATIO_MIN, ...memory.bars },
    figures: {
      rows,
      loadSeconds: seconds.map(round),
      dltSeconds: round(byDefault.seconds),
      dltPeakRssMiB: mebibytes(byDefault),
      dltFastest: `backend ${FASTEST.backend}, loader_file_format ${FASTEST.fileFormat}`,
      dltFastestSeconds: round(fastest.seconds),
      dltFastestPeakRssMiB: mebibytes(fastest),
      ratioToFastest: round(fastest.seconds / median(seconds)),
      ...memory.figures,
    },
  };
}

function mebibytes({ peakRssBytes }: Measured): number {
  return Math.round(peakRssBytes / 1024 / 1024);
}

/** Count and checksum of every value, in the source's types: dlt makes bigint of int, and columns of its own. */
async function checksum(database: TestDatabase, table: string): Promise<string> {
  const columns = "film_id::int, title::text, price, release_date, seen_at, score, available, code::text";
  const [row] = await database.query(
    `SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)) AS sum FROM (SELECT ${columns} FROM ${table}) AS t`,
  );
  return row?.sum ?? "nothing";
}

function expectSame(table: string, found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`${table} has other rows than the source: ${found} instead of ${wanted}`);
}
