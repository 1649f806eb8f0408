import { Writable } from "node:stream";
import { LoadedHttpRequest } from "#api/http/request.ts";
import { readHttpSettings } from "../../../task-image/connections/http-settings.ts";
import { openHttpClient } from "../../../task-image/http/client.ts";
import { createRedactor } from "../../../task-image/redaction.ts";
import { readHttp } from "../../../task-image/sources/http/http-records.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { type HttpApi, type Reply, type SeenRequest, startHttpApi } from "../servers/http-api.ts";

/** What came of reading an API: the lines that were written, what was asked for, and what the client would have waited. */
export interface HttpReading {
  readonly lines: readonly string[];
  readonly rows: number | undefined;
  readonly asked: readonly string[];
  /** Milliseconds; nobody waits for them. */
  readonly waits: readonly number[];
}

/** Reads an API that replies so, as a load does before its rows go anywhere. `http` is that of a manifest. */
export async function readApi(http: object, reply: (request: SeenRequest) => Reply): Promise<HttpReading> {
  await using api = await startHttpApi(reply);
  return await readFrom(api, http);
}

export async function readFrom(
  api: Pick<HttpApi, "origin" | "seen">,
  http: object,
  answerTimeoutMs = 30_000,
): Promise<HttpReading> {
  const redactor = createRedactor();
  const settings = await readHttpSettings("api", { kind: "http", baseUrl: api.origin }, redactor);
  const waits: number[] = [];
  let now = Date.parse("2026-01-01T00:00:00Z");
  const sleep = (ms: number) => {
    waits.push(ms);
    now += ms;
    return Promise.resolve();
  };
  const clock = { now: () => now, sleep };
  const signal = new AbortController().signal;
  await using client = await openHttpClient(settings, { signal, redactor, clock, answerTimeoutMs });
  const chunks: Buffer[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const workDirectory = temporaryDirectory("answer");
  const { rows } = await readHttp(client, LoadedHttpRequest.parse(http), target, {
    workDirectory,
    onPage: () => undefined,
  });
  const lines = Buffer.concat(chunks)
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  return { lines, rows, asked: api.seen.map(({ url }) => `${url.pathname}${url.search}`), waits };
}
