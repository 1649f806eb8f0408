import { readFile } from "node:fs/promises";
import { join } from "node:path";
import duckdb from "@duckdb/node-api";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

/** A Parquet file with the rows of a SELECT, written by DuckDB; `options` as its COPY takes them. */
export async function parquetOf(select: string, options = ""): Promise<Buffer> {
  const path = join(temporaryDirectory("parquet"), "rows.parquet");
  const instance = await duckdb.DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "256MB" });
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`);
    return await readFile(path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/**
 * The same file with every time in nanoseconds said to be of UTC, which DuckDB cannot write: in Thrift's compact protocol
 * isAdjustedToUTC is the lower half of a byte, 2 for false and 1 for true.
 */
export function inUtc(file: Buffer): Buffer {
  const changed = Buffer.from(file);
  const time = Buffer.from("8c121c3c", "hex");
  for (let at = changed.indexOf(time); at >= 0; at = changed.indexOf(time, at + 1)) changed[at + 1] = 0x11;
  return changed;
}
