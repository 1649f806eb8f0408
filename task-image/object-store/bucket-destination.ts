import { createHash } from "node:crypto";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { TaskSpec } from "#api/task.ts";
import type { Destination, Fill, ManifestEntry, WrittenFile } from "../files/destination.ts";
import type { ExtractManifest, FileFormat } from "./extract-manifest.ts";
import type { ObjectStore } from "./object-store.ts";

const CONTENT_TYPE: Readonly<Record<FileFormat, string>> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  jsonl: "application/x-ndjson",
};
const BUFFER_BYTES = 256 * 1024;

export interface BucketTarget {
  readonly prefix?: string | undefined;
  readonly key?: string | undefined;
  readonly compression: "none" | "gzip";
  readonly createBucket: boolean;
  /** Key of the manifest. */
  readonly manifest: string;
  readonly format: FileFormat;
}

/** Objects of a bucket. The destination owns the store. */
export function bucketDestination(
  store: ObjectStore,
  target: BucketTarget,
  spec: Pick<TaskSpec, "run" | "node">,
): Destination {
  const { manifest } = target;
  return {
    begin: async () => {
      if (target.createBucket) await store.createBucket();
      await store.remove(manifest);
    },
    write: (name, fill) => writeThrough(store, keyOf(target, name), target, fill),
    end: async (files) => {
      const text = `${JSON.stringify(manifestOf(spec, target.format, files), null, 2)}\n`;
      await store.write(manifest, Buffer.from(text), CONTENT_TYPE.json);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function keyOf({ prefix, key, compression }: BucketTarget, name: string): string {
  return key ?? `${prefix ?? ""}${name}${compression === "gzip" ? ".gz" : ""}`;
}

function manifestOf(
  { run, node }: Pick<TaskSpec, "run" | "node">,
  format: FileFormat,
  entries: readonly ManifestEntry[],
): ExtractManifest {
  const files = entries.map(({ name, etag = "", bytes, sha256, rows, relation, columns }) => ({
    key: name,
    bytes,
    etag,
    sha256,
    ...(rows === undefined ? {} : { rows }),
    ...(relation === undefined ? {} : { relation }),
    ...(columns === undefined ? {} : { columns: [...columns] }),
  }));
  return { version: 1, run: { name: run.name, uid: run.uid }, node, format, files };
}

/** Uploads while `fill` writes. Whichever of the two fails ends the other, and the object is not seen. */
async function writeThrough<T>(
  store: ObjectStore,
  key: string,
  { compression, format }: Pick<BucketTarget, "compression" | "format">,
  fill: Fill<T>,
): Promise<WrittenFile<T>> {
  const hash = createHash("sha256");
  const body = new Transform({
    highWaterMark: BUFFER_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const entrance: Writable = compression === "gzip" ? createGzip({ chunkSize: BUFFER_BYTES }) : body;
  const stop = (error: Error) => {
    entrance.destroy(error);
    body.destroy(error);
  };
  let storeFailed = false;
  const written = store.write(key, body, CONTENT_TYPE[format]).catch((error: Error) => {
    // A body that has ended with an error is no failure of the store's.
    storeFailed = body.errored === null;
    stop(error);
    throw error;
  });
  const compressed = entrance === body ? undefined : pipeline(entrance as Transform, body);
  const filled = fill(entrance, () => undefined).catch((error: Error) => {
    stop(error);
    throw error;
  });
  await Promise.allSettled([filled, written, compressed]);
  if (storeFailed) await written;
  const result = await filled;
  const { bytes, etag } = await written;
  return { name: key, filled: result, bytes, etag, sha256: hash.digest("hex") };
}
