import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redactor } from "../redaction.ts";

/** Keys whose values stand in error messages on purpose: they say where, and open nothing. */
const PUBLIC_KEYS: ReadonlySet<string> = new Set([
  "host",
  "port",
  "dbname",
  "database",
  "user",
  "username",
  "sslmode",
  "sslrootcert",
]);

/**
 * The keys of a mounted Secret. Without a directory, or when the kubelet had no Secret to mount (the volume is optional),
 * it is empty. Every value that is not public is made known to the redactor. A newline at the end of a value, which editors
 * and `echo` leave, is not part of it, and an empty value counts as no key.
 */
export async function readSecretFiles(
  directory: string | undefined,
  redactor: Redactor,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  if (directory === undefined) return values;
  for (const key of await keysOf(directory)) {
    const value = (await readFile(join(directory, key), "utf8")).replace(/\r?\n$/, "");
    if (value === "") continue;
    if (!PUBLIC_KEYS.has(key)) redactor.add(value);
    values.set(key, value);
  }
  return values;
}

/** The kubelet mounts each key as a link through `..data`; names that begin with two dots are its own. */
async function keysOf(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith("..")).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
