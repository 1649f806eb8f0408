import { Readable } from "node:stream";
import { TransientError } from "../errors.ts";

/** A request that gives no byte for this long is taken as lost, and asked again from where it stopped. */
const IDLE_MS = 30_000;
/** Requests in a row that may give no byte at all. */
const FRUITLESS_MAX = 5;
const BUFFER_BYTES = 256 * 1024;

/** What a store answers to a request for an object's bytes from an offset on. */
export interface ObjectAnswer {
  readonly body: Readable;
  /** The header Content-Range. Missing where the store answers with the whole object (RFC 9110, 14.2: it may ignore Range). */
  readonly contentRange?: string | undefined;
}

/** What has to be known of an object to read it. */
export interface ObjectSource {
  /** For messages: `s3://bucket/key`. */
  readonly uri: string;
  readonly bytes: number;
  /** Requests the object's bytes from `offset` to its end, of the very version that was listed. */
  open(offset: number): Promise<ObjectAnswer>;
  /** Whether asking again may help, for what `open` or its stream rejects with. */
  mayRetry(error: unknown): boolean;
  /** The error that the reader gets in the place of one of `open` or its stream. */
  explain(error: unknown): Error;
  /** Waits before asking again; `fruitless` counts from 1. */
  pause(fruitless: number): Promise<void>;
  readonly idleMs?: number;
}

/**
 * The bytes of one object as a stream, all of them or an error. A body that breaks off, stands still or is shorter than promised
 * goes on at the byte where it stopped; memory is bounded by the buffers of stream and socket.
 */
export function readObjectBody(source: ObjectSource): Readable {
  return Readable.from(chunksOf(source), { objectMode: false, highWaterMark: BUFFER_BYTES });
}

async function* chunksOf(source: ObjectSource): AsyncGenerator<Buffer> {
  let offset = 0;
  for (let fruitless = 0; offset < source.bytes; fruitless += 1) {
    if (fruitless > 0) await source.pause(fruitless);
    let failure: Error | undefined;
    try {
      for await (const chunk of chunksFrom(source, offset)) {
        yield chunk;
        offset += chunk.length;
        fruitless = 0;
      }
    } catch (error) {
      failure = source.explain(error);
      if (!source.mayRetry(error)) throw failure;
    }
    if (fruitless + 1 >= FRUITLESS_MAX) throw failure ?? lengthFailure(source, offset);
  }
}

async function* chunksFrom(source: ObjectSource, offset: number): AsyncGenerator<Buffer> {
  const { body, contentRange } = await source.open(offset);
  const idleMs = source.idleMs ?? IDLE_MS;
  const idle = new TransientError("ObjectStalled", `${source.uri} gave no byte for ${idleMs} ms at byte ${offset}`);
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    let end = startOf(source, offset, contentRange);
    for (;;) {
      // Only the time that is spent waiting counts: a slow reader is no fault of the server's.
      const timer = setTimeout(() => body.destroy(idle), idleMs);
      const { done, value } = await chunks.next().finally(() => clearTimeout(timer));
      if (done === true) return;
      const known = offset - end;
      end += value.length;
      if (end > source.bytes) throw lengthFailure(source, end);
      if (end > offset) yield known > 0 ? value.subarray(known) : value;
    }
  } finally {
    body.destroy();
  }
}

/**
 * Where an answer's bytes begin: at 0 without a Content-Range, and then those that have been read are passed over. Throws a
 * TransientError for a range of another object's length, or one that leaves bytes out.
 */
function startOf({ uri, bytes }: ObjectSource, offset: number, contentRange: string | undefined): number {
  if (contentRange === undefined) return 0;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange) ?? [];
  if (start !== undefined && Number(start) <= offset && (total === "*" || Number(total) === bytes))
    return Number(start);
  throw new TransientError(
    "ObjectRange",
    `${uri}: expected the bytes from ${offset} on of ${bytes}, found the header Content-Range "${contentRange}". Something between here and the store answers other requests than those that are sent`,
  );
}

function lengthFailure({ uri, bytes }: ObjectSource, found: number): TransientError {
  return new TransientError(
    "ObjectLength",
    `${uri} was listed with ${bytes} bytes, and ${found} came. Something between here and the store cuts bodies short or changes them`,
  );
}
