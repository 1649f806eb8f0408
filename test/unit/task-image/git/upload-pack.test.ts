import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BrokenPackets, pktLine } from "../../../../task-image/git/pkt-line.ts";
import {
  PackTooLarge,
  readAdvertised,
  requestFor,
  ServerRefused,
  savePack,
} from "../../../../task-image/git/upload-pack.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

const [A, B] = ["a".repeat(40), "b".repeat(40)];

/** A stream that comes in pieces of these sizes. */
function inPieces(bytes: Buffer, sizes: readonly number[] = []): AsyncIterable<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return Readable.from(pieces);
}

const advertised = (text: string, sizes: readonly number[] = []) =>
  readAdvertised({
    advertisement: () => Promise.resolve(inPieces(Buffer.from(text), sizes)),
    answer: () => Promise.reject(new Error("nothing is asked")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
const LIST = `${pktLine(`${A} HEAD\0side-band-64k shallow agent=git/2`)}${pktLine(`${A} refs/heads/main\n`)}${pktLine(`${B} refs/tags/v1^{}\n`)}0000`;

describe("what a server lists", () => {
  test("is read in whatever pieces it comes, with and without the title of HTTP", async () => {
    const refs = new Map([
      ["HEAD", A],
      ["refs/heads/main", A],
      ["refs/tags/v1^{}", B],
    ]);
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (pieces, isHttp) => {
        const title = isHttp ? `${pktLine("# service=git-upload-pack\n")}0000` : "";
        const found = await advertised(title + LIST, pieces);
        expect(found.refs).toEqual(refs);
        expect(found.capabilities).toEqual(new Set(["side-band-64k", "shallow", "agent=git/2"]));
      }),
      { numRuns: 50 },
    );
  });

  test("may be nothing: a new repository", async () => {
    expect((await advertised("0000")).refs.size).toBe(0);
    expect((await advertised(`${pktLine(`${"0".repeat(40)} capabilities^{}\0shallow`)}0000`)).refs.size).toBe(0);
  });

  test.each([
    ["is no git", "<html>", BrokenPackets],
    ["ends early", LIST.slice(0, -10), BrokenPackets],
    ["is a refusal", pktLine("ERR access denied"), ServerRefused],
    ["has names of SHA-256", `${pktLine(`${"c".repeat(64)} HEAD\0x`)}0000`, BrokenPackets],
  ])("that %s is an error", async (_, text, error) => {
    await expect(advertised(text)).rejects.toThrow(error);
  });
});

test("a request asks for one commit, and for what the server can do alone", () => {
  const server = { refs: new Map<string, string>(), capabilities: new Set(["side-band-64k", "thin-pack"]) };
  expect(requestFor({ object: A, depth: 1 }, server).toString()).toBe(
    `${pktLine(`want ${A} side-band-64k agent=kelt\n`)}${pktLine("deepen 1\n")}0000${pktLine("done\n")}`,
  );
});

describe("a pack", () => {
  const band = (number: number, text: string) => pktLine(String.fromCharCode(number) + text);
  const save = async (text: string, bytesMax = 100) => {
    const path = join(temporaryDirectory("pack"), "pack");
    await savePack(inPieces(Buffer.from(text, "latin1"), [7]), path, bytesMax);
    return readFileSync(path, "latin1");
  };

  test("is told from what the server says beside it", async () => {
    const text = `${pktLine(`shallow ${A}`)}0000${pktLine("NAK\n")}${band(2, "counting")}${band(1, "PA")}${band(1, "CK")}0000`;
    expect(await save(text)).toBe("PACK");
  });

  test.each([
    ["larger than it may be", band(1, "x".repeat(101)), PackTooLarge],
    ["broken off by the server", `${band(1, "PA")}${band(3, "out of memory")}`, ServerRefused],
    ["refused", pktLine("ERR upload-pack: not our ref"), ServerRefused],
    ["empty", `${pktLine("NAK\n")}0000`, BrokenPackets],
    ["something else", pktLine("hello"), BrokenPackets],
  ])("that is %s is an error", async (_, text, error) => {
    await expect(save(text)).rejects.toThrow(error);
  });
});
