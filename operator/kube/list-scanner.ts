import { ApiError } from "./api-error.ts";

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Far more than a list says beside its objects. */
const REST_BYTES_MAX = 1024 * 1024;
/** How much of the answer before a bracket tells whether it opens the list's objects. */
const TAIL_BYTES = 64;

export interface ListScannerServices {
  readonly objectBytesMax: number;
  /** The whole JSON text of one object. */
  readonly object: (json: Buffer) => void;
  /** The first bytes of an object that is larger than the bound. */
  readonly tooLarge: (begin: Buffer) => void;
}

/**
 * Cuts the answer of a list into its objects while it arrives, so that no more than one of them is ever held.
 *
 * | state | what is true                                        | what leaves it                                |
 * |-------|-----------------------------------------------------|-----------------------------------------------|
 * | rest  | outside the list's objects; bytes are kept          | the bracket after the member `items` → between |
 * | between | inside `items`, between two objects; bytes go     | a brace → object; the bracket's end → rest    |
 * | object | inside an object; bytes are kept up to the bound   | its last brace → between                      |
 */
export class ListScanner {
  readonly #services: ListScannerServices;
  #state: "rest" | "between" | "object" = "rest";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #object: Buffer[] = [];
  #objectBytes = 0;
  #tooLarge = false;
  /** Where in the chunk the bytes begin that are to be kept. */
  #from = 0;

  constructor(services: ListScannerServices) {
    this.#services = services;
  }

  push(chunk: Buffer): void {
    this.#from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#inString) at = this.#skipString(chunk, at);
      else this.#step(chunk, at++);
    }
    this.#keep(chunk, chunk.length);
  }

  /** The answer without its objects, once all of it came. */
  end(): string {
    return Buffer.concat(this.#rest).toString("utf8");
  }

  /** Where to go on: behind the string, or at the chunk's end. */
  #skipString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at + 1;
      }
    }
    return chunk.length;
  }

  #step(chunk: Buffer, at: number): void {
    switch (chunk[at]) {
      case QUOTE:
        this.#inString = true;
        break;
      case BRACE:
      case BRACKET:
        this.#open(chunk, at);
        break;
      case BRACE_END:
      case BRACKET_END:
        this.#close(chunk, at);
        break;
      default:
    }
  }

  #open(chunk: Buffer, at: number): void {
    this.#depth++;
    if (this.#state === "between") this.#enter("object", chunk, at);
    else if (this.#state === "rest" && this.#depth === 2 && chunk[at] === BRACKET) {
      this.#keep(chunk, at);
      this.#from = at;
      if (this.#opensItems()) this.#enter("between", chunk, at + 1);
    }
  }

  #close(chunk: Buffer, at: number): void {
    this.#depth--;
    if (this.#state === "object" && this.#depth === 2) {
      this.#enter("between", chunk, at + 1);
      this.#endObject();
    } else if (this.#state === "between") this.#enter("rest", chunk, at);
  }

  /** Bytes from `at` on belong to another state. */
  #enter(state: "rest" | "between" | "object", chunk: Buffer, at: number): void {
    this.#keep(chunk, at);
    this.#from = at;
    this.#state = state;
  }

  #keep(chunk: Buffer, to: number): void {
    const bytes = chunk.subarray(this.#from, to);
    if (this.#state === "object") this.#keepOfObject(bytes);
    else if (this.#state === "rest") this.#keepOfRest(bytes);
  }

  #keepOfObject(bytes: Buffer): void {
    if (this.#tooLarge) return;
    this.#object.push(bytes);
    this.#objectBytes += bytes.length;
    if (this.#objectBytes <= this.#services.objectBytesMax) return;
    this.#tooLarge = true;
    const begin = Buffer.concat(this.#object);
    this.#object = [];
    this.#services.tooLarge(begin);
  }

  #keepOfRest(bytes: Buffer): void {
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
    if (this.#restBytes <= REST_BYTES_MAX) return;
    const message = `expected a list, found ${REST_BYTES_MAX} bytes of something else: is there a proxy between?`;
    throw new ApiError(message, { status: 502, reason: "NotJson", verb: "list", resource: "*" });
  }

  #endObject(): void {
    if (!this.#tooLarge) this.#services.object(Buffer.concat(this.#object));
    this.#object = [];
    this.#objectBytes = 0;
    this.#tooLarge = false;
  }

  #opensItems(): boolean {
    const tail = Buffer.concat(this.#rest).subarray(-TAIL_BYTES).toString("latin1");
    return /(^|[^\\])"items"\s*:\s*$/.test(tail);
  }
}
