/** Rows are handed on in pieces of about this size: many small writes cost more than the rows in them. */
const PIECE_BYTES = 256 * 1024;
/** Two whole numbers and their delimiters. */
const PREFIX_BYTES_MAX = 40;

/**
 * Writes rows for a COPY: the number of the file, the number of the line, and the row's bytes as they are. So a row that the
 * destination refuses can be named by the place where people find it.
 */
export class RowWriter {
  readonly #prefix: string;
  readonly #delimiter: string;
  #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #length = 0;

  /** `delimiter` is the COPY's; it has one byte. */
  constructor(file: number, delimiter: string) {
    this.#prefix = `${file}${delimiter}`;
    this.#delimiter = delimiter;
  }

  /** Appends a row; answers a full piece when there was no room for it. */
  append(line: number, source: Buffer, start: number, end: number): Buffer | undefined {
    const needed = end - start + PREFIX_BYTES_MAX;
    const full = this.#length + needed > this.#piece.length ? this.#replace(needed) : undefined;
    this.#length += this.#piece.write(`${this.#prefix}${line}${this.#delimiter}`, this.#length, "latin1");
    this.#length += source.copy(this.#piece, this.#length, start, end);
    this.#piece[this.#length] = 0x0a;
    this.#length += 1;
    return full;
  }

  /** What has not been handed on yet. */
  rest(): Buffer {
    return this.#piece.subarray(0, this.#length);
  }

  #replace(needed: number): Buffer | undefined {
    const full = this.#length === 0 ? undefined : this.rest();
    this.#piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, needed));
    this.#length = 0;
    return full;
  }
}
