import type { CsvDialect } from "./csv-dialect.ts";

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);

/** Where a record lies in the scanner's buffer, its line end not included. Good until the next `push`. */
export interface ScannedRecord {
  readonly start: number;
  readonly end: number;
  /** The line of the file that it begins in, from 1. */
  readonly line: number;
  readonly cells: number;
}

/**
 * Finds where the records of a CSV file begin and end, byte by byte and with COPY's own rule for quotes (they may stand anywhere
 * in a cell), without taking any of them apart. Lines may end in LF, CRLF or CR, mixed.
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

  constructor({ delimiter, quote, escape: escaping }: CsvDialect) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
    // A quote that is doubled closes and opens again: no state is needed for it.
    this.#escape = escaping === quote ? -1 : escaping.charCodeAt(0);
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
    this.#buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#scanned -= this.#start;
    this.#start = 0;
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
    const record = { start: this.#start, end, line: this.#line, cells: this.#cells };
    this.#line += this.#newlines + 1;
    this.#newlines = 0;
    this.#cells = 1;
    this.#start = next;
    this.#scanned = next;
    return record;
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
        else if (byte === quote) quoted = false;
      } else if (byte === delimiter) cells += 1;
      else if (byte === quote) quoted = true;
      else if (byte === LF || byte === CR) break;
    }
    this.#quoted = quoted;
    this.#escaped = escaped;
    this.#cells = cells;
    this.#scanned = at;
    return at < length ? at : -1;
  }
}
