import { formatKey } from "./object-key.ts";
import type { UnreadObject } from "./unread.ts";

/** The objects of a kind that are there and cannot be read; each is reported once, until it can be read again. */
export class UnreadObjects {
  readonly #tell: (object: UnreadObject) => void;
  #objects = new Map<string, UnreadObject>();

  constructor(tell: (object: UnreadObject) => void) {
    this.#tell = tell;
  }

  all(): readonly UnreadObject[] {
    return [...this.#objects.values()];
  }

  /** A list had these and no others. */
  replace(objects: readonly UnreadObject[]): void {
    const before = this.#objects;
    this.#objects = new Map(objects.map((object) => [formatKey(object.metadata), object]));
    for (const [key, object] of this.#objects) this.#tellIfNew(before.get(key), object);
  }

  add(object: UnreadObject): void {
    const key = formatKey(object.metadata);
    const before = this.#objects.get(key);
    this.#objects.set(key, object);
    this.#tellIfNew(before, object);
  }

  /** The object can be read, or has gone. */
  delete(object: Pick<UnreadObject, "metadata">): void {
    this.#objects.delete(formatKey(object.metadata));
  }

  #tellIfNew(before: UnreadObject | undefined, object: UnreadObject): void {
    if (before?.metadata.uid !== object.metadata.uid) this.#tell(object);
  }
}
