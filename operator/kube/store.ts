import type { ApiObject } from "../kinds/objects.ts";
import type { ObjectKey } from "./kube.ts";
import { formatKey } from "./object-key.ts";

/** The values under which an index finds an object. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** What controllers see of a cache. Objects are frozen: they are shared and belong to the API server. */
export interface StoreReader<T extends ApiObject, Index extends string = never> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  byUid(uid: string): T | undefined;
  by(index: Index, value: string): readonly T[];
  all(): readonly T[];
}

/** Objects of one kind by namespace and name, by uid and by the given indexes. */
export class Store<T extends ApiObject, Index extends string = never> implements StoreReader<T, Index> {
  readonly #objects = new Map<string, T>();
  readonly #byUid = new Map<string, T>();
  readonly #functions: readonly [Index, IndexFunction<T>][];
  readonly #indexes = new Map<Index, Map<string, Map<string, T>>>();

  constructor(indexes: Readonly<Record<Index, IndexFunction<T>>>) {
    this.#functions = Object.entries(indexes) as [Index, IndexFunction<T>][];
    for (const [index] of this.#functions) this.#indexes.set(index, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(formatKey(key));
  }

  byUid(uid: string): T | undefined {
    return this.#byUid.get(uid);
  }

  by(index: Index, value: string): readonly T[] {
    return [...(this.#indexes.get(index)?.get(value)?.values() ?? [])];
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Puts the object in the place of the one of its name. */
  set(object: T): void {
    this.delete(object.metadata);
    const key = formatKey(object.metadata);
    this.#objects.set(key, object);
    this.#byUid.set(object.metadata.uid, object);
    for (const [index, valuesOf] of this.#functions) {
      for (const value of valuesOf(object)) this.#bucket(index, value).set(key, object);
    }
  }

  delete(objectKey: ObjectKey): void {
    const key = formatKey(objectKey);
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    this.#byUid.delete(object.metadata.uid);
    for (const [index, valuesOf] of this.#functions) {
      for (const value of valuesOf(object)) {
        const bucket = this.#bucket(index, value);
        bucket.delete(key);
        if (bucket.size === 0) this.#indexes.get(index)?.delete(value);
      }
    }
  }

  #bucket(index: Index, value: string): Map<string, T> {
    const buckets = this.#indexes.get(index) as Map<string, Map<string, T>>;
    const bucket = buckets.get(value) ?? new Map<string, T>();
    buckets.set(value, bucket);
    return bucket;
  }
}
