import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { CACHE } from "../../../config/cluster/directories.ts";
import { isExecutable } from "../../../config/cluster/platform.ts";

/** Path of a Python that has packages of PyPI; made below `name` in the tool cache with `python3 -m venv` and pip the first time. */
export async function pythonWith(name: string, packages: readonly string[]): Promise<string> {
  const directory = join(CACHE, name);
  const python = join(directory, "bin/python");
  if (await isExecutable(python)) return python;
  await makeAtomically(directory, async (temporary) => {
    const run = promisify(execFile);
    await run("python3", ["-m", "venv", temporary]);
    await run(join(temporary, "bin/python"), ["-m", "pip", "install", "--quiet", ...packages]);
  });
  return python;
}
