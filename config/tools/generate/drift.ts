import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file on disk that is not what it must be. */
export interface Drift {
  readonly path: string;
  readonly found: "nothing" | "something else";
}

/** Compares `files` (path from `root` → content) with the disk. */
export async function findDrift(root: string, files: ReadonlyMap<string, string>): Promise<readonly Drift[]> {
  const drifts = await Promise.all([...files].map(([path, content]) => compare(root, path, content)));
  return drifts.filter((drift) => drift !== undefined);
}

async function compare(root: string, path: string, content: string): Promise<Drift | undefined> {
  try {
    const found = await readFile(join(root, path), "utf8");
    return found === content ? undefined : { path, found: "something else" };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { path, found: "nothing" };
    throw error;
  }
}
