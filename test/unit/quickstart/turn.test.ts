import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { takeTurn } from "../../../config/cluster/turn.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const never = new AbortController().signal;
const file = () => join(temporaryDirectory("turn"), "cache", "turn.pid");

test("two starts on one machine work one after the other, and the second says for whom it waits", async () => {
  const path = file();
  const endFirst = await takeTurn(never, () => {}, path);
  const waited: number[] = [];
  const second = takeTurn(never, (holder) => waited.push(holder), path);
  await expect.poll(() => waited).toEqual([process.pid]);
  await endFirst();
  await (await second)();
  await (await takeTurn(never, () => expect.unreachable("both turns have ended"), path))();
});

test("a start that was killed holds nobody up", async () => {
  const path = file();
  await (await takeTurn(never, () => {}, path))();
  const dead = spawn("true");
  await once(dead, "exit");
  writeFileSync(path, String(dead.pid));
  const end = await takeTurn(never, () => expect.unreachable("nobody holds the turn"), path);
  await end();
});

test("of those who wait for one that was killed, one at a time has the turn", async () => {
  const path = file();
  await (await takeTurn(never, () => {}, path))();
  const dead = spawn("true");
  await once(dead, "exit");
  writeFileSync(path, String(dead.pid));
  let holders = 0;
  const most: number[] = [];
  const waiter = async () => {
    const end = await takeTurn(never, () => {}, path);
    holders += 1;
    most.push(holders);
    for (let pass = 0; pass < 20; pass += 1) await new Promise(setImmediate);
    holders -= 1;
    await end();
  };
  await Promise.all([waiter(), waiter(), waiter(), waiter()]);
  expect(most).toEqual([1, 1, 1, 1]);
});

test("a turn ends also where its file was removed with the cache, and the next one begins", async () => {
  const path = file();
  const end = await takeTurn(never, () => {}, path);
  rmSync(dirname(path), { recursive: true });
  await end();
  await (await takeTurn(never, () => expect.unreachable("nobody holds the turn"), path))();
});

test("a file whose process was killed before it wrote its number holds nobody up", async () => {
  const path = file();
  await (await takeTurn(never, () => {}, path))();
  writeFileSync(path, "");
  utimesSync(path, 0, 0);
  const end = await takeTurn(never, () => expect.unreachable("nobody holds the turn"), path);
  await end();
});

test("whoever waits can be interrupted", async () => {
  const path = file();
  const end = await takeTurn(never, () => {}, path);
  const interrupt = new AbortController();
  const waiting = takeTurn(interrupt.signal, () => interrupt.abort(new Error("stopped")), path);
  await expect(waiting).rejects.toThrow();
  await end();
});
