import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError } from "../errors.ts";

/** What a project may hold in all; a ConfigMap holds a sixteenth of it. */
const PROJECT_BYTES_MAX = 16_777_216;
const DEPTH_MAX = 16;

/**
 * The files of a project by path. A mounted ConfigMap is a folder of links through `..data`: links are followed, and names
 * that begin with a dot are left out.
 *
 * @throws {ConfigurationError} when the folder is missing or empty, a file is no UTF-8 text, or the project is too large.
 */
export async function readProjectDirectory(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  let bytes = 0;
  for await (const path of walk(directory, "", 0)) {
    const content = await readFile(join(directory, path));
    bytes += content.length;
    if (bytes > PROJECT_BYTES_MAX) {
      throw new ConfigurationError("ProjectTooLarge", `the project has more than ${PROJECT_BYTES_MAX} bytes of files`);
    }
    files.set(path, decode(path, content));
  }
  if (files.size > 0) return files;
  throw new ConfigurationError(
    "EmptyProject",
    "the project has no file: expected dbt_project.yml and at least one model",
  );
}

async function* walk(directory: string, folder: string, depth: number): AsyncGenerator<string> {
  if (depth > DEPTH_MAX) return;
  for (const name of await namesIn(join(directory, folder))) {
    if (name.startsWith(".")) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    const entry = await stat(join(directory, path));
    if (entry.isDirectory()) yield* walk(directory, path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    throw new ConfigurationError("ProjectMissing", `the project cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function decode(path: string, content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    throw new ConfigurationError("NotText", `${path}: expected UTF-8 text`, { cause: error });
  }
}
