import { once } from "node:events";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres } from "../../../test/support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../../../test/support/servers/versitygw.ts";
import { aContext, aTask } from "../../../test/support/tasks/task.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, comparePairs, PAIRS, round } from "./benchmark-line.ts";
import { expectRows, SERVER_SETTINGS } from "./films-table.ts";
import { libpqEnvironment, type Measured, measureShell, measureTask } from "./measured-task.ts";
import { peakMemory } from "./peak-memory.ts";

const RATIO_MIN = 0.8;
const MB = 1_000_000;
const PIECE_ROWS = 2000;

/** A file that is loaded from a bucket, and how the reference loads the same bytes. */
export interface FileBenchmark {
  readonly benchmark: string;
  /** Bytes before packing, in MB. */
  readonly megabytes: number;
  /** Name of the object; with .gz it is packed. */
  readonly key: string;
  readonly header: string;
  row(index: number): string;
  readonly columns?: Record<string, string>;
  /** Makes the reference's table `titles`. */
  readonly createTable: string;
  /** Loads the file $FILE into `titles`. */
  readonly script: string;
}

/** Seconds of the reference over those of the task image's `load`, in turns, and the peak memory of `load` at two sizes. */
export async function benchFile(bench: FileBenchmark): Promise<BenchmarkLine> {
  const main = join((await bundle("task")).folder, "main.mjs");
  await using postgres = await startPostgres(SERVER_SETTINGS);
  await using s3 = await startS3Server();
  const setting = { bench, main, postgres, s3 };
  const quarter = await measureLoad(setting, await prepare(bench, bench.megabytes / 4, "quarter"), 0);
  const data = await prepare(bench, bench.megabytes, "full");
  const ours: Measured[] = [];
  const reference: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair += 1) {
    reference.push(await measureReference(setting, data));
    ours.push(await measureLoad(setting, data, pair));
  }
  const seconds = ours.map((measured) => measured.seconds);
  const { ratio, figures } = comparePairs(reference, seconds);
  const memory = peakMemory(ours, [quarter]);
  return {
    benchmark: bench.benchmark,
    ratio,
    bars: { [`ratio >= ${RATIO_MIN}`]: ratio >= RATIO_MIN, ...memory.bars },
    figures: {
      rawMegabytes: Math.round(data.bytes / MB),
      objectMegabytes: Math.round(data.objectBytes / MB),
      rows: data.rows,
      loadSeconds: seconds.map(round),
      referenceSeconds: reference.map(round),
      ...figures,
      ...memory.figures,
    },
  };
}

interface Prepared {
  readonly bucket: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objectBytes: number;
}

interface Setting {
  readonly bench: FileBenchmark;
  readonly main: string;
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
}

/** Writes rows until there are so many megabytes. */
async function prepare(bench: FileBenchmark, megabytes: number, bucket: string): Promise<Prepared> {
  const file = join(temporaryDirectory("bench"), bench.key);
  const target = createWriteStream(file);
  const sink = bench.key.endsWith(".gz") ? createGzip({ level: 1 }) : target;
  if (sink !== target) sink.pipe(target);
  let bytes = bench.header.length;
  let rows = 0;
  sink.write(bench.header);
  while (bytes < megabytes * MB) {
    let piece = "";
    for (let last = rows + PIECE_ROWS; rows < last; rows += 1) piece += bench.row(rows);
    bytes += piece.length;
    if (!sink.write(piece)) await once(sink, "drain");
  }
  sink.end();
  await once(target, "close");
  return { bucket, file, rows, bytes, objectBytes: statSync(file).size };
}

async function measureLoad({ bench, main, postgres, s3 }: Setting, data: Prepared, run: number): Promise<Measured> {
  const connection = s3.connection(data.bucket);
  await using store = await openObjectStore({ connections: { lake: connection } }, "lake", aContext());
  if (await store.createBucket()) await store.write(bench.key, createReadStream(data.file), "text/plain");
  const warehouse = await postgres.createDatabase();
  await warehouse.query("CHECKPOINT");
  const columns = bench.columns === undefined ? {} : { columns: { titles: bench.columns } };
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "lake", schema: "public", files: { titles: bench.key } },
      to: { connection: "warehouse", schema: "raw" },
      mode: "replace",
      ...columns,
    },
  };
  const connections = { lake: connection, warehouse: warehouse.connection() };
  const measured = await measureTask(main, aTask({ work, connections, uid: `run-${run}` }));
  await expectRows(warehouse, "raw.titles", data.rows);
  return measured;
}

async function measureReference({ bench, postgres }: Setting, data: Prepared): Promise<number> {
  const database = await postgres.createDatabase();
  await database.query(bench.createTable);
  await database.query("CHECKPOINT");
  const seconds = await measureShell(bench.script, { ...libpqEnvironment(database), FILE: data.file });
  await expectRows(database, "titles", data.rows);
  return seconds;
}
