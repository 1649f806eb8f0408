import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CACHE } from "./directories.ts";

/**
 * Makes a file or folder under a temporary name beside `path` and moves it there when `make` is done: whoever sees `path` sees
 * all of it, however early the work was killed. What a killed one left is removed by {@link removeLeftovers}. A file takes the
 * place of what was there; a folder that somebody else has made meanwhile stays, as it is whole too.
 */
export async function makeAtomically(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const directory = await mkdtemp(join(dirname(path), `.${basename(path)}-${process.pid}-`));
  try {
    const temporary = join(directory, basename(path));
    await make(temporary);
    await rename(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function writeAtomically(path: string, content: string, mode = 0o644): Promise<void> {
  await makeAtomically(path, (temporary) => writeFile(temporary, content, { mode }));
}

/** Makes `path` a link to `target`, in place of the link it was. */
export async function linkAtomically(path: string, target: string): Promise<void> {
  await makeAtomically(path, (temporary) => symlink(target, temporary));
}

/** Gives `use` an empty folder of the cache and removes it afterwards. */
export async function withScratch<T>(use: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(CACHE, { recursive: true });
  const directory = await mkdtemp(join(CACHE, `.scratch-${process.pid}-`));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Removes what processes that have ended since left under temporary names in a folder. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const pid = /^\..+-(\d+)-[A-Za-z0-9]{6}$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(directory, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
