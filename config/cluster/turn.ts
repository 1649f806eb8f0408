import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CACHE } from "./directories.ts";

const FILE = join(CACHE, "turn.pid");
const LOOK_AGAIN_MS = 500;
/** A process that has made the file writes its number within milliseconds, unless it was killed in between. */
const EMPTY_MS = 5_000;

/**
 * Waits until no other process of this machine prepares or removes the cluster, which all clones share, and returns how to end the
 * turn. A holder that has died counts for nothing. `wait` gets the holder's process id once, if there is one to wait for.
 */
export async function takeTurn(
  signal: AbortSignal,
  wait: (holder: number) => void,
  file = FILE,
): Promise<() => Promise<void>> {
  let hasWaited = false;
  while (!(await tryTurn(file))) {
    signal.throwIfAborted();
    const holder = Number(await readFile(file, "utf8").catch(() => ""));
    if (!(await (holder > 0 ? isStart(holder) : isFresh(file)))) {
      await rm(file, { force: true });
      continue;
    }
    if (!hasWaited && holder > 0) wait(holder);
    hasWaited ||= holder > 0;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
  return () => rm(file, { force: true });
}

async function isFresh(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs < EMPTY_MS;
}

async function tryTurn(file: string): Promise<boolean> {
  await mkdir(join(file, ".."), { recursive: true });
  try {
    const handle = await open(file, "wx");
    await handle.write(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether that process is a Node.js that still works: process ids are used again. */
async function isStart(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes("node");
}
