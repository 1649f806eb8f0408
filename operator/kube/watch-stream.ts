import { ApiError } from "./api-error.ts";
import { noAnswer, statusError } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { WatchCorrupt, type WatchEvent } from "./kube.ts";

/** etcd takes objects of 1.5 MiB; JSON escapes can make six bytes of one. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** The events of a watch's body, one JSON object per line. Errors as {@link Kube.watch} says. */
export async function* readWatch<T>(call: HttpCall, body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent<T>> {
  const never = new AbortController().signal;
  try {
    for await (const line of lines(body)) yield parseEvent<T>(call, line);
  } catch (error) {
    if (error instanceof WatchCorrupt || error instanceof ApiError) throw error;
    throw noAnswer(call, never, error);
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString("utf8").trim();
      parts = [];
      bytes = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > LINE_BYTES_MAX)
      throw new WatchCorrupt(`expected a line of at most ${LINE_BYTES_MAX} bytes, found more`);
  }
  // An event that was cut off is dropped: the next watch begins before it.
}

function parseEvent<T>(call: HttpCall, line: string): WatchEvent<T> {
  const event = parseLine(line);
  const object = event.object;
  if (!isJsonObject(object)) throw new WatchCorrupt("expected a watch event with an object, found one without");
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      resourceVersionOf(object);
      return { type: event.type, object: object as unknown as T };
    case "BOOKMARK":
      return { type: "BOOKMARK", resourceVersion: resourceVersionOf(object) };
    case "ERROR":
      throw watchError(call, object);
    default:
      throw new WatchCorrupt(`expected a watch event, found the type ${JSON.stringify(event.type)?.slice(0, 100)}`);
  }
}

function parseLine(line: string): JsonObject {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    // Without the cause: its message quotes the line, which may hold what no log should.
    throw new WatchCorrupt(`expected a watch event as JSON, found ${line.length} characters of something else`);
  }
  if (isJsonObject(event)) return event;
  throw new WatchCorrupt("expected a watch event, found JSON that is not an object");
}

function resourceVersionOf(object: JsonObject): string {
  const metadata = object.metadata;
  const version = isJsonObject(metadata) ? metadata.resourceVersion : undefined;
  if (typeof version === "string" && /^\d+$/.test(version)) return version;
  throw new WatchCorrupt("expected metadata.resourceVersion to be digits");
}

function watchError(call: HttpCall, status: JsonObject): ApiError {
  const code = status.code;
  return statusError(call, status, {
    status: typeof code === "number" && Number.isInteger(code) ? code : 500,
    message: "the server ended the watch without a message",
  });
}
