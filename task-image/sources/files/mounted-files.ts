import { createHash } from "node:crypto";
import { type FileHandle, readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { ConfigurationError, TransientError } from "../../errors.ts";
import { openConfined } from "../../volumes/confined-file.ts";
import type { FilePattern } from "./file-pattern.ts";
import type { FileSource, SourceFile } from "./file-source.ts";
import { takingTurns } from "./turns.ts";

const BUFFER_BYTES = 256 * 1024;
/** A ConfigMap holds at most 1 MiB. */
const HASHED_BYTES_MAX = 1024 * 1024;

/** Files of a volume that is mounted at `root`: a ConfigMap or a PersistentVolumeClaim. `connection` is for messages. */
export function mountedFiles(connection: string, root: string): FileSource {
  const list = async (pattern: FilePattern) => {
    const files: SourceFile[] = [];
    const turn = takingTurns();
    for await (const name of mountedNames(connection, root)) {
      await turn();
      if (pattern.matches(name)) files.push(await describe(root, name));
    }
    return files;
  };
  return {
    list,
    read: (file) => Readable.from(chunksOf(root, file), { objectMode: false, highWaterMark: BUFFER_BYTES }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The names of the files, in order. Throws a ConfigurationError when the volume cannot be listed. */
export function mountedNames(connection: string, root: string): AsyncGenerator<string> {
  return namesBelow(connection, root, "");
}

/** Names in order. What begins with two dots is the kubelet's own, as `..data` is. Links may not lead out of the volume. */
async function* namesBelow(connection: string, root: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      "VolumeMissing",
      `connection ${connection}: the volume with its files cannot be read at ${join(root, folder)} (${code}). Create the ConfigMap or PersistentVolumeClaim that files names, readable by the task's user`,
      { cause: error },
    );
  });
  for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    if (entry.name.startsWith("..")) continue;
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await linkedKind(root, name) : entry;
    if (kind?.isDirectory() === true && !entry.isSymbolicLink()) yield* namesBelow(connection, root, name);
    else if (kind?.isFile() === true) yield name;
  }
}

async function linkedKind(root: string, name: string) {
  try {
    const path = await realpath(join(root, name));
    return relative(await realpath(root), path).split(sep)[0] === ".." ? undefined : await stat(path);
  } catch {
    return undefined;
  }
}

async function describe(root: string, name: string): Promise<SourceFile> {
  const handle = await openConfined(root, name);
  try {
    return await describeOpened(name, handle);
  } finally {
    await handle.close();
  }
}

/** Files of a ConfigMap get a new time with every pod: what is small is known by its content. */
async function describeOpened(name: string, handle: FileHandle): Promise<SourceFile> {
  const { size, mtimeMs } = await handle.stat();
  const etag =
    size <= HASHED_BYTES_MAX
      ? createHash("sha256")
          .update(await contentOf(handle, size))
          .digest("hex")
      : `${size}-${mtimeMs}`;
  return { name, uri: `file:${name}`, bytes: size, etag };
}

/** The first `size` bytes, without moving the place that the handle reads on from. */
async function contentOf(handle: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(content, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return content.subarray(0, filled);
}

async function* chunksOf(root: string, file: SourceFile): AsyncGenerator<Buffer> {
  const handle = await openConfined(root, file.name);
  let bytes = 0;
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: BUFFER_BYTES, autoClose: false })) {
      bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } finally {
    await handle.close();
  }
  const after = await describe(root, file.name);
  if (after.etag === file.etag && bytes === file.bytes) return;
  throw new TransientError(
    "FileChanged",
    `${file.uri} was changed while it was read: it had ${file.bytes} bytes, and ${bytes} were read. The next attempt reads it again`,
  );
}
