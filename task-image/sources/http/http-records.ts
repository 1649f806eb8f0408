import { createHash } from "node:crypto";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import type { LoadedHttpRequest } from "#api/http/request.ts";
import { unpackedBytes } from "../../formats/decoded-bytes.ts";
import { collect } from "../../http/body.ts";
import { type HttpAnswer, type HttpCall, type HttpClient, TEXT_BYTES_MAX } from "../../http/client.ts";
import { urlBelow } from "../../http/path.ts";
import { fieldsOf } from "../../json/path.ts";
import { elementsOf, JsonTextError } from "../../json/scan.ts";
import { readBody } from "./http-body.ts";
import { notAsExpected, type RecordPage, recordsOf } from "./http-page.ts";
import { createRepeatCheck, tooManyPages } from "./http-page-end.ts";
import { firstPage, nextPage, type PageRequest, type Paging, pageCall, saysNext } from "./http-paging.ts";
import { createTotalCheck, type TotalCheck } from "./http-total.ts";

export type HttpSource = z.infer<typeof LoadedHttpRequest>;

/** Statuses of an answer that holds records, and those of the request after the last page. */
const OK = [200];
const NO_MORE = [204];

/** What was read. `rows` is missing where the format's records are not counted. */
export interface HttpRead {
  readonly rows: number | undefined;
  readonly pages: number;
}

/** What happens while an answer is read, and where it may be kept meanwhile. */
export interface HttpReader {
  /** A directory to write to: an answer without pages is complete before the first byte of it goes on. */
  readonly workDirectory: string;
  /** What stands between the cells of CSV, where that is known. */
  readonly delimiter?: string | undefined;
  /** Called after each page with what has been read up to then. */
  onPage(read: HttpRead): void;
  /** Called with every record of a page: a JSON text, and where the record begins in it. */
  onRecord?(text: Buffer, start: number): void;
}

/** Whether records are written one a line, rather than the body as it came. */
export function isPaged({ paging, records, incremental, single }: HttpSource): boolean {
  return paging !== undefined || records !== undefined || incremental !== undefined || single === true;
}

/** Writes what a request answers and ends the stream: the body as it came, unpacked, or one record a line. */
export async function readHttp(
  client: HttpClient,
  source: HttpSource,
  target: Writable,
  reader: HttpReader,
): Promise<HttpRead> {
  const call = callOf(client, source);
  if (!isPaged(source)) return readBody(client, call, source, { target, ...reader });
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
function callOf({ settings }: HttpClient, { path, method, query, body, statuses = OK }: HttpSource): HttpCall {
  const url = urlBelow(settings, path);
  for (const { name, value } of query ?? []) url.searchParams.append(name, value);
  const headers = { accept: "application/json, */*;q=0.5" };
  if (method === "GET") return { url, method, headers, accepts: statuses };
  const typed = { ...headers, "content-type": "application/json" };
  return { url, method, headers: typed, body: body ?? "", accepts: statuses };
}

/** Which page is asked for, and what is known from those before it. */
interface Progress {
  readonly number: number;
  readonly request: PageRequest;
  readonly saidBefore: boolean;
  readonly fields: ReadonlySet<string> | undefined;
}

async function* pagesOf(
  client: HttpClient,
  source: HttpSource,
  call: HttpCall,
  { onRecord }: HttpReader,
): AsyncGenerator<RecordPage> {
  const { paging } = source;
  const name = `connection ${client.settings.connection}: ${call.method} ${call.url.origin}${call.url.pathname}`;
  const check = createRepeatCheck(name, paging ?? {});
  const total = paging?.total === undefined ? undefined : createTotalCheck(name, paging.total);
  const first = paging === undefined ? { url: call.url } : firstPage(paging);
  let at: Progress | undefined = { number: 1, request: first, saidBefore: false, fields: undefined };
  while (at !== undefined) {
    const pageName = `${name}, page ${at.number}`;
    const answer = await askFor(client, source, pageCall(call, at.request, paging ?? {}), at.number);
    const page = answer === undefined ? undefined : recordsOf(answer, source, pageName, at);
    if (answer === undefined || page === undefined || check.isRepeated(digestOf(page), at.request, page.rows)) break;
    const arrived = { answer, page, pageName, total };
    const next = readAround(arrived, source, at, onRecord);
    yield page;
    at = next;
    if (isEnough(paging, at, name)) return;
  }
  total?.end();
}

function digestOf({ rows, lines }: RecordPage): string | undefined {
  return rows === 0 ? undefined : createHash("sha256").update(lines).digest("hex");
}

/** Whether the next page is one more than is wanted. Throws a DataError where that is a fault. */
function isEnough(paging: Paging | undefined, next: Progress | undefined, name: string): boolean {
  if (paging === undefined || next === undefined || next.number <= paging.maxPages) return false;
  if (paging.end?.maxPages === true) return true;
  throw tooManyPages(name, paging);
}

/** What stands in the records and around them: cursors, totals, the next page. Throws a DataError where it is no JSON. */
function readAround(
  arrived: Arrived,
  source: HttpSource,
  at: Progress,
  onRecord: HttpReader["onRecord"],
): Progress | undefined {
  const { answer, page, pageName, total } = arrived;
  try {
    showRecords(answer.body, page.list, onRecord);
    total?.add(page.rows, { text: answer.body, root: page.root, headers: answer.headers });
    return after(source, at, arrived);
  } catch (error) {
    if (error instanceof JsonTextError) throw notAsExpected(pageName, error.message, answer.headers);
    throw error;
  }
}

interface Arrived {
  readonly answer: HttpAnswer<Buffer>;
  readonly page: RecordPage;
  readonly pageName: string;
  readonly total: TotalCheck | undefined;
}

function after({ paging }: HttpSource, at: Progress, { answer, page, pageName, total }: Arrived): Progress | undefined {
  if (paging === undefined || (paging.end?.total === true && total?.isReached() === true)) return undefined;
  const link = [answer.headers.link].flat().join(", ") || undefined;
  const { root, rows } = page;
  const { saidBefore } = at;
  const seen = { name: pageName, rows, text: answer.body, root, link, url: answer.url, saidBefore };
  const request = nextPage(paging, at.request, seen);
  if (request === undefined) return undefined;
  return {
    number: at.number + 1,
    request,
    saidBefore: saidBefore || saysNext(paging, seen),
    fields: new Set([...(at.fields ?? []), ...fieldsOf(answer.body, root)]),
  };
}

/** The answer for a page; undefined where its status says that the one before was the last. */
async function askFor(
  client: HttpClient,
  { paging, statuses = OK }: HttpSource,
  call: HttpCall,
  number: number,
): Promise<HttpAnswer<Buffer> | undefined> {
  const ends = number === 1 ? [] : (paging?.end?.statuses ?? NO_MORE);
  const answer = await client.read({ ...call, accepts: [...statuses, ...ends] });
  if (ends.includes(answer.status) || (answer.status === 204 && statuses.includes(204))) return undefined;
  const unpacked = Readable.from(unpackedBytes(Readable.from([answer.body]), call.url.pathname));
  return { ...answer, body: await collect(unpacked, TEXT_BYTES_MAX, client.settings.connection) };
}

function showRecords(text: Buffer, list: number | undefined, onRecord: HttpReader["onRecord"]): void {
  if (onRecord === undefined || list === undefined) return;
  for (const [start] of elementsOf(text, list)) onRecord(text, start);
}
