import { DataError } from "../errors.ts";
import { CELLS_DIALECT, cellsArray } from "./cell-rows.ts";
import { type CsvDialect, needsRewriting, readCells, rewriteRecord } from "./csv-dialect.ts";
import { CsvScanner, type ScannedRecord, type StrayQuote } from "./csv-scanner.ts";
import { textProblem, UTF_8_BOM, withoutMarks } from "./decoded-bytes.ts";
import { JointWatch } from "./joint-watch.ts";
import { REJECTED_BYTES_MAX, type RejectedRow } from "./rejected-row.ts";
import { RowWriter } from "./row-writer.ts";
import { type SkippedLines, withoutLines } from "./skipped-lines.ts";
import { textRows } from "./text-rows.ts";

/** A row is in memory as a whole. One that is longer is a quote that is never closed, or no CSV. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;
/** What Excel writes before a header: the character between the cells. */
const SEPARATOR_LINE = /^"?sep=(.?)"?$/i;
const SEPARATOR_LINE_BYTES_MAX = 8;
/** How pages for people and JSON begin; `<ID>` may well be the name of a column. */
const OTHER_TEXTS: readonly (readonly [begin: RegExp, what: string])[] = [
  [/^\s*<(?:!doctype|html|head|body|\?xml)\b/i, "a page of HTML or XML"],
  [/^\s*(?:\{\s*"|\[\s*\{\s*")/, "JSON"],
];
const NO_LINES: SkippedLines = { first: 0, last: 0 };

export interface CsvFile {
  readonly uri: string;
  /** Number of the file in the order that the files are read in. */
  readonly index: number;
  readonly bytes: AsyncIterable<Buffer>;
  readonly skip?: SkippedLines;
}

/** What is shown the bytes of a file as they pass. */
interface Watch {
  add(bytes: Buffer): void;
}

/** One CSV file on its way to a COPY: first its header, then its rows. */
export class CsvReader {
  readonly #file: CsvFile;
  readonly #pieces: AsyncIterator<Buffer>;
  #scanner: CsvScanner;
  readonly #dialect: CsvDialect;
  readonly #reject: (row: RejectedRow) => void;
  readonly #isRewritten: boolean;
  /** Pieces that are going to be scanned again. */
  #kept: Buffer[] | undefined;
  #hasHeader = false;
  /** The header as the file writes it, where it has more than one cell: a value may well be called as its one column. */
  #header: Buffer | undefined;

  constructor(file: CsvFile, dialect: CsvDialect, reject: (row: RejectedRow) => void) {
    this.#file = file;
    this.#dialect = dialect;
    this.#reject = reject;
    const { skip = NO_LINES } = file;
    this.#pieces = withoutMarks(withoutLines(file.bytes, skip, file.uri));
    this.#scanner = new CsvScanner(dialect, skip.first + 1);
    this.#isRewritten = needsRewriting(dialect);
  }

  /** The cells of the first record that is not blank, and its line; undefined when the file has none. */
  async readHeader(): Promise<Header | undefined> {
    this.#hasHeader = true;
    await this.#passSeparatorLine();
    const record = await this.#nextFilled();
    if (record === undefined) return undefined;
    const { line, stray } = record;
    const mark = this.#isMarked(record.start, record.end) ? UTF_8_BOM.length : 0;
    const bytes = this.#scanner.buffer.subarray(record.start + mark, record.end);
    if (record.cells > 1) this.#header = Buffer.from(bytes);
    const problem = textProblem(bytes) ?? otherText(bytes) ?? (this.#isBad(stray) ? strayReason(stray) : undefined);
    if (problem === undefined) return { line, cells: readCells(bytes.toString("utf8"), this.#dialect) };
    throw new DataError(
      "BadHeader",
      `${this.#file.uri}, line ${line}: expected a header in UTF-8 with quotes around whole cells, found ${problem}. Correct it, or set load.from.format.csv`,
    );
  }

  /** The number of cells of the first record that is not blank, which stays the first row; undefined when the file has none. */
  async countCells(): Promise<number | undefined> {
    await this.#passSeparatorLine();
    const { line } = this.#scanner;
    const begun = this.#scanner.takeRest();
    this.#kept = [begun];
    this.#scanner = new CsvScanner(this.#dialect, line);
    this.#scanner.push(begun);
    const record = await this.#nextFilled();
    this.#scanner = new CsvScanner(this.#dialect, line);
    this.#scanner.push(Buffer.concat(this.#kept));
    this.#kept = undefined;
    return record?.cells;
  }

  /** Watches {@link rest} for what shows that files were put together; not for the header where a row may be called as it is. */
  watchJoints(): JointWatch {
    return new JointWatch(this.#header);
  }

  /** Everything that has not been read yet, as it is, and shown to those who watch. */
  async *rest(...watches: readonly (Watch | undefined)[]): AsyncGenerator<Buffer> {
    const scanner = this.#scanner;
    for (;;) {
      const rest = scanner.takeRest();
      for (const watch of watches) watch?.add(rest);
      if (rest.length > 0) yield rest;
      const { done, value } = await this.#pieces.next();
      if (done === true) return;
      // The second half of the header's line end may be the first byte of this piece.
      scanner.push(value);
    }
  }

  /** The rows, each with file and line before it, for a COPY in the same dialect. A bad row is rejected. */
  rows(cells: number): AsyncGenerator<Buffer> {
    return this.#rows(
      cells,
      this.#dialect,
      this.#isRewritten ? (record) => rewriteRecord(record, this.#dialect) : null,
    );
  }

  /** The same with one array of all cells in the place of the row, for a COPY in the dialect of such rows. */
  cellRows(cells: { readonly places: readonly number[]; readonly width: number }): AsyncGenerator<Buffer> {
    const { length } = cells.places;
    return this.#rows(length, CELLS_DIALECT, (record) => cellsArray(record, this.#dialect, cells));
  }

  async *#rows(cells: number, copied: CopiedDialect, rewrite: Rewrite | null): AsyncGenerator<Buffer> {
    const writer = new RowWriter(this.#file.index, copied.delimiter);
    for (let record = await this.#nextRecord(); record !== undefined; ) {
      const piece = this.#isGood(record, cells) ? this.#write(writer, record, rewrite) : undefined;
      if (piece !== undefined) yield* this.#textOnly(piece, copied);
      record = this.#scanner.next() ?? (await this.#nextRecord());
    }
    yield* this.#textOnly(writer.rest(), copied);
  }

  #write(writer: RowWriter, { line, start, end }: ScannedRecord, rewrite: Rewrite | null): Buffer | undefined {
    const { buffer } = this.#scanner;
    if (rewrite === null) return writer.append(line, buffer, start, end);
    const row = Buffer.from(rewrite(buffer.toString("latin1", start, end)), "latin1");
    return writer.append(line, row, 0, row.length);
  }

  /** Blank lines are no rows, except where a row has one cell: there they are a row without a value. */
  #isGood({ start, end, line, cells: found, stray }: ScannedRecord, expected: number): boolean {
    if (start === end && expected > 1) return false;
    const isBad = this.#isBad(stray);
    const isMarked = this.#isMarked(start, end);
    const isHeader = this.#isHeaderAgain(isMarked ? start + UTF_8_BOM.length : start, end);
    if (found === expected && !isBad && !isHeader && !isMarked) return true;
    const bytes = this.#scanner.buffer.subarray(start, Math.min(end, start + REJECTED_BYTES_MAX));
    const value = bytes.toString("utf8").replaceAll("\0", "\\0");
    const width = `expected ${expected} cells ${this.#hasHeader ? "as in the header" : "for as many columns"}, found ${found}`;
    const odd = isBad ? `expected quotes around whole cells, found ${strayReason(stray)}` : width;
    const joint = isHeader ? "the header again" : "a byte order mark before it";
    const reason = isHeader || isMarked ? `expected a row, found ${joint}, as where files were put together` : odd;
    this.#reject({ file: this.#file.index, line, value, reason });
    return false;
  }

  /** Whether a record begins with the mark that the file had which it came from: it is no part of the first value. */
  #isMarked(start: number, end: number): boolean {
    const { buffer } = this.#scanner;
    const { length } = UTF_8_BOM;
    if (buffer[start] !== UTF_8_BOM[0] || end - start < length) return false;
    return buffer.compare(UTF_8_BOM, 0, length, start, start + length) === 0;
  }

  /** Whether a record is the header once more. */
  #isHeaderAgain(start: number, end: number): boolean {
    const header = this.#header;
    if (header === undefined || end - start !== header.length) return false;
    return this.#scanner.buffer.compare(header, 0, header.length, start, end) === 0;
  }

  #isBad(stray: StrayQuote | undefined): stray is StrayQuote {
    return stray !== undefined && (stray.place === "closing" || this.#dialect.strayQuotes === "reject");
  }

  #textOnly(piece: Buffer, copied: CopiedDialect): Generator<Buffer> {
    const { index: file } = this.#file;
    const split = (rows: Buffer) => splitRecords(rows, { escape: copied.quote, ...copied });
    return textRows(piece, { file, delimiter: copied.delimiter, split }, this.#reject);
  }

  /** Passes a first line such as `sep=;`. Throws a DataError for one that names another character than the dialect does. */
  async #passSeparatorLine(): Promise<void> {
    const record = await this.#nextRecord();
    if (record === undefined) return;
    const { start, end, line } = record;
    const text = this.#scanner.buffer.toString("latin1", start, Math.min(end, start + SEPARATOR_LINE_BYTES_MAX));
    const [, separator] = SEPARATOR_LINE.exec(text) ?? [];
    const { delimiter } = this.#dialect;
    if (separator === undefined) this.#scanner.rewind(record);
    else if (separator !== delimiter) {
      throw new DataError(
        "OtherDelimiter",
        `${this.#file.uri}, line ${line}: the file says that "${separator}" stands between its cells (sep=), and load.from.format.csv.delimiter is "${delimiter}". Set it to that character, or pass the line with load.from.format.csv.skipLines`,
      );
    }
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
    scanner.end();
    if (scanner.quoted) throw this.#unclosed();
    return scanner.last();
  }

  #tooLong(): DataError {
    const { quoted, line } = this.#scanner;
    const advice = quoted
      ? "Either a quote that opens in this row is not closed: close it, or set load.from.format.csv.quote to what the file uses. Or a cell is that long: split it"
      : "Set load.from.format if the file is no CSV, or split the row";
    return new DataError(
      "RecordTooLong",
      `${this.#file.uri}, line ${line}: expected rows of at most ${RECORD_BYTES_MAX} bytes (64 MiB), found a longer one. ${advice}`,
    );
  }

  #unclosed(): DataError {
    return new DataError(
      "UnclosedQuote",
      `${this.#file.uri}, line ${this.#scanner.line}: a quote (${this.#dialect.quote}) that opens in this row is not closed before the end of the file. Close it, or set load.from.format.csv.quote to what the file uses`,
    );
  }
}

/** The dialect of rows on their way. */
type CopiedDialect = Pick<CsvDialect, "delimiter" | "quote"> & Partial<Pick<CsvDialect, "escape">>;
/** A record in other words. */
type Rewrite = (record: string) => string;

/** The first row that names the columns. */
export interface Header {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What a first line is that is no header. */
export function otherText(bytes: Buffer): string | undefined {
  const begin = bytes.toString("latin1", 0, 64);
  return OTHER_TEXTS.find(([form]) => form.test(begin))?.[1];
}

/** Words that end a sentence "expected …, found …". */
function strayReason({ cell, place }: StrayQuote): string {
  return place === "inside" ? `one inside of cell ${cell}` : `something after the closing quote of cell ${cell}`;
}

function* splitRecords(rows: Buffer, dialect: ConstructorParameters<typeof CsvScanner>[0]): Generator<Buffer> {
  const scanner = new CsvScanner(dialect);
  scanner.push(rows);
  for (let record = scanner.next(); record !== undefined; record = scanner.next()) {
    yield rows.subarray(record.start, record.end + 1);
  }
}
