import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodedBytes, type Encoding } from "../../../../task-image/formats/decoded-bytes.ts";

/** The text of a file that arrives in pieces of so many bytes. */
async function decoded(file: Buffer, pieceBytes: number, encoding?: Encoding): Promise<string> {
  const pieces = function* () {
    for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
  };
  const chunks: Buffer[] = [];
  for await (const chunk of decodedBytes(Readable.from(pieces()), "films.csv.zst", encoding)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const skippable = Buffer.concat([Buffer.from([0x57, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from("abc")]);
const frame = (text: string) => zstdCompressSync(Buffer.from(text));
const lines = Array.from({ length: 50_000 }, (_, line) => `${line},${(line * 7919) % 104729}\n`).join("");

describe("zstd of several frames", () => {
  const file = Buffer.concat([frame("a\n1\n"), skippable, frame("2\n"), frame(""), frame("3\n"), skippable]);

  test("is read to its end, wherever the pieces are cut", async () => {
    for (let bytes = 1; bytes <= file.length; bytes += 1) expect(await decoded(file, bytes)).toBe("a\n1\n2\n3\n");
  });

  test("may begin with a frame to skip", async () => {
    expect(await decoded(Buffer.concat([skippable, file]), 1000)).toBe("a\n1\n2\n3\n");
  });

  test("may have frames larger than a piece", async () => {
    const large = Buffer.concat([frame(lines), frame(lines)]);
    expect((await decoded(large, 65_536)) === lines + lines).toBe(true);
  });

  test.each([
    ["other bytes after a frame", Buffer.concat([file, Buffer.from("a,b\n")])],
    ["too few bytes after a frame", Buffer.concat([file, Buffer.from([0x28, 0xb5])])],
    ["a last frame that is cut off", Buffer.concat([file, frame(lines).subarray(0, 1000)])],
    ["a last frame that is all but cut off", file.subarray(0, file.length - skippable.length - 1)],
  ])("fails with %s, wherever the pieces are cut", async (_, damaged) => {
    for (const bytes of [1, 7, file.length, damaged.length]) {
      await expect(decoded(damaged, bytes)).rejects.toMatchObject({ kind: "data", code: "DamagedArchive" });
    }
  });
});

describe("gzip of several members", () => {
  const file = Buffer.concat(["a\n1\n", "", "2\n", "3\n"].map((text) => gzipSync(text)));

  test("is read to its end, wherever the pieces are cut, and zeros after it are no part of it", async () => {
    for (let bytes = 1; bytes <= file.length; bytes += 1) {
      expect(await decoded(file, bytes)).toBe("a\n1\n2\n3\n");
      expect(await decoded(Buffer.concat([file, Buffer.alloc(20)]), bytes)).toBe("a\n1\n2\n3\n");
    }
  });

  test.each([
    ["other bytes after a member", Buffer.concat([file, Buffer.from("a,b\n")])],
    ["zeros before another member", Buffer.concat([file, Buffer.alloc(20), file])],
    ["too few bytes after a member", Buffer.concat([file, file.subarray(0, 1)])],
    ["a last member that is cut off", file.subarray(0, -1)],
    ["a last member without its first byte", Buffer.concat([file, file.subarray(1)])],
  ])("fails with %s, wherever the pieces are cut", async (_, damaged) => {
    for (let bytes = 1; bytes <= damaged.length; bytes += 1) {
      await expect(decoded(damaged, bytes), `pieces of ${bytes} bytes`).rejects.toMatchObject({
        kind: "data",
        code: "DamagedArchive",
      });
    }
  });
});

describe("a byte order mark", () => {
  const mark = "\ufeff";

  test.each<[string, Buffer, Encoding]>([
    ["in UTF-8", Buffer.from(`${mark}é`), "utf-8"],
    ["twice, as where an empty file came first", Buffer.from(`${mark}${mark}é`), "utf-8"],
    ["of UTF-8, where the manifest says another encoding", Buffer.from(`${mark}é`), "latin1"],
    ["of UTF-16, where the manifest says another encoding", Buffer.from(`${mark}é`, "utf16le"), "latin1"],
    ["of UTF-16, twice", Buffer.from(`${mark}${mark}é`, "utf16le"), "utf-16"],
  ])("is no part of the text %s", async (_, file, encoding) => {
    for (let bytes = 1; bytes <= file.length; bytes += 1) expect(await decoded(file, bytes, encoding)).toBe("é");
  });

  test("alone is an empty file, and inside of a text it stays", async () => {
    expect(await decoded(Buffer.from(mark), 1)).toBe("");
    expect(await decoded(Buffer.from(`a${mark}`), 1)).toBe(`a${mark}`);
  });
});
