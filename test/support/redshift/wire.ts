/** The PostgreSQL frontend/backend protocol, version 3, as far as the stand-in speaks it (PostgreSQL documentation, 54.7). */

export interface FrontendMessage {
  readonly type: string;
  readonly body: Buffer;
}

const SSL_REQUEST = 80_877_103;

/** Cuts what a client sends into messages. The first one has no type: it is `startup`, or `ssl`. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #started = false;

  *push(chunk: Buffer): Generator<FrontendMessage> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const header = this.#started ? 1 : 0;
      if (this.#rest.length < header + 4) return;
      const length = this.#rest.readInt32BE(header) + header;
      if (this.#rest.length < length) return;
      const body = this.#rest.subarray(header + 4, length);
      const type = this.#started ? this.#rest.toString("latin1", 0, 1) : "startup";
      this.#rest = this.#rest.subarray(length);
      if (type !== "startup") yield { type, body };
      else if (body.readInt32BE(0) === SSL_REQUEST) yield { type: "ssl", body };
      else {
        this.#started = true;
        yield { type, body };
      }
    }
  }
}

/** Reads the fields of a message one after the other. */
export class FieldReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    const text = this.#body.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  /** A value with its length before it; null where the length is -1. */
  value(): string | null {
    const length = this.int32();
    if (length < 0) return null;
    this.#at += length;
    return this.#body.toString("utf8", this.#at - length, this.#at);
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const text = (value: string) => Buffer.from(`${value}\0`);

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type, "latin1"), int32(body.length + 4), body]);
}

export interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

export const backend = {
  noSsl: () => Buffer.from("N"),
  askMd5: (salt: Buffer) => message("R", int32(5), salt),
  authenticated: () => message("R", int32(0)),
  parameter: (name: string, value: string) => message("S", text(name), text(value)),
  key: (pid: number) => message("K", int32(pid), int32(0)),
  /** `status` is I outside of a transaction, T in one, E in one that has failed. */
  ready: (status: string) => message("Z", Buffer.from(status, "latin1")),
  parsed: () => message("1"),
  bound: () => message("2"),
  closed: () => message("3"),
  noData: () => message("n"),
  empty: () => message("I"),
  described: (fields: readonly Field[]) =>
    message(
      "T",
      int16(fields.length),
      ...fields.map(({ name, dataTypeID }) =>
        Buffer.concat([text(name), int32(0), int16(0), int32(dataTypeID), int16(-1), int32(-1), int16(0)]),
      ),
    ),
  row: (values: readonly (string | null)[]) =>
    message(
      "D",
      int16(values.length),
      ...values.map((value) =>
        value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
      ),
    ),
  complete: (tag: string) => message("C", text(tag)),
  error: (fields: Readonly<Record<string, string>>) => message("E", ...said({ S: "ERROR", V: "ERROR", ...fields })),
  notice: (words: string) => message("N", ...said({ S: "INFO", V: "INFO", C: "00000", M: words })),
};

function said(fields: Readonly<Record<string, string>>): Buffer[] {
  return [...Object.entries(fields).map(([code, value]) => text(`${code}${value}`)), Buffer.from([0])];
}
