import { GROUP, type ObjectMeta } from "../api/metadata.ts";
import type { ApiObject, CustomObject } from "./objects.ts";

/*
 * What a cache keeps of an object: managed fields, foreign annotations and everything else that nobody reads go, so that a thousand runs
 * fit in memory. Projections are frozen to their leaves, and throw a TypeError for what is no object.
 */

/** A custom object with its spec and its status as they are stored. */
export function projectCustom(object: CustomObject): CustomObject {
  return freeze({ metadata: projectMetadata(object), ...pick(object, ["spec", "status"]) });
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export function projectCondition(condition: Condition): Condition {
  const { type, status } = condition;
  return { type, status, ...pick(condition, ["reason", "message", "lastTransitionTime"]) };
}

const METADATA_KEPT = [
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "ownerReferences",
] as const satisfies readonly (keyof ObjectMeta)[];

export function projectMetadata({ metadata }: ApiObject): ObjectMeta {
  const { name, namespace, uid, resourceVersion, annotations = {} } = metadata;
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(`${GROUP}/`));
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    ...pick(metadata, METADATA_KEPT),
    ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }),
  };
}

export function pick<T extends object, K extends keyof T>(object: T | undefined, keys: readonly K[]): Pick<T, K> {
  const picked: Partial<T> = {};
  for (const key of keys) if (object?.[key] !== undefined) picked[key] = object[key];
  return picked as Pick<T, K>;
}

export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
