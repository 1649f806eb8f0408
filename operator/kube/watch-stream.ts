import type { ApiObject } from "../kinds/objects.ts";
import { ApiError } from "./api-error.ts";
import { noAnswer, statusError } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { memberOf } from "./json-member.ts";
import { type Projection, WatchCorrupt, type WatchEvent } from "./kube.ts";
import { isUnread, readObject, tooLarge } from "./unread.ts";

const LINE_FEED = 0x0a;

export interface WatchReading<T> {
  readonly objectBytesMax: number;
  readonly project?: Projection<T>["project"] | undefined;
}

/**
 * The events of a watch's body, one JSON object per line. Of an object that is larger than its bound the event says who it is, and
 * the rest of its line goes unread. Errors as {@link Kube.watch} says.
 */
export async function* readWatch<T extends ApiObject>(
  call: HttpCall,
  body: AsyncIterable<Buffer>,
  { objectBytesMax, project }: WatchReading<T>,
): AsyncGenerator<WatchEvent<T>> {
  const never = new AbortController().signal;
  try {
    for await (const { text, cut } of lines(body, objectBytesMax)) {
      yield cut ? cutEvent<T>(text, objectBytesMax) : parseEvent<T>(call, text.toString("utf8"), project);
    }
  } catch (error) {
    if (error instanceof WatchCorrupt || error instanceof ApiError) throw error;
    throw noAnswer(call, never, error);
  }
}

interface Line {
  readonly text: Buffer;
  /** There is more of the line than this. */
  readonly cut: boolean;
}

async function* lines(body: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let bytes = 0;
  /** The line's beginning was handed on already. */
  let cut = false;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const text = cut ? undefined : Buffer.concat([...parts, chunk.subarray(start, end)]);
      [parts, bytes, cut, start] = [[], 0, false, end + 1];
      if (text !== undefined && !isBlank(text)) yield { text, cut: text.length > bytesMax };
    }
    if (cut) continue;
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes <= bytesMax) continue;
    yield { text: Buffer.concat(parts), cut: true };
    [parts, cut] = [[], true];
  }
  // An event that was cut off is dropped: the next watch begins before it.
}

function isBlank(line: Buffer): boolean {
  return line.length < 3 && line.toString("latin1").trim() === "";
}

/** What the beginning of a line says that is too long to be read. */
function cutEvent<T>(begin: Buffer, bytesMax: number): WatchEvent<T> {
  const type = memberOf(begin, "type")?.toString("latin1").trim();
  const object = tooLarge(memberOf(begin, "object") ?? begin, bytesMax);
  if (type === undefined || object === undefined)
    throw new WatchCorrupt(`expected a line of at most ${bytesMax} bytes, found more`);
  resourceVersionOf({ metadata: { ...object.metadata } });
  return type === '"DELETED"' ? { type: "DELETED", object: object as never } : { type: "UNREAD", object };
}

function parseEvent<T extends ApiObject>(
  call: HttpCall,
  line: string,
  project: Projection<T>["project"],
): WatchEvent<T> {
  const event = parseLine(line);
  const object = event.object;
  if (!isJsonObject(object)) throw new WatchCorrupt("expected a watch event with an object, found one without");
  switch (event.type) {
    case "ADDED":
    case "MODIFIED": {
      resourceVersionOf(object);
      const read = readObject(object as unknown as T, project);
      return isUnread(read) ? { type: "UNREAD", object: read } : { type: event.type, object: read };
    }
    case "DELETED":
      resourceVersionOf(object);
      return { type: "DELETED", object: object as unknown as T };
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
