import type { CsvDialect } from "./csv-dialect.ts";

const LF = 0x0a;
const CR = 0x0d;
/** No byte: quotes in cells are doubled. */
const NO_ESCAPE = -1;
const NOTHING = Buffer.alloc(0);
/** A record that is longer than this is gathered in a buffer that grows: joining its pieces one by one would take ever longer. */
const LONG_BYTES = 1024 * 1024;

/** A quote where none may be: inside of a cell that does not begin with one, or with something after it that ends no cell. */
export interface StrayQuote {
  readonly cell: number;
  readonly place: "inside" | "closing";
}

/** Where a record lies in the scanner's buffer, its line end not included. Good until the next `push`. */
export interface ScannedRecord {
  readonly start: number;
  readonly end: number;
  /** The line of the file that it begins in, from 1. */
  readonly line: number;
  readonly cells: number;
  /** The first quote that is out of place. One that closes comes before one inside of a cell. */
  readonly stray?: StrayQuote;
}

/**
 * Finds where the records of a CSV file begin and end, byte by byte, without taking any of them apart. A quote opens at the beginning of
 * a cell and closes at its end; anywhere else it is a character, and is reported. COPY would join rows at such a quote. Lines may end in
 * LF, CRLF or CR, mixed.
 */
export class CsvScanner {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  #buffer: Buffer = NOTHING;
  #start = 0;
  #scanned = 0;
  #line = 1;
  #newlines = 0;
  #cells = 1;
  #quoted = false;
  #escaped = false;
  #afterCarriageReturn = false;
  /** Cells of the record with the first quote out of place, or 0. */
  #strayInside = 0;
  #strayClosing = 0;
  /** Nothing comes any more. */
  #isEnded = false;
  /** What the buffer lies in while a long record is gathered. */
  #room: Buffer = NOTHING;

  /** `line` is the number of the first line. */
  constructor({ delimiter, quote, escape: escaping }: Pick<CsvDialect, "delimiter" | "quote" | "escape">, line = 1) {
    this.#line = line;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
    this.#escape = escaping === quote ? NO_ESCAPE : escaping.charCodeAt(0);
  }

  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Bytes of the record that is not complete yet. */
  get pending(): number {
    return this.#buffer.length - this.#start;
  }

  get quoted(): boolean {
    return this.#quoted;
  }

  /** The line that the record which is not complete yet begins in. */
  get line(): number {
    return this.#line;
  }

  push(chunk: Buffer): void {
    const rest = this.#buffer.subarray(this.#start);
    this.#buffer = rest.length === 0 ? chunk : this.#join(rest, chunk);
    this.#scanned -= this.#start;
    this.#start = 0;
  }

  /** Both in a row, with room for more where the record is long. */
  #join(rest: Buffer, chunk: Buffer): Buffer {
    const length = rest.length + chunk.length;
    const isThere = rest.length > 0 && rest.buffer === this.#room.buffer && rest.byteOffset === this.#room.byteOffset;
    if (!isThere || this.#room.length < length) {
      this.#room = Buffer.allocUnsafeSlow(rest.length < LONG_BYTES ? length : 2 * length);
      rest.copy(this.#room);
    }
    chunk.copy(this.#room, rest.length);
    return this.#room.subarray(0, length);
  }

  /** Says that the file has ended: a quote at its end closes. */
  end(): void {
    this.#isEnded = true;
    this.#findEnd();
  }

  /** Takes a record back that was just taken, so that it comes once more. */
  rewind({ start, line }: ScannedRecord): void {
    this.#start = start;
    this.#scanned = start;
    this.#line = line;
    this.#afterCarriageReturn = false;
  }

  /** Everything after the last record that was taken, as it came: for a reader that needs the header only. */
  takeRest(): Buffer {
    this.#skipLineFeed();
    const rest = this.#buffer.subarray(this.#start);
    this.#buffer = NOTHING;
    this.#start = 0;
    this.#scanned = 0;
    return rest;
  }

  /** The next complete record, or undefined when more bytes are needed. */
  next(): ScannedRecord | undefined {
    this.#skipLineFeed();
    const end = this.#findEnd();
    if (end < 0) return undefined;
    this.#afterCarriageReturn = this.#buffer[end] === CR;
    return this.#take(end, end + 1);
  }

  /** The record at the file's end that no line end follows. */
  last(): ScannedRecord | undefined {
    this.#skipLineFeed();
    return this.pending === 0 ? undefined : this.#take(this.#buffer.length, this.#buffer.length);
  }

  #skipLineFeed(): void {
    if (!this.#afterCarriageReturn || this.#start >= this.#buffer.length) return;
    this.#afterCarriageReturn = false;
    if (this.#buffer[this.#start] !== LF) return;
    this.#start += 1;
    this.#scanned = this.#start;
  }

  #take(end: number, next: number): ScannedRecord {
    const stray = this.#stray();
    const place = { start: this.#start, end, line: this.#line, cells: this.#cells };
    const record = stray === undefined ? place : { ...place, stray };
    this.#line += this.#newlines + 1;
    this.#newlines = 0;
    this.#cells = 1;
    this.#start = next;
    this.#scanned = next;
    return record;
  }

  #stray(): StrayQuote | undefined {
    const inside = this.#strayInside;
    const closing = this.#strayClosing;
    if (inside + closing === 0) return undefined;
    this.#strayInside = 0;
    this.#strayClosing = 0;
    return closing > 0 ? { cell: closing, place: "closing" } : { cell: inside, place: "inside" };
  }

  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop over every byte of the data; calls in it cost half of the speed
  #findEnd(): number {
    const buffer = this.#buffer;
    const length = buffer.length;
    const quote = this.#quote;
    const delimiter = this.#delimiter;
    const escaping = this.#escape;
    let quoted = this.#quoted;
    let escaped = this.#escaped;
    let cells = this.#cells;
    let at = this.#scanned;
    for (; at < length; at += 1) {
      const byte = buffer[at] as number;
      if (quoted) {
        if (byte === LF) this.#newlines += 1;
        if (escaped) escaped = false;
        else if (byte === escaping) escaped = true;
        else if (byte === quote) {
          // What the quote is shows by the byte after it.
          if (at + 1 === length && !this.#isEnded) break;
          const next = at + 1 < length ? buffer[at + 1] : LF;
          if (next === quote && escaping === NO_ESCAPE) at += 1;
          else {
            quoted = false;
            if (next !== delimiter && next !== LF && next !== CR) this.#strayClosing ||= cells;
          }
        }
      } else if (byte === delimiter) cells += 1;
      else if (byte === quote) {
        if (at === this.#start || buffer[at - 1] === delimiter) quoted = true;
        else this.#strayInside ||= cells;
      } else if (byte === LF || byte === CR) break;
    }
    this.#quoted = quoted;
    this.#escaped = escaped;
    this.#cells = cells;
    this.#scanned = at;
    return at < length && !quoted ? at : -1;
  }
}
