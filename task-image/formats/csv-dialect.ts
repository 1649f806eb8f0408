/** How a CSV file is written. All characters are of one byte, as COPY wants them. RFC 4180 is what the defaults say. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  /** What makes a quote inside of quotes a part of the value: the quote itself (doubled), or another character before it. */
  readonly escape: string;
  /** How a cell without quotes says that there is no value; an empty cell in RFC 4180's spirit. */
  readonly null: string;
  /** More words that say it. */
  readonly moreNulls: readonly string[];
  /** Whether such a word says it in quotes too. */
  readonly quotedNull: boolean;
  /** What a quote is inside of a cell that does not begin with one: a fault of its row, or a part of the cell. */
  readonly strayQuotes: "reject" | "keep";
}

export const RFC_4180: CsvDialect = {
  delimiter: ",",
  quote: '"',
  escape: '"',
  null: "",
  moreNulls: [],
  quotedNull: false,
  strayQuotes: "reject",
};

/** A cell of a record as it is written, from `start` to before `end`. */
interface WrittenCell {
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

/**
 * The cells of one record as they are written, found by the scanner's rule: only a quote at a cell's beginning opens, and what follows
 * its closing quote is a part of the cell. A record is text, or bytes as latin1.
 */
function* writtenCells(record: string, dialect: CsvDialect): Generator<WrittenCell> {
  for (let start = 0; ; ) {
    const isQuoted = record.charAt(start) === dialect.quote;
    const next = record.indexOf(dialect.delimiter, isQuoted ? endOfQuoted(record, start, dialect) : start);
    const end = next < 0 ? record.length : next;
    yield { start, end, isQuoted };
    if (next < 0) return;
    start = end + 1;
  }
}

/** Where what is in quotes from `start` ends. */
function endOfQuoted(record: string, start: number, { quote, escape: escaping }: CsvDialect): number {
  let at = start + 1;
  for (; at < record.length; at += 1) {
    const character = record.charAt(at);
    const isEscape = character === escaping && (escaping !== quote || record.charAt(at + 1) === quote);
    if (isEscape) at += 1;
    else if (character === quote) break;
  }
  return at;
}

/** The cells of one record, as text, quotes taken away. For headers: records on the way to the destination are not taken apart. */
export function readCells(record: string, dialect: CsvDialect): readonly string[] {
  return Array.from(writtenCells(record, dialect), (cell) => textOf(record, cell, dialect));
}

function textOf(
  record: string,
  { start, end, isQuoted }: WrittenCell,
  { quote, escape: escaping }: CsvDialect,
): string {
  if (!isQuoted) return record.slice(start, end);
  let text = "";
  for (let at = start + 1; at < end; at += 1) {
    const character = record.charAt(at);
    const next = at + 1 < end ? record.charAt(at + 1) : "";
    if (character === escaping && (next === quote || next === escaping)) {
      text += next;
      at += 1;
    } else if (character !== quote) text += character;
  }
  return text;
}

/** Whether records have to be written anew for a COPY: it knows one word for NULL, and no quotes inside of cells. */
export function needsRewriting({ moreNulls, strayQuotes }: CsvDialect): boolean {
  return moreNulls.length > 0 || strayQuotes === "keep";
}

/** The same record in words that COPY takes: one for NULL, and quotes around cells that hold one. Bytes as latin1. */
export function rewriteRecord(record: string, dialect: CsvDialect): string {
  const { delimiter, quote, escape: escaping, null: marker, moreNulls, quotedNull } = dialect;
  const cells = Array.from(writtenCells(record, dialect), (cell) => {
    const written = record.slice(cell.start, cell.end);
    if (moreNulls.length > 0 && (quotedNull || !cell.isQuoted)) {
      const text = cell.isQuoted ? textOf(record, cell, dialect) : written;
      if (moreNulls.includes(text)) return marker;
    }
    if (cell.isQuoted || !written.includes(quote)) return written;
    const inner = [...written].map((one) => (one === quote || one === escaping ? escaping + one : one)).join("");
    return `${quote}${inner}${quote}`;
  });
  return cells.join(delimiter);
}

/** The cells of a record, NULL for those that say so. Bytes as latin1. */
export function valuesOf(record: string, dialect: CsvDialect): readonly (string | null)[] {
  const { null: marker, moreNulls, quotedNull } = dialect;
  return Array.from(writtenCells(record, dialect), (cell) => {
    const text = textOf(record, cell, dialect);
    const isNull = (quotedNull || !cell.isQuoted) && (text === marker || moreNulls.includes(text));
    return isNull ? null : text;
  });
}
