import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { openConfined } from "../volumes/confined-file.ts";
import { DEPTH_MAX, isHiddenName, isNoneOfDbts, textOf } from "./dbt-files.ts";
import { SizeBound } from "./size-bound.ts";

/**
 * The files of a mounted ConfigMap by key; none where there is no such ConfigMap. It is a folder of links through `..data`: links are
 * followed, and names that begin with a dot are left out, but for .dbtignore. A link that leads out of the folder is refused.
 *
 * @throws {ConfigurationError} when the folder cannot be read, or the project is too large.
 */
export async function readKeys(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const bound = new SizeBound();
  for await (const [path, content] of contents(
    directory,
    "",
    walk({ directory, missing: unreadable, skip: () => false }),
  )) {
    bound.add(path, content.length);
    files.set(path, textOf(content));
  }
  return files;
}

/**
 * What dbt reads of the folder `path` of a volume, by path below it. Links are followed inside the volume.
 *
 * @throws {ConfigurationError} `missing` of a folder that cannot be read; for a link that leads out, and for a project that is too large.
 */
export async function readTree(
  volume: string,
  path: string,
  missing: (cause: Error) => Promise<ConfigurationError>,
): Promise<ReadonlyMap<string, string>> {
  const directory = join(volume, path);
  const files = new Map<string, string>();
  const bound = new SizeBound();
  await confine(volume, directory);
  for await (const [file, content] of contents(volume, path, walk({ directory, missing, skip: isNoneOfDbts }))) {
    bound.add(file, content.length);
    files.set(file, textOf(content));
  }
  return files;
}

/** Files that are read at once: as many as their bound of size leaves room for in memory. */
const READ_AT_ONCE = 16;

/** The folder itself must lie in the volume: names of another one's files are nobody's business. */
async function confine(volume: string, directory: string): Promise<void> {
  const [root, folder] = await Promise.all([volume, directory].map((path) => realpath(path).catch(() => undefined)));
  if (root === undefined || folder === undefined || relative(root, folder).split(sep)[0] !== "..") return;
  const path = relative(volume, directory);
  throw refused(path, "it is a link that leads out of its volume. Put the folder itself into the volume");
}

/** Files with their bytes, in the order of their paths, some of them read at once: each takes several calls of the file system. */
async function* contents(
  volume: string,
  folder: string,
  paths: AsyncGenerator<string>,
): AsyncGenerator<readonly [string, Buffer]> {
  const read = (path: string) => contentOf(volume, join(folder, path)).then((content) => [path, content] as const);
  let batch: string[] = [];
  for await (const path of paths) {
    batch.push(path);
    if (batch.length < READ_AT_ONCE) continue;
    yield* await Promise.all(batch.map(read));
    batch = [];
  }
  yield* await Promise.all(batch.map(read));
}

async function contentOf(directory: string, path: string): Promise<Buffer> {
  const handle = await openConfined(directory, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EACCES") throw error;
    throw refused(path, "the pod's user may not read it. Give it the right, by fsGroup of the pod for one", error);
  });
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function refused(path: string, why: string, cause?: Error): ConfigurationError {
  return new ConfigurationError("FileRefused", `file:${path} is not read: ${why}`, { cause });
}

interface Walk {
  readonly directory: string;
  readonly missing: (cause: Error) => Promise<ConfigurationError>;
  /** What is left alone, by its path below the folder. */
  readonly skip: (path: string, isFolder: boolean) => boolean;
}

/** Files below a folder; `above` are the folders that it lies in, by device and inode: a link to one of them would have no end. */
async function* walk(of: Walk, folder = "", above: readonly string[] = []): AsyncGenerator<string> {
  for (const name of await namesIn(of, folder)) {
    if (isHiddenName(name)) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    const entry = await stat(join(of.directory, path)).catch(() => undefined);
    if (of.skip(path, entry?.isDirectory() === true)) continue;
    if (entry === undefined) throw refused(path, "it is a link to nothing. Put the file itself into the volume");
    if (entry.isDirectory()) yield* walkInto(of, path, [...above, `${entry.dev}:${entry.ino}`]);
    else if (entry.isFile()) yield path;
  }
}

async function* walkInto(of: Walk, path: string, chain: readonly string[]): AsyncGenerator<string> {
  if (chain.length > DEPTH_MAX) return;
  const { dev, ino } = await stat(of.directory);
  if ([`${dev}:${ino}`, ...chain.slice(0, -1)].includes(chain.at(-1) ?? ""))
    throw refused(path, "it is a link to a folder that it lies in. Remove it");
  yield* walk(of, path, chain);
}

async function namesIn({ directory, missing }: Walk, folder: string): Promise<string[]> {
  try {
    return (await readdir(join(directory, folder))).sort();
  } catch (error) {
    throw await missing(error as Error);
  }
}

function unreadable(cause: Error): Promise<ConfigurationError> {
  const message = `the project cannot be read: ${cause.message}`;
  return Promise.resolve(new ConfigurationError("ProjectMissing", message, { cause }));
}
