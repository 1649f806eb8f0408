import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { openConfined } from "../volumes/confined-file.ts";

/** What a project may hold in all; a ConfigMap holds a sixteenth of it. */
const PROJECT_BYTES_MAX = 16_777_216;
const DEPTH_MAX = 16;

/**
 * The files of a project by path; `configMap` is where they come from. A mounted ConfigMap is a folder of links through `..data`: links
 * are followed, and names that begin with a dot are left out, but for .dbtignore. A link that leads out of the folder is refused. What is
 * no text is refused too, or left out where it may lie beside what is read.
 *
 * @throws {ConfigurationError} when the folder is missing or empty, a file is no UTF-8 text, or the project is too large.
 */
export async function readProjectDirectory(
  directory: string,
  configMap: string,
  binary: "refuse" | "leave out" = "refuse",
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  let bytes = 0;
  for await (const path of walk(directory, "", 0)) {
    const content = await contentOf(directory, path);
    bytes += content.length;
    if (bytes > PROJECT_BYTES_MAX) {
      throw new ConfigurationError("ProjectTooLarge", `the project has more than ${PROJECT_BYTES_MAX} bytes of files`);
    }
    const text = decode(content);
    if (text !== undefined) files.set(path, text);
    else if (binary === "refuse") throw new ConfigurationError("ProjectNotText", `${path}: expected UTF-8 text`);
  }
  if (files.size > 0) return files;
  throw new ConfigurationError(
    "EmptyProject",
    `ConfigMap ${configMap} does not exist or holds no file: expected dbt_project.yml and at least one model. Every attempt reads it as it is then: when a tool has removed it, create it again and start another run`,
  );
}

async function contentOf(directory: string, path: string): Promise<Buffer> {
  const handle = await openConfined(directory, path);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function* walk(directory: string, folder: string, depth: number): AsyncGenerator<string> {
  if (depth > DEPTH_MAX) return;
  for (const name of await namesIn(join(directory, folder))) {
    if (name.startsWith(".") && name !== ".dbtignore") continue;
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

function decode(content: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
