import { createHash } from "node:crypto";
import { Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import type { LoadedHttpRequest } from "#api/http-request.ts";
import { DataError, TaskFailure } from "../errors.ts";
import type { HttpAnswer, HttpCall, HttpClient } from "../http/client.ts";
import { requestFailure } from "../http/http-failure.ts";
import { urlBelow } from "../http/path.ts";
import { countJson, countLines, countNothing, type RecordCount } from "../json/record-count.ts";
import { recordLines } from "../json/record-lines.ts";
import { elementsOf, isArray, JsonTextError, locate, rootOf } from "../json/scan.ts";
import { createRepeatCheck, firstPage, nextPage, type PageRequest, type Paging, pageCall } from "./http-paging.ts";
import { createTotalCheck } from "./http-total.ts";

export type HttpSource = z.infer<typeof LoadedHttpRequest>;

/** What was read. `rows` is missing where the format's records are not counted. */
export interface HttpRead {
  readonly rows: number | undefined;
  readonly pages: number;
}

/** What happens while an answer is read. */
export interface HttpReader {
  /** Called after each page with what has been read up to then. */
  onPage(read: HttpRead): void;
  /** Called with every record of a page: a JSON text, and where the record begins in it. */
  onRecord?(text: Buffer, start: number): void;
}

/** Whether records are written one a line, rather than the body as it came. */
export function isPaged({ paging, records, incremental }: HttpSource): boolean {
  return paging !== undefined || records !== undefined || incremental !== undefined;
}

/** Writes what a request answers and ends the stream: the body as it came, or one record a line. */
export async function readHttp(
  client: HttpClient,
  source: HttpSource,
  target: Writable,
  reader: HttpReader,
): Promise<HttpRead> {
  const call = callOf(client, source);
  if (!isPaged(source)) return readBody(client, call, source.format, target);
  let read: HttpRead = { rows: 0, pages: 0 };
  const lines = async function* () {
    for await (const page of pagesOf(client, source, call, reader)) {
      read = { rows: (read.rows ?? 0) + page.rows, pages: read.pages + 1 };
      reader.onPage(read);
      yield page.lines;
    }
  };
  await pipeline(Readable.from(lines(), { objectMode: false }), target);
  return read;
}

/** The first request. Throws a ConfigurationError for a path that leads to another host. */
function callOf({ settings }: HttpClient, { path, method, query, body }: HttpSource): HttpCall {
  const url = urlBelow(settings, path);
  for (const { name, value } of query ?? []) url.searchParams.append(name, value);
  const headers = { accept: "application/json, */*;q=0.5" };
  if (method === "GET") return { url, method, headers };
  return { url, method, headers: { ...headers, "content-type": "application/json" }, body: body ?? "" };
}

const COUNTS: Readonly<Record<HttpSource["format"], () => RecordCount>> = {
  json: countJson,
  jsonl: countLines,
  csv: countNothing,
};

async function readBody(
  client: HttpClient,
  call: HttpCall,
  format: HttpSource["format"],
  target: Writable,
): Promise<HttpRead> {
  const { body, url, headers } = await client.stream(call);
  const count = COUNTS[format]();
  const name = `connection ${client.settings.connection}: the answer of ${url.origin}${url.pathname}`;
  const checked = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      throw notAsExpected(name, (error as Error).message, headers);
    }
  };
  let rows: number | undefined;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        checked(() => count.add(chunk));
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        rows = checked(() => count.end());
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(body, counting, target);
  } catch (error) {
    throw requestFailure(error, client.settings, `${call.method} ${url.origin}${url.pathname}`);
  }
  return { rows, pages: 1 };
}

interface RecordPage {
  readonly lines: Buffer;
  readonly rows: number;
}

async function* pagesOf(
  client: HttpClient,
  source: HttpSource,
  call: HttpCall,
  { onRecord }: HttpReader,
): AsyncGenerator<RecordPage> {
  const { paging } = source;
  const name = `connection ${client.settings.connection}: ${call.method} ${call.url.origin}${call.url.pathname}`;
  const check = createRepeatCheck();
  const total = paging?.total === undefined ? undefined : createTotalCheck(name, paging.total);
  let request: PageRequest | undefined = paging === undefined ? { url: call.url } : firstPage(paging);
  for (let number = 1; request !== undefined; number += 1) {
    if (paging !== undefined && number > paging.maxPages) throw tooManyPages(name, paging);
    const answer: HttpAnswer<Buffer> = await client.read(pageCall(call, request, paging ?? {}));
    const { root, list, ...page } = recordsOf(answer, source, `${name}, page ${number}`);
    showRecords(answer.body, list, onRecord);
    total?.add(page.rows, { text: answer.body, root, headers: answer.headers });
    check(page.rows > 0 ? createHash("sha256").update(page.lines).digest("hex") : undefined, request, name);
    yield page;
    const link = [answer.headers.link].flat().join(", ") || undefined;
    const seen = { rows: page.rows, text: answer.body, root, link, url: answer.url };
    request = paging === undefined ? undefined : nextPage(paging, request, seen);
  }
  total?.end();
}

function showRecords(text: Buffer, list: number, onRecord: HttpReader["onRecord"]): void {
  if (onRecord === undefined) return;
  for (const [start] of elementsOf(text, list)) onRecord(text, start);
}

function recordsOf(
  { body, headers }: HttpAnswer<Buffer>,
  { records }: HttpSource,
  name: string,
): RecordPage & { readonly root: number; readonly list: number } {
  try {
    const root = rootOf(body);
    const at = locate(body, root, records === undefined ? [] : records.split("."));
    if (at === undefined || !isArray(body, at)) {
      const what = records === undefined ? "a list of records" : `a list of records at ${records}`;
      throw new DataError(
        "NoRecords",
        `${name}: expected ${what}, found ${at === undefined ? "nothing there" : "something else"}. Set from.http.records to its path`,
      );
    }
    return { root, list: at, ...recordLines(body, at) };
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    if (error instanceof JsonTextError) throw notAsExpected(name, error.message, headers);
    throw error;
  }
}

function notAsExpected(name: string, what: string, headers: HttpAnswer<unknown>["headers"]): DataError {
  const type = headers["content-type"] ?? "none";
  return new DataError(
    "NotJson",
    `${name} is not what format says: ${what} (content-type ${type}). Check path and format`,
  );
}

function tooManyPages(name: string, { maxPages }: Paging): DataError {
  return new DataError(
    "TooManyPages",
    `${name}: expected at most ${maxPages} pages, and there is another one. Raise from.http.paging.maxPages, or ask for larger pages`,
  );
}
