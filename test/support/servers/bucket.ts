import { text } from "node:stream/consumers";
import type { ObjectStore } from "../../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { aContext } from "../tasks/task.ts";
import type { S3Server } from "./versitygw.ts";

/** Opens a bucket of the server, and makes it where it is missing. */
export async function openBucket(s3: S3Server, bucket: string): Promise<ObjectStore> {
  const store = await openObjectStore({ connections: { lake: s3.connection(bucket) } }, "lake", aContext());
  await store.createBucket();
  return store;
}

/** The texts of all objects whose key begins with the prefix, by what stands behind it. */
export async function readObjects(s3: S3Server, bucket: string, prefix: string): Promise<Record<string, string>> {
  await using store = await openBucket(s3, bucket);
  const found: Record<string, string> = {};
  for await (const object of store.list(prefix))
    found[object.key.slice(prefix.length)] = await text(store.read(object));
  return found;
}
