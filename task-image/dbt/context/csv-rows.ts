/**
 * The records of a CSV text as Python's `csv` reads them: quotes open a cell, and are doubled inside of it. An empty line is a record
 * without cells.
 */
export function readCsv(text: string, delimiter: string): string[][] {
  return new CsvReader(text.replace(/^\ufeff/, ""), delimiter).run();
}

class CsvReader {
  readonly #text: string;
  readonly #delimiter: string;
  readonly #rows: string[][] = [];
  #row: string[] = [];
  #offset = 0;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  run(): string[][] {
    while (this.#offset < this.#text.length) this.#cell();
    if (this.#row.length > 0) this.#endRow();
    return this.#rows;
  }

  #cell(): void {
    const isEmptyLine = this.#row.length === 0 && "\r\n".includes(this.#text[this.#offset] ?? "x");
    const quoted = this.#text[this.#offset] === '"' ? this.#quoted() : "";
    const end = this.#unquotedEnd();
    if (!isEmptyLine) this.#row.push(quoted + this.#text.slice(this.#offset, end));
    const sign = this.#text[end];
    this.#offset = end + 1;
    if (sign === this.#delimiter) {
      if (this.#offset >= this.#text.length) this.#row.push("");
      return;
    }
    if (sign === "\r" && this.#text[this.#offset] === "\n") this.#offset += 1;
    this.#endRow();
  }

  /** The cell without its quotes, up to the closing one or the end. */
  #quoted(): string {
    const part = /((?:[^"]|"")*)"?/y;
    part.lastIndex = this.#offset + 1;
    const found = part.exec(this.#text);
    this.#offset = part.lastIndex;
    return (found?.[1] ?? "").replaceAll('""', '"');
  }

  #unquotedEnd(): number {
    let end = this.#offset;
    while (end < this.#text.length && this.#text[end] !== this.#delimiter && !"\r\n".includes(this.#text[end] ?? ""))
      end += 1;
    return end;
  }

  #endRow(): void {
    this.#rows.push(this.#row);
    this.#row = [];
  }
}
