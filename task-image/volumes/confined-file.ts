import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { ConfigurationError } from "../errors.ts";

/**
 * Opens a file below `root` for reading. Links are followed, as a mounted ConfigMap is made of them, but the file that was opened in the
 * end must lie below `root`: a name that was looked at before may lead elsewhere by the time it is opened, into a mounted Secret for
 * one. Throws a ConfigurationError for a file outside and for what is no file. It never waits, as opening a pipe would.
 */
export async function openConfined(root: string, name: string): Promise<FileHandle> {
  const handle = await open(join(root, name), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    if (!(await handle.stat()).isFile()) throw refused(name, "it is no file");
    if (!(await liesBelow(root, name, handle))) throw refused(name, "it is a link that leads out of its volume");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether the opened file itself lies below the folder. Linux says where it lies; elsewhere the name's end must be that very file. */
async function liesBelow(root: string, name: string, handle: FileHandle): Promise<boolean> {
  const folder = await realpath(root);
  const inside = (path: string) => !["..", ""].includes(relative(folder, path).split(sep)[0] ?? "");
  const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (opened !== undefined) return inside(opened);
  const path = await realpath(join(root, name));
  const [named, held] = [await stat(path), await handle.stat()];
  return inside(path) && named.ino === held.ino && named.dev === held.dev;
}

function refused(name: string, why: string): ConfigurationError {
  return new ConfigurationError("FileRefused", `file:${name} is not read: ${why}. Put the file itself into the volume`);
}
