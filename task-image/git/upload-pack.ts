import { open } from "node:fs/promises";
import { BrokenPackets, FLUSH, PacketReader, pktLine, textOf } from "./pkt-line.ts";
import type { Remote } from "./remote.ts";

/*
 * A request to git-upload-pack: one commit, without its history. https://git-scm.com/docs/pack-protocol, version 0, which every
 * server speaks by both protocols. `side-band-64k` tells the pack from what the server says beside it.
 */

/** Names that a server may list. */
const REFS_MAX = 500_000;

/** What a server has. */
export interface Advertised {
  /** Commits and tags by their full names, such as refs/heads/main; `refs/tags/v1^{}` is what an annotated tag is of. */
  readonly refs: ReadonlyMap<string, string>;
  readonly capabilities: ReadonlySet<string>;
}

/** The server refuses what was asked, in its own words. */
export class ServerRefused extends Error {
  constructor(said: string) {
    super(said);
    this.name = "ServerRefused";
  }
}

/** What a server lists. */
export async function readAdvertised(remote: Remote): Promise<Advertised> {
  const reader = new PacketReader(await remote.advertisement());
  const refs = new Map<string, string>();
  const capabilities = new Set<string>();
  // By HTTP the name of the service comes first, with an end of its own.
  let isTitle = false;
  for (;;) {
    const packet = await reader.next();
    if (packet === undefined) throw new BrokenPackets("its answer ends too early");
    if (packet === "flush" && !isTitle) return { refs, capabilities };
    const line = packet === "flush" ? "" : textOf(packet);
    isTitle = line.startsWith("# service=");
    if (packet !== "flush") takeLine(line, refs, capabilities);
  }
}

const NO_GIT = "it does not speak git's protocol";
/** Lines that say nothing of names: of HTTP, of the version, of a history that the server itself lacks. */
const OTHER_LINE = /^(?:# service=|version |shallow )/;

function takeLine(line: string, refs: Map<string, string>, capabilities: Set<string>): void {
  if (line.startsWith("ERR ")) throw new ServerRefused(line.slice(4));
  if (OTHER_LINE.test(line)) return;
  const [ref = "", said] = line.split("\0");
  for (const capability of said?.split(" ") ?? []) capabilities.add(capability);
  const [, commit, name] = /^([0-9a-f]{40}) (\S+)$/.exec(ref) ?? [];
  if (commit === undefined || name === undefined) {
    const isLonger = /^[0-9a-f]{64} /.test(ref);
    throw new BrokenPackets(isLonger ? "its objects have SHA-256 names, where SHA-1 is expected" : NO_GIT);
  }
  if (name !== "capabilities^{}" && refs.size < REFS_MAX) refs.set(name, commit);
}

/** Whether the server gives a commit that no name of it points to. */
export function givesAnyCommit({ capabilities }: Advertised): boolean {
  return ["allow-any-sha1-in-want", "allow-reachable-sha1-in-want"].some((name) => capabilities.has(name));
}

/** What is fetched: an object, and how many commits of its history. */
export interface Wanted {
  readonly object: string;
  /** All of it where it is missing. */
  readonly depth?: number;
}

const CAPABILITIES = ["multi_ack_detailed", "side-band-64k", "ofs-delta", "no-progress"];

export function requestFor({ object, depth }: Wanted, { capabilities }: Advertised): Buffer {
  const agreed = CAPABILITIES.filter((name) => capabilities.has(name));
  const lines = [
    pktLine(`want ${object} ${[...agreed, "agent=kelt"].join(" ")}\n`),
    ...(depth === undefined ? [] : [pktLine(`deepen ${depth}\n`)]),
  ];
  return Buffer.from(`${lines.join("")}${FLUSH}${pktLine("done\n")}`);
}

/** What a repository's objects take more than they may. */
export class PackTooLarge extends Error {
  constructor() {
    super("the pack is too large");
    this.name = "PackTooLarge";
  }
}

/** Writes the pack of an answer to a file: its bytes never lie in memory as a whole. */
export async function savePack(answer: AsyncIterable<Buffer>, path: string, bytesMax: number): Promise<number> {
  const reader = new PacketReader(answer);
  await using file = await open(path, "w");
  let bytes = 0;
  for (;;) {
    const packet = await reader.next();
    if (packet === undefined) break;
    const data = packet === "flush" ? undefined : dataOf(packet);
    if (data === undefined) continue;
    bytes += data.length;
    if (bytes > bytesMax) {
      await reader.close();
      throw new PackTooLarge();
    }
    await file.writeFile(data);
  }
  if (bytes === 0) throw new BrokenPackets("its answer holds no objects");
  return bytes;
}

/** Bands of `side-band-64k`: 1 is the pack, 2 what people read, 3 an error that ends it. Before them stand lines in words. */
function dataOf(packet: Buffer): Buffer | undefined {
  const [band] = packet;
  if (band === 1) return packet.subarray(1);
  if (band === 3) throw new ServerRefused(textOf(packet.subarray(1)));
  if (band === 2) return undefined;
  const line = textOf(packet);
  if (line.startsWith("ERR ")) throw new ServerRefused(line.slice(4));
  if (/^(NAK|ACK |shallow |unshallow )/.test(line)) return undefined;
  throw new BrokenPackets(NO_GIT);
}
