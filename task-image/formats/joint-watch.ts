import { UTF_8_BOM } from "./decoded-bytes.ts";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Watches the bytes behind a file's header, which nothing else looks at, for a line that begins with a byte order mark or is the header
 * once more, as where files were put together. Such a line may also stand in quotes: whoever reads record by record knows.
 */
export class JointWatch {
  readonly #header: Buffer | undefined;
  readonly #reach: number;
  /** The end of what has been seen: a line that is looked for may begin there. */
  #seen: Buffer = Buffer.from([LF]);
  #found = false;

  constructor(header: Buffer | undefined) {
    this.#header = header;
    this.#reach = Math.max(header?.length ?? 0, UTF_8_BOM.length) + 2;
  }

  get found(): boolean {
    return this.#found || this.#isIn(Buffer.concat([this.#seen, Buffer.from([LF])]));
  }

  add(bytes: Buffer): void {
    if (this.#found || bytes.length === 0) return;
    this.#found = this.#isIn(Buffer.concat([this.#seen, bytes.subarray(0, this.#reach)])) || this.#isIn(bytes);
    this.#seen = Buffer.concat([this.#seen, bytes.subarray(-this.#reach)]).subarray(-this.#reach);
  }

  #isIn(bytes: Buffer): boolean {
    return hasLine(bytes, UTF_8_BOM, "begins") || (this.#header !== undefined && hasLine(bytes, this.#header, "is"));
  }
}

/** Whether a line is these bytes, or begins with them. */
function hasLine(bytes: Buffer, line: Buffer, how: "is" | "begins"): boolean {
  for (let at = bytes.indexOf(line); at >= 0; at = bytes.indexOf(line, at + 1)) {
    if (isLineEnd(bytes[at - 1]) && (how === "begins" || isLineEnd(bytes[at + line.length]))) return true;
  }
  return false;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
