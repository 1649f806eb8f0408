import { DataError } from "../errors.ts";

const LF = 0x0a;
const CR = 0x0d;
/** Longer lines at the end were not written by a person below the rows. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** Lines of a file that are no rows, whatever they hold: so many before the header, so many at the end. */
export interface SkippedLines {
  readonly first: number;
  readonly last: number;
}

/** The bytes of a file without these lines. Lines at the beginning end in LF, CRLF or CR, those at the end in LF or CRLF. */
export async function* withoutLines(
  bytes: AsyncIterable<Buffer>,
  { first, last }: SkippedLines,
  uri: string,
): AsyncGenerator<Buffer> {
  const rest = first === 0 ? bytes : withoutFirst(bytes, first);
  yield* last === 0 ? rest : withoutLast(rest, last, uri);
}

async function* withoutFirst(bytes: AsyncIterable<Buffer>, first: number): AsyncGenerator<Buffer> {
  const state = { left: first, isAfterReturn: false };
  for await (const piece of bytes) {
    const start = startOfRest(piece, state);
    if (start < piece.length) yield piece.subarray(start);
  }
}

/** Where the first byte lies that belongs to no skipped line. */
function startOfRest(piece: Buffer, state: { left: number; isAfterReturn: boolean }): number {
  let at = 0;
  for (; at < piece.length; at += 1) {
    const byte = piece[at];
    const isSecondHalf = state.isAfterReturn && byte === LF;
    state.isAfterReturn = false;
    if (isSecondHalf) continue;
    if (state.left === 0) return at;
    if (byte === LF || byte === CR) state.left -= 1;
    state.isAfterReturn = byte === CR;
  }
  return at;
}

async function* withoutLast(bytes: AsyncIterable<Buffer>, last: number, uri: string): AsyncGenerator<Buffer> {
  let held: Buffer = NOTHING;
  for await (const piece of bytes) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    // The file's last line end belongs to its last line.
    const end = startOfLast(held, held.length, last + 1);
    if (end > 0) yield held.subarray(0, end);
    held = held.subarray(end);
    if (held.length > HELD_BYTES_MAX) throw tooLong(uri, last);
  }
  const end = held.at(-1) === LF ? held.length - 1 : held.length;
  const start = startOfLast(held, end, last);
  if (start > 0) yield held.subarray(0, start);
}

/** Where the last `count` lines of the bytes before `end` begin, or 0. */
function startOfLast(bytes: Buffer, end: number, count: number): number {
  let start = end;
  for (let line = 0; line < count && start >= 0; line += 1) start = start === 0 ? -1 : bytes.lastIndexOf(LF, start - 1);
  return start + 1;
}

function tooLong(uri: string, last: number): DataError {
  return new DataError(
    "LinesTooLong",
    `${uri}: expected ${last} lines at the end (load.from.format.csv.skipLastLines) of at most ${HELD_BYTES_MAX} bytes, found longer ones. Lines at the end are separated by LF: leave skipLastLines out where the file has no such lines`,
  );
}
