import { Readable } from "node:stream";
import { DataError } from "../errors.ts";
import { unpackedBytes } from "../formats/decoded-bytes.ts";
import { withoutLines } from "../formats/skipped-lines.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { SourceFile } from "../sources/files/file-source.ts";

/** A longer line is not a header. */
const FIRST_LINE_BYTES_MAX = 1024 * 1024;
const LF = 0x0a;

/** How the first bytes of packed files begin. */
const MAGIC = [
  { compression: "gzip", bytes: Buffer.from([0x1f, 0x8b]) },
  { compression: "zstd", bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
] as const;

const MAGIC_BYTES_MAX = 4;

/** What the first bytes of an object say of it. */
export interface ObjectHead {
  readonly compression: (typeof MAGIC)[number]["compression"] | "none";
  /** The first line that is not skipped, unpacked, without its line end and a byte order mark. */
  readonly firstLine: string;
}

/** Reads an object up to the end of its first line after those that are skipped. Throws a DataError for damaged archives and for text that is not UTF-8. */
export async function readObjectHead(store: ObjectStore, object: SourceFile, skipped = 0): Promise<ObjectHead> {
  const body = store.read({ key: object.name, bytes: object.bytes, etag: object.etag });
  let compression: ObjectHead["compression"] = "none";
  const watched = async function* () {
    let first: Buffer = Buffer.alloc(0);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (first.length < MAGIC_BYTES_MAX) {
        first = Buffer.concat([first, chunk.subarray(0, MAGIC_BYTES_MAX)]);
        compression = compressionOf(first);
      }
      yield chunk;
    }
  };
  try {
    const pieces = unpackedBytes(Readable.from(watched(), { objectMode: false }), object.uri);
    const line = await firstLine(withoutLines(pieces, { first: skipped, last: 0 }, object.uri));
    return { compression, firstLine: textOf(line, object.uri) };
  } finally {
    body.destroy();
  }
}

function compressionOf(first: Buffer): ObjectHead["compression"] {
  return MAGIC.find(({ bytes }) => first.subarray(0, bytes.length).equals(bytes))?.compression ?? "none";
}

async function firstLine(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    const end = piece.indexOf(LF);
    parts.push(end < 0 ? piece : piece.subarray(0, end));
    length += piece.length;
    if (end >= 0 || length > FIRST_LINE_BYTES_MAX) break;
  }
  const line = Buffer.concat(parts).subarray(0, FIRST_LINE_BYTES_MAX);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

function textOf(line: Buffer, uri: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: line.length < FIRST_LINE_BYTES_MAX }).decode(line);
  } catch (error) {
    throw new DataError(
      "BadEncoding",
      `${uri}, line 1: expected UTF-8, which the warehouse reads, found other bytes. Convert the file`,
      { cause: error },
    );
  }
}
