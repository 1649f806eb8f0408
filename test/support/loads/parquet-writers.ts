import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonWith } from "../machine/python.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

const PYARROW_VERSION = "26.0.1";
const POLARS_VERSION = "2.1.0";

const PREAMBLE = `import sys, json, datetime, decimal
import pyarrow as pa, pyarrow.parquet as pq, polars as pl
D = decimal.Decimal
directory = sys.argv[1]
def write(name, columns, **options):
    pq.write_table(pa.table(list(columns.values()), names=list(columns)), f"{directory}/{name}.parquet", **options)
`;

/**
 * Runs a Python script that writes Parquet files with pyarrow (`write(name, columns)`) or polars (`directory`), none of which reads
 * or writes as DuckDB does. Answers a reader of the files by name.
 */
export async function parquetFilesOf(script: string): Promise<(name: string) => Promise<Buffer>> {
  const packages = [`pyarrow==${PYARROW_VERSION}`, `polars==${POLARS_VERSION}`];
  const python = await pythonWith(`pyarrow-${PYARROW_VERSION}-polars-${POLARS_VERSION}`, packages);
  const directory = temporaryDirectory("parquet-writers");
  await promisify(execFile)(python, ["-c", `${PREAMBLE}${script}`, directory]);
  return (name) => readFile(join(directory, `${name}.parquet`));
}
