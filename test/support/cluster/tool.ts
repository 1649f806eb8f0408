import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Where the quick start keeps the tools that the machine lacks. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kelt", "bin");

/**
 * Path of a command: the one that $KELT_HELM (KELT_KUBECTL, …) names, else the first on PATH or in kelt's tool cache.
 * Throws where there is none, as a test that cannot run has not passed.
 */
export function findTool(name: string): string {
  const variable = `KELT_${name.toUpperCase()}`;
  const named = process.env[variable];
  if (named !== undefined) return named;
  const directories = [...(process.env.PATH ?? "").split(delimiter), CACHE];
  const found = directories.map((directory) => join(directory, name)).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(`${name} is missing: looked on PATH and in ${CACHE}; install it, run npm start, or set ${variable}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
