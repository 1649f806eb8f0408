import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redactor } from "../redaction.ts";
import { isPublic, misplacedValue } from "./public-keys.ts";

/** Where a connection's Secret is. */
export interface MountedSecret {
  readonly secretName?: string | undefined;
  readonly secretDirectory?: string | undefined;
}

/**
 * The keys of a mounted Secret. Without a directory, or when the kubelet had no Secret to mount (the volume is optional),
 * it is empty. The redactor learns every value that is not public before one of them is looked at. A newline at the end of a
 * value, which editors and `echo` leave, is not part of it, and an empty value counts as no key. Throws a ConfigurationError
 * for a value that stands under the wrong key.
 */
export async function readSecretFiles(
  connection: string,
  { secretName = "", secretDirectory }: MountedSecret,
  redactor: Redactor,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  if (secretDirectory === undefined) return values;
  for (const key of await keysOf(secretDirectory)) {
    const value = (await readFile(join(secretDirectory, key), "utf8")).replace(/\r?\n$/, "");
    if (value === "") continue;
    if (!isPublic(key, value)) redactor.add(value);
    values.set(key, value);
  }
  for (const [key, value] of values) {
    const problem = misplacedValue(connection, `key ${key} of Secret "${secretName}"`, key, value);
    if (problem !== undefined) throw problem;
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
