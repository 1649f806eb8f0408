import { DataError } from "../errors.ts";
import type { JsonPath } from "./file-format.ts";
import { JsonSyntax } from "./json-syntax.ts";

const SPACE = 0x20;
const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Names are compared up to here: none of a path is as long, however it is escaped. */
const NAME_BYTES_MAX = 4096;
const NONE = -1;

/** Finds the array at a path by counting brackets outside of strings, and blanks everything around it. */
class RecordsFinder {
  readonly #path: JsonPath;
  /** Brackets that are open. */
  #depth = 0;
  /** Objects that are open and lie on the path: as many as the brackets, while the reader is on the path itself. */
  #onPath = 0;
  /** Whether the next value is the path's next step. */
  #isWanted = true;
  /** Depth of the array while it is open. */
  #array = NONE;
  #inString = false;
  #escaped = false;
  /** Bytes of the string that is read, where it may be a name of the path. */
  #name: number[] | undefined;
  /** Objects on the path whose step has been seen: another one of that name would win or lose without a word. */
  #stepsSeen = 0;
  #lastName: string | undefined;
  #ended = false;
  /** An array stands at the path. */
  found = false;
  line = 1;
  /** Something follows the document. */
  hasRest = false;
  /** What is wrong with the text around the array, where something is. */
  problem: string | undefined;
  readonly #syntax = new JsonSyntax();
  #column = 0;

  constructor(path: JsonPath) {
    this.#path = path;
  }

  get isOpen(): boolean {
    return this.#depth > 0 || this.#inString;
  }

  /** Turns everything but the array into spaces; lines stay lines. */
  blank(piece: Buffer): void {
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] as number;
      this.#count(byte);
      const wasInside = this.#array !== NONE;
      if (this.#inString) this.#readString(byte);
      else if (byte > SPACE) this.#read(byte);
      if (!wasInside || this.#array === NONE) this.#check(byte);
      if (!wasInside && this.#array === NONE && byte !== LF) piece[at] = SPACE;
    }
  }

  #count(byte: number): void {
    this.#column += 1;
    if (byte !== LF) return;
    this.line += 1;
    this.#column = 0;
  }

  /** The elements of the array are checked by whoever takes them apart. */
  #check(byte: number): void {
    const expected = this.#syntax.step(byte);
    if (expected === undefined || this.hasRest) return;
    this.problem ??= `line ${this.line}, column ${this.#column} (in bytes): expected ${expected}, found something else`;
  }

  #readString(byte: number): void {
    if (this.#name !== undefined && this.#name.length < NAME_BYTES_MAX) this.#name.push(byte);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#name !== undefined) this.#lastName = stringOf(this.#name);
      this.#name = undefined;
    }
  }

  #read(byte: number): void {
    if (this.#ended) this.hasRest = true;
    const isMember = this.#array === NONE && this.#depth > 0 && this.#depth === this.#onPath;
    if (byte === QUOTE) {
      this.#inString = true;
      this.#name = isMember ? [byte] : undefined;
    } else if (byte === COLON && isMember) this.#readName();
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#begin(byte);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#end();
  }

  #readName(): void {
    this.#isWanted = this.#lastName === this.#path[this.#onPath - 1];
    if (!this.#isWanted) return;
    if (this.#stepsSeen >= this.#onPath) {
      this.problem ??= `line ${this.line}, column ${this.#column} (in bytes): expected ${this.#lastName} once in its object, found it again`;
    }
    this.#stepsSeen = this.#onPath;
  }

  #begin(byte: number): void {
    const isStep = this.#isWanted && this.#array === NONE && this.#depth === this.#onPath;
    this.#isWanted = false;
    this.#depth += 1;
    if (!isStep) return;
    if (this.#onPath < this.#path.length) {
      if (byte === OPEN_OBJECT) this.#onPath += 1;
    } else if (byte === OPEN_ARRAY) {
      this.#array = this.#depth;
      this.found = true;
    }
  }

  #end(): void {
    if (this.#depth === this.#array) this.#array = NONE;
    if (this.#depth === this.#onPath) this.#onPath -= 1;
    this.#depth -= 1;
    this.#ended = this.#depth === 0;
  }
}

/** The text of a string in quotes; undefined for other text, which the path cannot name. */
function stringOf(bytes: readonly number[]): string | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as string;
  } catch {
    return undefined;
  }
}

/**
 * A JSON text of which only the array at a path is left, everything around it blanked, so that its elements are found as if the text
 * were nothing else; without a path the text as it is. Throws a DataError where there is no array, or a name on the path stands in its object twice.
 */
export async function* recordsAlone(
  uri: string,
  bytes: AsyncIterable<Buffer>,
  path: JsonPath | undefined,
): AsyncGenerator<Buffer> {
  if (path === undefined) {
    yield* bytes;
    return;
  }
  const finder = new RecordsFinder(path);
  for await (const piece of bytes) {
    finder.blank(piece);
    if (finder.hasRest) {
      throw badRecords(uri, path, `another document in line ${finder.line} or before it`);
    }
    if (finder.problem !== undefined) {
      throw new DataError(
        "BadJson",
        `${uri}, ${finder.problem}. Correct the file, or set load.from.format to how it is written`,
      );
    }
    yield piece;
  }
  if (finder.isOpen) {
    throw new DataError(
      "TruncatedJson",
      `${uri}, line ${finder.line}: expected the end of a JSON document, found the end of the file. It was cut off: write it again`,
    );
  }
  if (!finder.found) throw badRecords(uri, path, "no array there");
}

function badRecords(uri: string, path: JsonPath, found: string): DataError {
  return new DataError(
    "NoRecords",
    `${uri}: expected one JSON document with an array at ${path.join(".")}, found ${found}. Correct load.from.format.json.records, or the file`,
  );
}
