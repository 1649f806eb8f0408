import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { hashOf } from "../../../config/cluster/content-hash.ts";
import { CACHE } from "../../../config/cluster/directories.ts";
import { isExecutable } from "../../../config/cluster/platform.ts";

/** Every package of real dbt by version and hashes, in pip's format; `pin.ts` writes it. */
export const REQUIREMENTS = new URL("requirements.txt", import.meta.url).pathname;

/** Path of a Python that has real dbt; made in the tool cache with `python3 -m venv` and pip the first time, in a minute. */
export async function dbtPython(): Promise<string> {
  const directory = join(CACHE, `dbt-${hashOf(await readFile(REQUIREMENTS))}`);
  const python = join(directory, "bin/python");
  if (await isExecutable(python)) return python;
  await makeAtomically(directory, async (temporary) => {
    const run = promisify(execFile);
    await run("python3", ["-m", "venv", temporary]);
    const pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", REQUIREMENTS];
    await run(join(temporary, "bin/python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      ...pinned,
    ]);
  });
  return python;
}
