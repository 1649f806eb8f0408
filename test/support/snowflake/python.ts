import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { CACHE } from "../../../config/cluster/directories.ts";
import { isExecutable } from "../../../config/cluster/platform.ts";

const FAKESNOW_VERSION = "0.12.1";
/** fakesnow names a connector that is newer than what it works with, and any DuckDB. */
const PACKAGES = [`fakesnow[server]==${FAKESNOW_VERSION}`, "snowflake-connector-python<4", "duckdb~=2.0"];
/** The environment as it was made: another list of packages, another name. */
const DIRECTORY = join(CACHE, `fakesnow-${FAKESNOW_VERSION}-duckdb-2`);

/** Path of a Python that has fakesnow; made with `python3 -m venv` and pip the first time, which takes half a minute. */
export async function fakesnowPython(): Promise<string> {
  const python = join(DIRECTORY, "bin/python");
  if (await isExecutable(python)) return python;
  await makeAtomically(DIRECTORY, async (temporary) => {
    const run = promisify(execFile);
    await run("python3", ["-m", "venv", temporary]);
    await run(join(temporary, "bin/python"), ["-m", "pip", "install", "--quiet", ...PACKAGES]);
  });
  return python;
}
