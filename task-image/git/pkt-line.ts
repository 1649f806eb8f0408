/** Lines of git's protocols: four hexadecimal digits say how long each is, https://git-scm.com/docs/protocol-common. */
const HEAD = 4;
const LONGEST = 65_520;

/** A line; `flush` ends a list of them. */
export type Packet = Buffer | "flush";

export const FLUSH = "0000";

export function pktLine(text: string): string {
  return (Buffer.byteLength(text) + HEAD).toString(16).padStart(HEAD, "0") + text;
}

/** What comes is no line of git's, or ends within one. */
export class BrokenPackets extends Error {
  constructor(why: string) {
    super(why);
    this.name = "BrokenPackets";
  }
}

/** The lines of a stream, one after another; nothing at its end. */
export class PacketReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws {BrokenPackets} */
  async next(): Promise<Packet | undefined> {
    const head = await this.#take(HEAD, true);
    if (head === undefined) return undefined;
    const text = head.toString("latin1");
    const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
    if (length >= 0 && length < HEAD) return "flush";
    if (length < HEAD || length > LONGEST) throw new BrokenPackets("it does not speak git's protocol");
    return (await this.#take(length - HEAD, false)) ?? Buffer.alloc(0);
  }

  /** Gives the stream up. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #take(size: number, mayEnd: boolean): Promise<Buffer | undefined> {
    const pieces = [this.#held];
    let have = this.#held.length;
    while (have < size) {
      const { done, value } = await this.#source.next();
      if (done === true) {
        if (mayEnd && have === 0) return undefined;
        throw new BrokenPackets("its answer ends too early");
      }
      pieces.push(value);
      have += value.length;
    }
    const all = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, have);
    this.#held = all.subarray(size);
    return all.subarray(0, size);
  }
}

/** A line without the line end that some servers write. */
export function textOf(packet: Buffer): string {
  return packet.toString("utf8").replace(/\n$/, "");
}
