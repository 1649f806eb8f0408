import { DataError } from "../errors.ts";
import {
  behindMark,
  DocumentWriter,
  FORBIDDEN,
  type FoundDocument,
  type JsonFile,
  jsonTextRows,
  maskControls,
} from "./json-lines.ts";

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** What came last at the top: nothing but documents of an array need a comma between them, and nothing follows that array. */
type Last = "nothing" | "open" | "comma" | "document" | "closed";

/**
 * Finds the documents of a JSON text by counting brackets outside of strings: the elements of an array at the top, or the values
 * that follow each other there. Whether a document is valid is left to the destination, which reads every one of them; what stands
 * between them is checked here.
 *
 * | last     | takes                                          | at the end of the file |
 * |----------|------------------------------------------------|------------------------|
 * | nothing  | `[` of the array, a document                   | no documents           |
 * | open     | a document, `]`                                | cut off                |
 * | comma    | a document                                     | cut off                |
 * | document | in the array `,` and `]`, otherwise a document | cut off in the array   |
 * | closed   | nothing                                        | all documents          |
 */
class JsonSplitter {
  buffer: Buffer = NOTHING;
  line = 1;
  #scanned = 0;
  #start = -1;
  #startLine = 1;
  #depth = 0;
  #inArray = false;
  #inString = false;
  #escaped = false;
  #last: Last = "nothing";
  /** Where the line begins, in the buffer or before it. */
  #lineStart = 0;
  readonly #uri: string;

  constructor(uri: string) {
    this.#uri = uri;
  }

  /** Bytes that no document has ended after. */
  get open(): boolean {
    return this.#start >= 0 || this.#inArray || this.#inString;
  }

  push(chunk: Buffer): void {
    const kept = this.#start < 0 ? this.#scanned : this.#start;
    const rest = this.buffer.subarray(kept);
    this.buffer = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    this.#scanned -= kept;
    this.#lineStart -= kept;
    if (this.#start >= 0) this.#start = 0;
  }

  get pending(): number {
    return this.#start < 0 ? 0 : this.buffer.length - this.#start;
  }

  next(): FoundDocument | undefined {
    const { buffer } = this;
    while (this.#scanned < buffer.length) {
      const at = this.#scanned;
      const byte = buffer[at] as number;
      this.#scanned += 1;
      const found = this.#inString ? this.#readString(byte, at) : this.#read(byte, at);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A number or word at the end of the text, which nothing but the end closes. */
  last(): FoundDocument | undefined {
    if (this.#start < 0 || this.#depth > 0 || this.#inString || this.#inArray) return undefined;
    return this.#end(this.buffer.length);
  }

  #readString(byte: number, at: number): FoundDocument | undefined {
    if (byte === LF || byte === CR) {
      if (byte === LF) this.#endLine(at);
      this.buffer[at] = FORBIDDEN;
    }
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#depth === 0) return this.#end(at + 1);
    }
    return undefined;
  }

  #read(byte: number, at: number): FoundDocument | undefined {
    if (byte === SPACE || byte === TAB || byte === LF || byte === CR) return this.#readSpace(byte, at);
    if (byte < SPACE) return this.#readControl(at);
    if (this.#depth === 0 && (byte === COMMA || (byte === CLOSE_ARRAY && this.#inArray))) {
      const found = this.#start < 0 ? undefined : this.#end(at);
      this.#readBetween(byte, at);
      return found;
    }
    if (this.#start < 0 && !this.#begin(byte, at)) return undefined;
    return this.#readPart(byte, at);
  }

  /** A comma, or the bracket that closes the array. */
  #readBetween(byte: number, at: number): void {
    const last = this.#last;
    if (byte === COMMA) {
      if (last !== "document" || !this.#inArray) throw this.#misplaced("a JSON document", "a comma", at);
      this.#last = "comma";
      return;
    }
    if (last === "comma") throw this.#misplaced("another JSON document after the comma", "the end of the array", at);
    this.#inArray = false;
    this.#last = "closed";
  }

  /** Where in the file a byte stands that may not stand there. */
  #misplaced(expected: string, found: string, at: number): DataError {
    const column = at - this.#lineStart + 1;
    return new DataError(
      "BadJson",
      `${this.#uri}, line ${this.line}, column ${column} (in bytes): expected ${expected}, found ${found}. Correct the file, or set load.from.format to how it is written`,
    );
  }

  #endLine(at: number): void {
    this.line += 1;
    this.#lineStart = at + 1;
  }

  #readSpace(byte: number, at: number): FoundDocument | undefined {
    if (byte === LF) this.#endLine(at);
    if (this.#start < 0) return undefined;
    if (this.#depth === 0) return this.#end(at);
    // A document is a line of its own on its way: white space between its parts may not break it.
    this.buffer[at] = SPACE;
    return undefined;
  }

  /** No JSON text has control characters between its parts: a document keeps its own, so that the destination refuses it. */
  #readControl(at: number): undefined {
    if (this.#start < 0) throw this.#misplaced("JSON", "a control character", at);
  }

  #readPart(byte: number, at: number): FoundDocument | undefined {
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.#depth -= 1;
      if (this.#depth <= 0) return this.#end(at + 1);
    }
    return undefined;
  }

  /** Answers false for the bracket of the array at the top, which belongs to no document. */
  #begin(byte: number, at: number): boolean {
    const last = this.#last;
    if (last === "closed") throw this.#misplaced("nothing after the array", "something", at);
    if (last === "document" && this.#inArray) throw this.#misplaced("a comma between documents", "none", at);
    if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY)
      throw this.#misplaced("a JSON document", "a closing bracket", at);
    if (byte === OPEN_ARRAY && last === "nothing") {
      this.#inArray = true;
      this.#last = "open";
      return false;
    }
    this.#start = at;
    this.#startLine = this.line;
    return true;
  }

  #end(end: number): FoundDocument {
    const found = { start: behindMark(this.buffer, this.#start, end), end, line: this.#startLine };
    this.#start = -1;
    this.#depth = 0;
    this.#last = "document";
    return found;
  }
}

/** The documents of a JSON file, each with file and line before it. Throws a DataError for a text that ends inside of one. */
export async function* jsonDocumentRows(file: JsonFile): AsyncGenerator<Buffer> {
  const { uri, bytes } = file;
  const writer = new DocumentWriter(file);
  const splitter = new JsonSplitter(uri);
  for await (const chunk of bytes) {
    splitter.push(maskControls(chunk));
    for (let found = splitter.next(); found !== undefined; found = splitter.next()) {
      const piece = writer.append(splitter.buffer, found);
      if (piece !== undefined) yield* jsonTextRows(piece, file);
    }
    if (splitter.pending > DOCUMENT_BYTES_MAX) {
      throw new DataError(
        "DocumentTooLong",
        `${uri}, line ${splitter.line}: expected documents of at most ${DOCUMENT_BYTES_MAX} bytes, found a longer one. Write an array of documents, or JSON lines`,
      );
    }
  }
  const last = splitter.last();
  if (last !== undefined) {
    const piece = writer.append(splitter.buffer, last);
    if (piece !== undefined) yield* jsonTextRows(piece, file);
  } else if (splitter.open) {
    throw new DataError(
      "TruncatedJson",
      `${uri}, line ${splitter.line}: expected the end of a JSON document, found the end of the file. It was cut off: write it again`,
    );
  }
  yield* jsonTextRows(writer.rest(), file);
}
