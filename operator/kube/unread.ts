import type { ObjectMeta } from "#api/metadata.ts";
import { isJsonObject } from "./json.ts";
import { memberOf } from "./json-member.ts";

/** An object that could not be read: who it is, and why. */
export interface UnreadObject {
  readonly metadata: Pick<ObjectMeta, "namespace" | "name" | "uid" | "resourceVersion">;
  /** A sentence that ends the words "the object was passed over:". */
  readonly why: string;
}

/** The object as `project` makes it; unread when that throws. */
export function readObject<T extends { readonly metadata: ObjectMeta }>(
  object: T,
  project: ((object: T) => T) | undefined,
): T | UnreadObject {
  try {
    return project === undefined ? object : project(object);
  } catch (error) {
    const metadata = identityOf(object);
    // The object has no name: the whole answer is not what it should be.
    if (metadata === undefined) throw error;
    return { metadata, why: `its shape is not one that this version can read (${(error as Error).message})` };
  }
}

export function isUnread(object: object): object is UnreadObject {
  return "why" in object;
}

/** Who an object of more than `bytesMax` bytes is, by its first bytes; undefined when they do not say so. */
export function tooLarge(begin: Buffer, bytesMax: number): UnreadObject | undefined {
  const metadata = memberOf(begin, "metadata");
  const identity = metadata === undefined ? undefined : identityOf({ metadata: parseOrUndefined(metadata) });
  return identity === undefined ? undefined : { metadata: identity, why: `it is larger than ${bytesMax} bytes` };
}

function identityOf({ metadata }: { readonly metadata?: unknown }): UnreadObject["metadata"] | undefined {
  if (!isJsonObject(metadata)) return undefined;
  const { namespace, name, uid, resourceVersion } = metadata;
  if (typeof namespace !== "string" || typeof name !== "string") return undefined;
  if (typeof uid !== "string" || typeof resourceVersion !== "string") return undefined;
  return { namespace, name, uid, resourceVersion };
}

function parseOrUndefined(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString("utf8"));
  } catch {
    return undefined;
  }
}
