/** How a CSV file is written. All characters are of one byte, as COPY wants them. RFC 4180 is what the defaults say. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  /** What makes a quote inside of quotes a part of the value: the quote itself (doubled), or another character before it. */
  readonly escape: string;
  /** How a cell without quotes says that there is no value; an empty cell in RFC 4180's spirit. */
  readonly null: string;
}

export const RFC_4180: CsvDialect = { delimiter: ",", quote: '"', escape: '"', null: "" };

/** The cells of one record, as text, quotes taken away. For headers: records on the way to the destination are not taken apart. */
export function readCells(record: string, { delimiter, quote, escape: escaping }: CsvDialect): readonly string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < record.length; at += 1) {
    const character = record.charAt(at);
    const next = record.charAt(at + 1);
    if (quoted && character === escaping && (next === quote || next === escaping) && next !== "") {
      cell += next;
      at += 1;
    } else if (character === quote) {
      quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = "";
    } else {
      cell += character;
    }
  }
  return [...cells, cell];
}
