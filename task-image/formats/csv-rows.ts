import { DataError } from "../errors.ts";
import { type CsvDialect, readCells } from "./csv-dialect.ts";
import { CsvScanner, type ScannedRecord } from "./csv-scanner.ts";
import { textProblem } from "./decoded-bytes.ts";
import { REJECTED_BYTES_MAX, type RejectedRow } from "./rejected-row.ts";
import { RowWriter } from "./row-writer.ts";
import { textRows } from "./text-rows.ts";

/** A record longer than this is a quote that is never closed, or no CSV: it would take the whole file into memory. */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

export interface CsvFile {
  readonly uri: string;
  /** Number of the file in the order that the files are read in. */
  readonly index: number;
  readonly bytes: AsyncIterable<Buffer>;
}

/** One CSV file on its way to a COPY: first its header, then its rows. */
export class CsvReader {
  readonly #file: CsvFile;
  readonly #pieces: AsyncIterator<Buffer>;
  #scanner: CsvScanner;
  readonly #dialect: CsvDialect;
  readonly #reject: (row: RejectedRow) => void;
  /** Pieces that are going to be scanned again. */
  #kept: Buffer[] | undefined;
  #hasHeader = false;

  constructor(file: CsvFile, dialect: CsvDialect, reject: (row: RejectedRow) => void) {
    this.#file = file;
    this.#dialect = dialect;
    this.#reject = reject;
    this.#pieces = file.bytes[Symbol.asyncIterator]();
    this.#scanner = new CsvScanner(dialect);
  }

  /** The cells of the first record that is not blank, or undefined when the file has none. */
  async readHeader(): Promise<readonly string[] | undefined> {
    this.#hasHeader = true;
    const record = await this.#nextFilled();
    if (record === undefined) return undefined;
    const bytes = this.#scanner.buffer.subarray(record.start, record.end);
    const problem = textProblem(bytes);
    if (problem === undefined) return readCells(bytes.toString("utf8"), this.#dialect);
    throw new DataError(
      "BadEncoding",
      `${this.#file.uri}, line ${record.line}: expected a header in UTF-8, found ${problem}`,
    );
  }

  /** The number of cells of the first record that is not blank, which stays the first row; undefined when the file has none. */
  async countCells(): Promise<number | undefined> {
    this.#kept = [];
    const record = await this.#nextFilled();
    this.#scanner = new CsvScanner(this.#dialect);
    this.#scanner.push(Buffer.concat(this.#kept));
    this.#kept = undefined;
    return record?.cells;
  }

  /** Everything that has not been read yet, as it is. */
  async *rest(): AsyncGenerator<Buffer> {
    const scanner = this.#scanner;
    for (;;) {
      const rest = scanner.takeRest();
      if (rest.length > 0) yield rest;
      const { done, value } = await this.#pieces.next();
      if (done === true) return;
      // The second half of the header's line end may be the first byte of this piece.
      scanner.push(value);
    }
  }

  /** The rows, each with file and line before it, for a COPY in the same dialect. A row of another length is rejected. */
  async *rows(cells: number): AsyncGenerator<Buffer> {
    const writer = new RowWriter(this.#file.index, this.#dialect.delimiter);
    for (let record = await this.#nextRecord(); record !== undefined; ) {
      const piece = this.#isGood(record, cells)
        ? writer.append(record.line, this.#scanner.buffer, record.start, record.end)
        : undefined;
      if (piece !== undefined) yield* this.#textOnly(piece);
      record = this.#scanner.next() ?? (await this.#nextRecord());
    }
    yield* this.#textOnly(writer.rest());
  }

  /** Blank lines are no rows, except where a row has one cell: there they are a row without a value. */
  #isGood({ start, end, line, cells: found }: ScannedRecord, expected: number): boolean {
    if (start === end && expected > 1) return false;
    if (found === expected) return true;
    const bytes = this.#scanner.buffer.subarray(start, Math.min(end, start + REJECTED_BYTES_MAX));
    const value = bytes.toString("utf8").replaceAll("\0", "\\0");
    const reason = `expected ${expected} cells ${this.#hasHeader ? "as in the header" : "for as many columns"}, found ${found}`;
    this.#reject({ file: this.#file.index, line, value, reason });
    return false;
  }

  #textOnly(piece: Buffer): Generator<Buffer> {
    const { index: file } = this.#file;
    const split = (rows: Buffer) => splitRecords(rows, this.#dialect);
    return textRows(piece, { file, delimiter: this.#dialect.delimiter, split }, this.#reject);
  }

  async #nextFilled(): Promise<ScannedRecord | undefined> {
    for (;;) {
      const record = await this.#nextRecord();
      if (record === undefined || record.end > record.start) return record;
    }
  }

  async #nextRecord(): Promise<ScannedRecord | undefined> {
    const scanner = this.#scanner;
    for (;;) {
      const record = scanner.next();
      if (record !== undefined) return record;
      if (scanner.pending > RECORD_BYTES_MAX) throw this.#tooLong();
      const { done, value } = await this.#pieces.next();
      if (done === true) break;
      this.#kept?.push(value);
      scanner.push(value);
    }
    if (scanner.quoted) throw this.#unclosed("before the end of the file");
    return scanner.last();
  }

  #tooLong(): DataError {
    if (this.#scanner.quoted) return this.#unclosed(`in ${RECORD_BYTES_MAX} bytes`);
    return new DataError(
      "RecordTooLong",
      `${this.#file.uri}, line ${this.#scanner.line}: expected rows of at most ${RECORD_BYTES_MAX} bytes, found a longer one. Set load.from.format if the file is no CSV`,
    );
  }

  #unclosed(where: string): DataError {
    return new DataError(
      "UnclosedQuote",
      `${this.#file.uri}, line ${this.#scanner.line}: a quote (${this.#dialect.quote}) that opens in this row is not closed ${where}. Close it, or set from.format.csv.quote to what the file uses`,
    );
  }
}

function* splitRecords(rows: Buffer, dialect: CsvDialect): Generator<Buffer> {
  const scanner = new CsvScanner(dialect);
  scanner.push(rows);
  for (let record = scanner.next(); record !== undefined; record = scanner.next()) {
    yield rows.subarray(record.start, record.end + 1);
  }
}
