import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Twelve hexadecimal digits that change when one of the texts does: a key for caches and image tags. */
export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex").slice(0, 12);
}

/** {@link hashOf} over the names and bytes of files, folders with all they hold; where they lie does not matter. */
export async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const parts: (string | Uint8Array)[] = [];
  for (const path of paths) {
    for (const file of await filesUnder(path)) parts.push(relative(path, file), await readFile(file));
  }
  return hashOf(...parts);
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return undefined;
      throw error;
    },
  );
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
