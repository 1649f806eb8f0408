/** An entry of a tar archive: POSIX ustar with pax headers, and GNU's long names. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
export interface TarHeader {
  readonly name: string;
  readonly type: "file" | "link" | "symlink" | "directory" | "other";
  readonly size: number;
  /** What a link leads to. */
  readonly target: string;
}

/** Thrown for bytes that are no tar archive, or that end before it does. */
export class BrokenArchive extends Error {
  override readonly name = "BrokenArchive";
}

const BLOCK = 512;
/** Longest list of a pax header, and longest name of GNU's. */
const EXTENDED_MAX = 1_048_576;
const TYPES: Readonly<Record<string, TarHeader["type"]>> = {
  ...{ "0": "file", "\0": "file", "7": "file", "1": "link", "2": "symlink", "5": "directory" },
};

/**
 * Reads an archive to its end. `isWanted` is asked before the bytes of a file are read, and `take` gets them; those of others are passed
 * over. What `isWanted` throws ends the reading.
 *
 * @throws {BrokenArchive}
 */
export async function readTar(
  stream: AsyncIterable<Buffer>,
  isWanted: (header: TarHeader) => boolean,
  take: (header: TarHeader, bytes: Buffer) => void,
): Promise<void> {
  const bytes = new ByteReader(stream);
  let extended: Extended = new Map();
  for (;;) {
    // Two empty blocks end an archive; some programs leave them out.
    if (await bytes.hasEnded()) return;
    const block = await bytes.take(BLOCK);
    if (block.every((byte) => byte === 0)) return await bytes.drain();
    const { kind, header } = readHeader(block, extended);
    const padded = Math.ceil(header.size / BLOCK) * BLOCK;
    if (ABOUT_THE_NEXT.includes(kind)) {
      extended = new Map([...extended, ...(await readExtended(bytes, kind, header.size, padded))]);
      continue;
    }
    extended = new Map();
    if (isWanted(header) && header.type === "file") take(header, (await bytes.take(padded)).subarray(0, header.size));
    else await bytes.skip(padded);
  }
}

/** What headers before an entry say of it. */
type Extended = ReadonlyMap<string, string>;
/** Kinds of entries that say more of the next one, or, as git's with the commit, of the archive as a whole. */
const ABOUT_THE_NEXT: readonly string[] = ["x", "L", "K", "g"];

async function readExtended(bytes: ByteReader, kind: string, size: number, padded: number): Promise<Extended> {
  if (size > EXTENDED_MAX) throw new BrokenArchive("a name in it is too long");
  const body = (await bytes.take(padded)).subarray(0, size);
  if (kind === "g") return new Map();
  return kind === "x" ? paxRecords(body) : new Map([[kind === "L" ? "path" : "linkpath", textIn(body)]]);
}

function readHeader(block: Buffer, extended: Extended): { kind: string; header: TarHeader } {
  if (checksumOf(block) !== numberIn(block.subarray(148, 156)))
    throw new BrokenArchive("what is in it is no tar archive");
  const kind = String.fromCharCode(block[156] as number);
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? textIn(block.subarray(345, 500)) : "";
  const short = textIn(block.subarray(0, 100));
  const name = extended.get("path") ?? (prefix === "" ? short : `${prefix}/${short}`);
  const size = extended.has("size") ? Number(extended.get("size")) : numberIn(block.subarray(124, 136));
  if (!Number.isSafeInteger(size) || size < 0) throw new BrokenArchive("an entry of it has no size");
  const type = TYPES[kind] ?? "other";
  return {
    kind,
    header: {
      name,
      type: type === "file" && name.endsWith("/") ? "directory" : type,
      // Links and folders have no bytes, whatever is written there.
      size: type === "file" || type === "other" ? size : 0,
      target: extended.get("linkpath") ?? textIn(block.subarray(157, 257)),
    },
  };
}

/** The sum of a header's bytes, where its own field counts as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (const [index, byte] of block.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum;
}

/** Octal digits, or GNU's binary form for large numbers. */
function numberIn(field: Buffer): number {
  if (((field[0] as number) & 0x80) !== 0) {
    return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] as number) & 0x7f);
  }
  const digits = textIn(field).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function textIn(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** `27 path=models/long/name.sql\n`, one after the other; the number counts the bytes of all of it. */
function paxRecords(body: Buffer): Extended {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(body.toString("latin1", at, space));
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (!Number.isSafeInteger(length) || length <= space - at || equals < 0)
      throw new BrokenArchive("a pax header in it is damaged");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Bytes of a stream in pieces of the sizes that are asked for. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  async hasEnded(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#source.next();
      if (done === true) return true;
      this.#rest = value;
    }
    return false;
  }

  async take(count: number): Promise<Buffer> {
    const pieces = [this.#rest];
    let length = this.#rest.length;
    while (length < count) {
      const piece = await this.#next();
      pieces.push(piece);
      length += piece.length;
    }
    const all = pieces.length === 1 ? this.#rest : Buffer.concat(pieces, length);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  async skip(count: number): Promise<void> {
    let left = count - this.#rest.length;
    if (left <= 0) {
      this.#rest = this.#rest.subarray(count);
      return;
    }
    for (this.#rest = Buffer.alloc(0); left > 0; ) {
      const piece = await this.#next();
      if (piece.length > left) this.#rest = piece.subarray(left);
      left -= piece.length;
    }
  }

  /** Passes over all that is left. */
  async drain(): Promise<void> {
    while ((await this.#source.next()).done !== true);
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#source.next();
    if (done === true) throw new BrokenArchive("it ends before its last entry does");
    return value;
  }
}
