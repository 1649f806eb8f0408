import { DataError } from "../errors.ts";
import { UTF_8_BOM } from "./decoded-bytes.ts";
import { REJECTED_BYTES_MAX, type RejectedRow } from "./rejected-row.ts";
import { hasRepeatedName } from "./repeated-names.ts";
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

/** A document in a buffer, and the line of the file that it begins in. */
export interface FoundDocument {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Writes documents as rows; one in which a name stands twice is rejected, because one of its values would be lost. */
export class DocumentWriter {
  readonly #rows: RowWriter;
  readonly #file: JsonFile;

  constructor(file: JsonFile) {
    this.#file = file;
    this.#rows = new RowWriter(file.index, JSON_DELIMITER);
  }

  /** Appends a document; answers a full piece when there was no room for it. */
  append(buffer: Buffer, { line, start, end }: FoundDocument): Buffer | undefined {
    if (!hasRepeatedName(buffer, start, end)) return this.#rows.append(line, buffer, start, end);
    const value = buffer.toString("utf8", start, Math.min(end, start + REJECTED_BYTES_MAX));
    const reason = "expected each name of an object once, found one twice";
    this.#file.reject({ file: this.#file.index, line, value, reason });
    return undefined;
  }

  /** What has not been handed on yet. */
  rest(): Buffer {
    return this.#rows.rest();
  }
}

/** Where a document begins behind a byte order mark: where files were put together, each brings its own. */
export function behindMark(buffer: Buffer, start: number, end: number): number {
  if (buffer[start] !== UTF_8_BOM[0] || end - start < UTF_8_BOM.length) return start;
  return UTF_8_BOM.compare(buffer, start, start + UTF_8_BOM.length) === 0 ? start + UTF_8_BOM.length : start;
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
  const { uri, bytes } = file;
  const writer = new DocumentWriter(file);
  let rest: Buffer = NOTHING;
  let line = 1;
  const append = (buffer: Buffer, lineStart: number, lineEnd: number) => {
    const end = lineEnd > lineStart && buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    const start = behindMark(buffer, lineStart, end);
    return isBlank(buffer, start, end) ? undefined : writer.append(buffer, { line, start, end });
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
