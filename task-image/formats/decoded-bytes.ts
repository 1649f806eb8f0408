import { isUtf8 } from "node:buffer";
import { PassThrough, pipeline, type Readable } from "node:stream";
import { createGunzip, createZstdDecompress, type ZstdDecompress } from "node:zlib";
import { DataError, TaskFailure } from "../errors.ts";

/** A piece of decompressed bytes: large, because every piece costs a trip through the event loop. */
const PIECE_BYTES = 256 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** The byte order mark of UTF-8. */
export const UTF_8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export const ENCODINGS = ["utf-8", "utf-16", "latin1", "windows-1252"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/**
 * The text of a file as UTF-8 without byte order marks before it. Gzip (of several members too) and zstd are known by their first bytes,
 * whatever the name says; UTF-16 and UTF-8 are known by their byte order marks, whatever `encoding` says. Throws a DataError that names `uri` for damaged archives and
 * for bytes that are no text of the encoding.
 */
export async function* decodedBytes(body: Readable, uri: string, encoding: Encoding = "utf-8"): AsyncGenerator<Buffer> {
  const pieces = unpackedBytes(body, uri);
  const first = await firstBytes(pieces, UTF_8_BOM.length);
  if (first.length === 0) return;
  const wide = wideEncoding(first);
  if (wide === undefined && (encoding === "utf-8" || startsWith(first, UTF_8_BOM))) {
    yield* withoutMarks(pieces, first);
    return;
  }
  const label = wide ?? (encoding === "utf-16" ? "utf-16le" : "windows-1252");
  yield* withoutMarks(transcoded(first, pieces, label, uri));
}

/** UTF-8 without the byte order marks at its beginning: of files that were put together there may be several. */
export async function* withoutMarks(pieces: AsyncGenerator<Buffer>, begin?: Buffer): AsyncGenerator<Buffer> {
  let first = await firstBytes(pieces, UTF_8_BOM.length, begin);
  while (startsWith(first, UTF_8_BOM)) {
    first = await firstBytes(pieces, UTF_8_BOM.length, first.subarray(UTF_8_BOM.length));
  }
  if (first.length > 0) yield first;
  yield* pieces;
}

function wideEncoding(first: Buffer): string | undefined {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  return first[0] === 0xfe && first[1] === 0xff ? "utf-16be" : undefined;
}

async function* transcoded(
  first: Buffer,
  pieces: AsyncGenerator<Buffer>,
  label: string,
  uri: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(label, { fatal: true });
  try {
    yield Buffer.from(decoder.decode(first, { stream: true }));
    for await (const piece of pieces) yield Buffer.from(decoder.decode(piece, { stream: true }));
    yield Buffer.from(decoder.decode());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError("BadEncoding", `${uri}: expected text of encoding ${label}, found other bytes`, {
      cause: error,
    });
  }
}

/** The bytes of a file, unpacked where its first bytes say that it is packed. Throws a DataError that names `uri` for damaged archives. */
export async function* unpackedBytes(body: Readable, uri: string): AsyncGenerator<Buffer> {
  const source = body[Symbol.asyncIterator]() as AsyncGenerator<Buffer>;
  const first = await firstBytes(source, ZSTD.length);
  const packed = async function* () {
    if (first.length > 0) yield first;
    yield* source;
  };
  try {
    if (startsWith(first, GZIP)) yield* gunzipped(packed, uri);
    else if (startsZstd(first)) yield* unpackedFrames(packed(), uri);
    else yield* packed();
  } catch (error) {
    throw archiveFailure(error, uri);
  }
}

/**
 * Gzip may be several members, one after another, and zeros after the last one. What follows a zero is left unread by Node's
 * decompressor, whatever it is.
 */
async function* gunzipped(packed: () => AsyncGenerator<Buffer>, uri: string): AsyncGenerator<Buffer> {
  let read = 0;
  let filled = 0;
  const watched = async function* () {
    for await (const piece of packed()) {
      const end = piece.findLastIndex((byte) => byte !== 0) + 1;
      if (end > 0) filled = read + end;
      read += piece.length;
      yield piece;
    }
  };
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  const unpacked = new PassThrough({ highWaterMark: 2 * PIECE_BYTES });
  const ended = new Promise<void>((resolve) => pipeline(watched, gunzip, unpacked, () => resolve()));
  yield* unpacked as AsyncIterable<Buffer>;
  await ended;
  if (filled > gunzip.bytesWritten) throw otherBytes(uri, "gzip member");
}

function otherBytes(uri: string, part: "gzip member" | "zstd frame"): DataError {
  return new DataError(
    "DamagedArchive",
    `${uri}: expected another ${part} or the end of the file, found other bytes after one. Write it again`,
  );
}

/** Zstd may be several frames, one after another. Node's decompressor ends with a frame that ends within a piece. */
async function* unpackedFrames(packed: AsyncGenerator<Buffer>, uri: string): AsyncGenerator<Buffer> {
  for (let rest = await firstBytes(packed, ZSTD.length); rest.length > 0; ) {
    if (!startsZstd(rest)) throw otherBytes(uri, "zstd frame");
    const frames = createZstdDecompress({ chunkSize: PIECE_BYTES });
    const left = feed(frames, rest, packed);
    left.catch((error: unknown) => frames.destroy(error as Error));
    yield* frames as AsyncIterable<Buffer>;
    rest = await left;
    if (rest.length > 0) rest = await firstBytes(packed, ZSTD.length, rest);
  }
}

/** Writes pieces until a frame ends within one. Answers what follows that frame, or nothing when all pieces have been taken. */
async function feed(frames: ZstdDecompress, first: Buffer, packed: AsyncIterator<Buffer>): Promise<Buffer> {
  let piece = first;
  for (;;) {
    const before = frames.bytesWritten;
    await new Promise<void>((taken, failed) => {
      frames.write(piece, (error) => (error ? failed(error) : taken()));
    });
    const taken = frames.bytesWritten - before;
    if (taken < piece.length) return piece.subarray(taken);
    const { done, value } = await packed.next();
    if (done === true) break;
    piece = value;
  }
  frames.end();
  return Buffer.alloc(0);
}

/** A frame, or one that decompressors skip: 0x184D2A50 to 0x184D2A5F, the lowest byte first. */
function startsZstd(bytes: Buffer): boolean {
  const skipped = bytes.length >= ZSTD.length && bytes.readUInt32LE(0) >>> 4 === 0x184d2a5;
  return skipped || startsWith(bytes, ZSTD);
}

/** Errors of zlib have a code such as Z_DATA_ERROR or ZSTD_error_…; every other one is the body's own. */
function archiveFailure(error: unknown, uri: string): unknown {
  if (error instanceof TaskFailure) return error;
  const code = String((error as { readonly code?: unknown }).code ?? "");
  if (!/^(Z_|ZSTD_|ERR_.*Z(LIB|STD))/.test(code)) return error;
  return new DataError(
    "DamagedArchive",
    `${uri}: expected a complete gzip or zstd file, found ${(error as Error).message} (${code}). Write it again`,
    { cause: error },
  );
}

/** At least `bytes` bytes, `begin` among them, where there are so many; what comes after them is left in the iterator. */
async function firstBytes(
  pieces: AsyncIterator<Buffer>,
  bytes: number,
  begin: Buffer = Buffer.alloc(0),
): Promise<Buffer> {
  let first = begin;
  while (first.length < bytes) {
    const { done, value } = await pieces.next();
    if (done === true) break;
    first = first.length === 0 ? value : Buffer.concat([first, value]);
  }
  return first;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

/** Why COPY could not take these bytes as text, or undefined when it can. Postgres has no place for a zero byte. */
export function textProblem(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return "a zero byte, which no text of Postgres can hold";
  return isUtf8(bytes) ? undefined : "bytes that are not UTF-8; set encoding if the file is written in another one";
}
