import { DataError } from "../errors.ts";
import type { RejectedRow } from "./rejected-row.ts";
import { RowWriter } from "./row-writer.ts";
import { textRows } from "./text-rows.ts";

/** What stands between file, line and document: a control character, which no JSON text holds as it is. */
export const JSON_DELIMITER = "\u0002";
/** The quote of the COPY, another one, so that nothing in a document is taken for a quote. */
export const JSON_QUOTE = "\u0001";
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
/** Postgres refuses a jsonb text that is much longer. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

export interface JsonFile {
  readonly uri: string;
  /** Number of the file in the order that the files are read in. */
  readonly index: number;
  readonly bytes: AsyncIterable<Buffer>;
  readonly reject: (row: RejectedRow) => void;
}

/** Control characters that a COPY would take for its own; no JSON text holds them either way. */
const TAKEN = [0x00, 0x01, 0x02] as const;
/** One that JSON forbids just as much and COPY lets pass: the destination then rejects the document that it stands in. */
export const FORBIDDEN = 0x1f;

/** Bytes of JSON in which nothing can be mistaken for the end of a value by COPY. */
export function maskControls(chunk: Buffer): Buffer {
  for (const byte of TAKEN) {
    for (let at = chunk.indexOf(byte); at >= 0; at = chunk.indexOf(byte, at + 1)) chunk[at] = FORBIDDEN;
  }
  return chunk;
}

/** Rows of JSON that are text; the others are rejected. */
export function jsonTextRows(piece: Buffer, { index: file, reject }: JsonFile): Generator<Buffer> {
  return textRows(piece, { file, delimiter: JSON_DELIMITER, split: splitLines }, reject);
}

function* splitLines(rows: Buffer): Generator<Buffer> {
  for (let start = 0; start < rows.length; ) {
    const end = rows.indexOf(LF, start) + 1;
    yield rows.subarray(start, end);
    start = end;
  }
}

/** The lines of a file of JSON lines, each with file and line before it. Lines of nothing but white space are no documents. */
export async function* jsonLineRows(file: JsonFile): AsyncGenerator<Buffer> {
  const { uri, index, bytes } = file;
  const writer = new RowWriter(index, JSON_DELIMITER);
  let rest: Buffer = NOTHING;
  let line = 1;
  const append = (buffer: Buffer, start: number, lineEnd: number) => {
    const end = lineEnd > start && buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    return isBlank(buffer, start, end) ? undefined : writer.append(line, buffer, start, end);
  };
  for await (const chunk of bytes) {
    const buffer = rest.length === 0 ? maskControls(chunk) : Buffer.concat([rest, maskControls(chunk)]);
    maskReturns(buffer, Math.max(0, rest.length - 1));
    let start = 0;
    for (let end = buffer.indexOf(LF, rest.length); end >= 0; end = buffer.indexOf(LF, start)) {
      const piece = append(buffer, start, end);
      if (piece !== undefined) yield* jsonTextRows(piece, file);
      start = end + 1;
      line += 1;
    }
    rest = buffer.subarray(start);
    if (rest.length > LINE_BYTES_MAX) {
      throw new DataError(
        "LineTooLong",
        `${uri}, line ${line}: expected a JSON document of at most ${LINE_BYTES_MAX} bytes on a line, found more. Set load.from.format.json if the file is one document`,
      );
    }
  }
  const piece = append(rest, 0, rest.length);
  if (piece !== undefined) yield* jsonTextRows(piece, file);
  yield* jsonTextRows(writer.rest(), file);
}

function isBlank(buffer: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (buffer[at] === SPACE || buffer[at] === TAB)) at += 1;
  return at === end;
}

/**
 * COPY takes no other line ends than the first ones that it saw. A carriage return in the middle of a line means two documents, most
 * of the time. What follows the last byte is not known yet.
 */
function maskReturns(buffer: Buffer, from: number): void {
  for (let at = buffer.indexOf(CR, from); at >= 0 && at < buffer.length - 1; at = buffer.indexOf(CR, at + 1)) {
    if (buffer[at + 1] !== LF) buffer[at] = FORBIDDEN;
  }
}
