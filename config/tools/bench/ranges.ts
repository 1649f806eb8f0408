import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../../test/support/servers/postgres.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, comparePairs, PAIRS, round } from "./benchmark-line.ts";
import { fillFilms, measureFilms, SERVER_SETTINGS } from "./films-table.ts";
import type { Measured } from "./measured-task.ts";
import { peakMemory } from "./peak-memory.ts";

const READERS = 4;
/** Two cores are busy with one reader at both ends: four must not be slower there, but for what runs differ by. */
const RATIO_MIN = availableParallelism() > 2 ? 1 : 0.95;

/** Seconds of one reader over seconds of four, for one large table from one Postgres to another, taking turns. */
export async function ranges(rows: number): Promise<BenchmarkLine> {
  const main = join((await bundle("task")).folder, "main.mjs");
  await using sourceServer = await startPostgres(SERVER_SETTINGS);
  await using warehouseServer = await startPostgres(SERVER_SETTINGS);
  const warehouse = await warehouseServer.createDatabase();
  const quarter = await measureFilms(main, await fillFilms(sourceServer, Math.ceil(rows / 4)), warehouse, READERS);
  const films = await fillFilms(sourceServer, rows);
  const one: Measured[] = [];
  const many: Measured[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    one.push(await measureFilms(main, films, warehouse));
    many.push(await measureFilms(main, films, warehouse, READERS));
  }
  const seconds = (measured: readonly Measured[]) => measured.map((each) => round(each.seconds));
  const { ratio, figures } = comparePairs(seconds(one), seconds(many));
  const memory = peakMemory(many, [quarter]);
  return {
    benchmark: "ranges",
    ratio,
    bars: { [`ratio >= ${RATIO_MIN}`]: ratio >= RATIO_MIN, ...memory.bars },
    figures: {
      rows,
      readers: READERS,
      cores: availableParallelism(),
      oneSeconds: seconds(one),
      manySeconds: seconds(many),
      ...figures,
      ...memory.figures,
    },
  };
}
