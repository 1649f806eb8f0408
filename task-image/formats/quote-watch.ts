import type { CsvDialect } from "./csv-dialect.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Where the watch stands: at a cell's beginning, in one without quotes, in quotes, after an escape in them, after a quote that may close. */
type Place = "begin" | "plain" | "quoted" | "escaped" | "closed";

/**
 * Watches bytes of CSV on their way to a COPY for quotes that are out of place: COPY takes such a quote away and joins rows. It holds no
 * bytes, so cells may be of any length.
 */
export class QuoteWatch {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  #place: Place = "begin";
  /** A quote was out of place. */
  found = false;

  constructor({ delimiter, quote, escape: escaping }: CsvDialect) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
    this.#escape = escaping.charCodeAt(0);
  }

  add(piece: Buffer): void {
    if (this.found || piece.length === 0) return;
    const isPlain = this.#place === "begin" || this.#place === "plain";
    if (isPlain && !piece.includes(this.#quote)) this.#place = this.#afterPlain(piece[piece.length - 1] ?? LF);
    else for (let at = 0; at < piece.length && !this.found; at += 1) this.#step(piece[at] as number);
  }

  #step(byte: number): void {
    const quote = this.#quote;
    if (this.#place === "quoted") {
      if (byte === quote) this.#place = "closed";
      else if (byte === this.#escape) this.#place = "escaped";
    } else if (this.#place === "escaped") this.#place = "quoted";
    else if (byte !== quote) {
      const next = this.#afterPlain(byte);
      if (this.#place === "closed" && next === "plain") this.found = true;
      this.#place = next;
    } else if (this.#place === "begin" || (this.#place === "closed" && this.#escape === quote)) this.#place = "quoted";
    else this.found = true;
  }

  #afterPlain(byte: number): Place {
    return byte === this.#delimiter || byte === LF || byte === CR ? "begin" : "plain";
  }
}
