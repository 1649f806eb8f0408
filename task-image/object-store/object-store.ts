import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ConfigurationError } from "../errors.ts";

/** An object as a listing shows it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Without quotation marks. It changes when the object is replaced. */
  readonly etag: string;
}

/** One bucket of a store that speaks S3. Every error is a TaskFailure. Disposing of it closes its sockets. */
export interface ObjectStore extends AsyncDisposable {
  readonly connection: string;
  readonly bucket: string;
  /** `s3://bucket/key`, as `_kelt_files` and messages name an object. */
  uri(key: string): string;
  /** Asks for the bucket itself, which takes the right to list it; rejects when it is not there or not ours to use. */
  findBucket(): Promise<{ readonly region?: string }>;
  /** Every object whose key begins with the prefix, in the order of the keys' UTF-8 bytes, page by page. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** The object of exactly this key, or undefined. */
  find(key: string): Promise<StoredObject | undefined>;
  /**
   * The bytes of the object that was listed: all of them, or the stream fails. A body that breaks off goes on where it stopped;
   * an object replaced meanwhile fails as transient with the code PreconditionFailed.
   */
  read(object: StoredObject): Readable;
  /**
   * Writes an object, in parts where it is long; it is seen when it is complete. When `body` or the store fail, it is not seen and
   * no part of it stays.
   */
  write(key: string, body: Readable | Buffer, contentType: string): Promise<StoredObject>;
  /** Deletes an object; one that is not there is no error. */
  remove(key: string): Promise<void>;
  /** Creates the bucket. Answers false when it exists and is ours. */
  createBucket(): Promise<boolean>;
  /** Deletes the bucket where nothing is in it. Answers whether it is gone; one that was not there is. */
  removeEmptyBucket(): Promise<boolean>;
}

/** The text of an object, or undefined when there is none. Throws a ConfigurationError for one that is longer than `bytesMax`. */
export async function readSmallObject(store: ObjectStore, key: string, bytesMax: number): Promise<string | undefined> {
  const object = await store.find(key);
  if (object === undefined) return undefined;
  if (object.bytes <= bytesMax) return text(store.read(object));
  throw new ConfigurationError(
    "ObjectTooLong",
    `connection ${store.connection}: ${store.uri(key)} has ${object.bytes} bytes, and at most ${bytesMax} are expected. Check the key`,
  );
}
