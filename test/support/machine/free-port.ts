import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Systems give ports from 32768 (Linux) or 49152 on to whoever asks for any. One of those could be somebody else's before the server
 * that it was found for listens: tests that run beside it make proxies all the time. `fetch` refuses 10080 and some below (WHATWG Fetch,
 * "bad port").
 */
const LOWEST = 11_000;
const HIGHEST = 29_999;
const ATTEMPTS = 100;

/** A port of 127.0.0.1 that nobody listens on, and that the system gives to nobody by itself. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${ATTEMPTS} ports between ${LOWEST} and ${HIGHEST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}
