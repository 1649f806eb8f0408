import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ObjectStore } from "../../../../task-image/object-store/object-store.ts";
import { readObjectHead } from "../../../../task-image/objects/object-head.ts";

const TEXT = Buffer.from("id,title\r\n1,Alien\n");

/** A store whose one object comes a byte at a time. */
function storeOf(bytes: Buffer): ObjectStore {
  const read = () => Readable.from([...bytes].map((byte) => Buffer.from([byte])));
  return { read } as unknown as ObjectStore;
}

test.each([
  ["none", TEXT],
  ["gzip", gzipSync(TEXT)],
  ["zstd", zstdCompressSync(TEXT)],
] as const)(
  "packed by %s, an object is known by its first bytes, however few of them come at a time",
  async (compression, bytes) => {
    const object = { name: "o", uri: "s3://lake/o", etag: "e", bytes: bytes.length };
    expect(await readObjectHead(storeOf(bytes), object)).toEqual({ compression, firstLine: "id,title" });
  },
);
