import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CACHE } from "./directories.ts";

const FILE = join(CACHE, "turn.pid");
const LOOK_AGAIN_MS = 500;

/*
 * Turns have numbers, each is a file with the process id of its holder, and the last one counts. Who wants the next turn makes the file of
 * the next number, which only one process can. No file but the last is ever needed, and the last one is never removed: whoever has looked
 * long ago and makes a file now sees a later one, and has no turn. So no process removes what another may just have taken.
 */

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
  for (;;) {
    signal.throwIfAborted();
    const last = await lastTurn(file);
    if (last === undefined || !(await isHeld(last))) {
      const end = await tryTurn(file, (last?.number ?? 0) + 1);
      if (end !== undefined) return end;
      continue;
    }
    const holder = await holderOf(last.path);
    if (!hasWaited && holder > 0) wait(holder);
    hasWaited ||= holder > 0;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

interface Turn {
  readonly number: number;
  readonly path: string;
}

/** The turns whose files are there; the file without a number is one of an older checkout. */
async function turnsOf(file: string): Promise<Turn[]> {
  const name = basename(file);
  await mkdir(dirname(file), { recursive: true });
  return (await readdir(dirname(file))).flatMap((found) => {
    const number = found === name ? "0" : found.startsWith(`${name}.`) ? found.slice(name.length + 1) : "";
    return /^\d+$/.test(number) ? [{ number: Number(number), path: join(dirname(file), found) }] : [];
  });
}

async function lastTurn(file: string): Promise<Turn | undefined> {
  return (await turnsOf(file)).sort((one, other) => other.number - one.number)[0];
}

/** The process that has a turn; 0 where it has ended it, which empties the file, or where the file has gone because there is a later one. */
async function holderOf(path: string): Promise<number> {
  return Number(await readFile(path, "utf8").catch(() => ""));
}

/** How to end the turn of that number; undefined where another process has it, or a later one. */
async function tryTurn(file: string, number: number): Promise<(() => Promise<void>) | undefined> {
  const own = `${file}.${number}`;
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, String(process.pid));
  try {
    // The file appears with the number in it, or not at all.
    await link(draft, own);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const others = (await turnsOf(file)).filter((turn) => turn.number !== number);
  // Numbers begin again where the whole cache was removed: then a holder may have a lower one.
  const isTaken = await Promise.all(others.map(async (turn) => turn.number > number || isHeld(turn)));
  if (isTaken.includes(true)) {
    await rm(own, { force: true });
    return undefined;
  }
  await Promise.all(others.map(({ path }) => rm(path, { force: true })));
  return () => endTurn(own);
}

async function isHeld({ path }: Turn): Promise<boolean> {
  const holder = await holderOf(path);
  return holder > 0 && isStart(holder);
}

/** The cache may have been removed meanwhile, and the turn with it. */
async function endTurn(path: string): Promise<void> {
  await truncate(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
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
