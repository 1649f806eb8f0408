const BYTE_ORDER_MARK = Buffer.from("\ufeff");
const LF = 0x0a;
const CR = 0x0d;

/**
 * Watches the bytes behind a file's header, which nothing else looks at, for a line that is the header once more, as where files were put
 * together. Such a line may also stand in quotes: whoever reads record by record knows.
 */
export class HeaderWatch {
  readonly #header: Buffer;
  /** The end of what has been seen: a line that is the header may begin there. */
  #seen: Buffer = Buffer.from([LF]);
  #found = false;

  constructor(header: Buffer) {
    this.#header = header;
  }

  get found(): boolean {
    return this.#found || this.#isIn(Buffer.concat([this.#seen, Buffer.from([LF])]));
  }

  add(bytes: Buffer): void {
    if (this.#found || bytes.length === 0) return;
    const reach = this.#header.length + BYTE_ORDER_MARK.length + 2;
    this.#found = this.#isIn(Buffer.concat([this.#seen, bytes.subarray(0, reach)])) || this.#isIn(bytes);
    this.#seen = Buffer.concat([this.#seen, bytes.subarray(-reach)]).subarray(-reach);
  }

  #isIn(bytes: Buffer): boolean {
    const { length } = this.#header;
    for (let at = bytes.indexOf(this.#header); at >= 0; at = bytes.indexOf(this.#header, at + 1)) {
      const begin = bytes.subarray(0, at).subarray(-BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
        ? at - BYTE_ORDER_MARK.length
        : at;
      if (isLineEnd(bytes[begin - 1]) && isLineEnd(bytes[at + length])) return true;
    }
    return false;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
