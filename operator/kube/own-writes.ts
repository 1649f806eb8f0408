import type { Kind } from "../kinds/kinds.ts";
import { compareResourceVersions } from "./resource-version.ts";

/** Who writes: the object that a write is made for. Objects of different kinds may have the same name. */
export function writerKey(kind: Kind, key: string): string {
  return `${kind} ${key}`;
}

/**
 * Remembers the resourceVersion of what was written for a key, so that a decision waits until the caches have seen it
 * (KEP-5647): a cache that lags behind our own write would have us do the same thing again.
 */
export class OwnWrites {
  readonly #observed: (kind: Kind) => string | undefined;
  readonly #writes = new Map<string, Map<Kind, string>>();

  /** `observed` says up to which version the cache of a kind has come; bookmarks count. */
  constructor(observed: (kind: Kind) => string | undefined) {
    this.#observed = observed;
  }

  /** `key` is a {@link writerKey}; `resourceVersion` is what the server answered to a write of an object of `kind` made on behalf of `key`. */
  wrote(key: string, kind: Kind, resourceVersion: string): void {
    const writes = this.#writes.get(key) ?? new Map<Kind, string>();
    const last = writes.get(kind);
    if (last === undefined || compareResourceVersions(resourceVersion, last) > 0) writes.set(kind, resourceVersion);
    this.#writes.set(key, writes);
  }

  /** Whether the caches show everything that was written for the key. */
  caughtUp(key: string): boolean {
    const writes = this.#writes.get(key);
    if (writes === undefined) return true;
    for (const [kind, version] of writes) {
      const observed = this.#observed(kind);
      if (observed !== undefined && compareResourceVersions(observed, version) >= 0) writes.delete(kind);
    }
    if (writes.size > 0) return false;
    this.#writes.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#writes.delete(key);
  }
}
