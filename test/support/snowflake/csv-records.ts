/** Format options of CSV that the stand-in understands; everything else in FILE_FORMAT is refused. */
export interface CsvOptions {
  readonly delimiter: string;
  /** Empty for NONE. */
  readonly quote: string;
  readonly escape: string;
  readonly skipHeader: number;
  readonly nullIf: readonly string[];
  readonly emptyAsNull: boolean;
}

export interface CsvRecord {
  readonly cells: readonly (string | null)[];
  /** From 1, the lines of a skipped header counted. */
  readonly line: number;
  /** From 1, records of the header not counted. */
  readonly row: number;
  readonly text: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** The records of a CSV file as COPY reads them: Snowflake documentation, "CREATE FILE FORMAT", TYPE = CSV. */
export function* csvRecords(text: string, options: CsvOptions): Generator<CsvRecord> {
  // SKIP_HEADER counts lines, whatever quotes they hold.
  let at = 0;
  let line = 1;
  for (; line <= options.skipHeader && at < text.length; line += 1) {
    const end = text.indexOf("\n", at);
    at = end < 0 ? text.length : end + 1;
  }
  for (let row = 1; at < text.length; row += 1) {
    const record = readRecord(text, at, options);
    const written = text.slice(at, record.end);
    yield { cells: record.cells, line, row, text: written.replace(/\r?\n$/, ""), ...record.failed };
    line += written.split("\n").length - 1;
    at = record.end;
  }
}

interface ReadRecord {
  readonly cells: readonly (string | null)[];
  readonly end: number;
  readonly failed: Pick<CsvRecord, "failure">;
}

function readRecord(text: string, start: number, options: CsvOptions): ReadRecord {
  const { delimiter, quote } = options;
  const cells: (string | null)[] = [];
  let at = start;
  for (;;) {
    const isQuoted = quote !== "" && text.startsWith(quote, at);
    const cell = isQuoted ? quotedCell(text, at, options) : plainCell(text, at, delimiter);
    if (cell === undefined) {
      const failure = { code: "100069", message: "End of record reached while expected to parse column" };
      return { cells, end: text.length, failed: { failure } };
    }
    cells.push(cellValue(cell.value, isQuoted, options));
    at = cell.end;
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length;
      continue;
    }
    const lineEnd = /\r?\n/y;
    lineEnd.lastIndex = at;
    if (at >= text.length) return { cells, end: at, failed: {} };
    if (lineEnd.test(text)) return { cells, end: lineEnd.lastIndex, failed: {} };
    const message = `Found character '${text.charAt(at)}' instead of field delimiter '${delimiter}'`;
    const end = text.indexOf("\n", at);
    return { cells, end: end < 0 ? text.length : end + 1, failed: { failure: { code: "100066", message } } };
  }
}

function quotedCell(text: string, start: number, { quote, escape: escaping }: CsvOptions) {
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (escaping !== "" && character === escaping && at + 1 < text.length) {
      value += text.charAt(at + 1);
      at += 1;
    } else if (character === quote && text.charAt(at + 1) === quote) {
      value += quote;
      at += 1;
    } else if (character === quote) return { value, end: at + 1 };
    else value += character;
  }
  return undefined;
}

function plainCell(text: string, start: number, delimiter: string) {
  let at = start;
  while (at < text.length && text.charAt(at) !== "\n" && !text.startsWith(delimiter, at)) at += 1;
  const end = text.charAt(at) === "\n" && text.charAt(at - 1) === "\r" && at > start ? at - 1 : at;
  return { value: text.slice(start, end), end };
}

function cellValue(value: string, isQuoted: boolean, { nullIf, emptyAsNull }: CsvOptions): string | null {
  if (nullIf.includes(value)) return null;
  return emptyAsNull && !isQuoted && value === "" ? null : value;
}
