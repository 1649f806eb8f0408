import { setTimeout } from "node:timers/promises";

const DEADLINE_MS = 30_000;

/** Asks again and again until the answer is not false or undefined. Throws after half a minute, naming what was awaited. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined> | T | false | undefined,
): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    await setTimeout(10);
  }
  throw new Error(`waited ${DEADLINE_MS / 1000} s in vain: ${what}`);
}
