import { gzipSync, zstdCompressSync } from "node:zlib";

/** The bytes of an object: packed where its name ends with .gz or .zst. */
export function packedObject(key: string, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  if (key.endsWith(".gz")) return gzipSync(bytes);
  return key.endsWith(".zst") ? zstdCompressSync(bytes) : bytes;
}
