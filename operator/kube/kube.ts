import type { Kind, Objects } from "../kinds/kinds.ts";
import type { ApiObject } from "../kinds/objects.ts";
import type { UnreadObject } from "./unread.ts";

export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a list or a watch keeps of each object, as soon as it is parsed. What throws leaves the object unread. */
export interface Projection<T> {
  readonly project?: (object: T) => T;
}

export interface ListOptions<T = ApiObject> extends CallOptions, Projection<T> {
  /** All namespaces without it. */
  readonly namespace?: string;
  /** In the API's own words: `app=a,tier in (b,c),!d`. */
  readonly labelSelector?: string;
  /** Objects come with their metadata and nothing else. */
  readonly metadataOnly?: true;
  /** In the API's own words: `regarding.uid=x,reason=y`. */
  readonly fieldSelector?: string;
  /** Objects on a page; all of them without it. */
  readonly limit?: number;
  /** {@link Page.next} of the page before. */
  readonly continue?: string;
  /** How long the list may take; half a minute without it. */
  readonly deadlineMs?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Objects that are on this page and could not be read. */
  readonly unread?: readonly UnreadObject[];
  /** Length of the answer, where there was one. */
  readonly bytes?: number;
  /** What a watch that wants everything after this list starts from. */
  readonly resourceVersion: string;
  /** Present when there is another page. */
  readonly next?: string;
}

/** A new object. The port fills in apiVersion, kind and namespace. */
export interface NewObject {
  readonly metadata: { readonly name?: string; readonly generateName?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A JSON merge patch (RFC 7386): null removes a field, a list is replaced as a whole. */
export interface MergePatch {
  readonly [key: string]: unknown;
}

export interface PatchOptions extends CallOptions {
  readonly subresource?: "status";
  /**
   * Refuses with 409 Conflict when the object has another one, and so when it is another object of the same name. There
   * is no such condition for the uid: the server answers 422 to one, and ignores it in a patch of the status.
   */
  readonly resourceVersion?: string;
}

export interface DeleteOptions extends CallOptions {
  /** Said every time, because the server's default differs by kind and leaves a Job's pods behind. */
  readonly propagation: "Background" | "Foreground" | "Orphan";
  /** Refuses with 409 Conflict when the object of this name is another one. */
  readonly uid?: string;
  /** Refuses with 409 Conflict when the object was written since. */
  readonly resourceVersion?: string;
}

export interface WatchOptions<T = ApiObject> extends Projection<T> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly metadataOnly?: true;
  /** Events after this one. */
  readonly resourceVersion: string;
  /** After this time the server ends the stream. */
  readonly timeoutSeconds: number;
  /** Ends the stream at once and closes its connection. */
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED"; readonly object: T }
  /** Of an object that has gone nothing but its identity is certain. */
  | { readonly type: "DELETED"; readonly object: Pick<T & ApiObject, "metadata"> }
  /** The object is there, and cannot be read as it is now. */
  | { readonly type: "UNREAD"; readonly object: UnreadObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/**
 * The API server as kelt sees it. Every call rejects with an ApiError, and with nothing else unless a signal was
 * aborted. Nothing is retried that could be done twice: a create or patch without an answer is the caller's to sort out.
 */
export interface Kube {
  get<K extends Kind>(kind: K, key: ObjectKey, options?: CallOptions): Promise<Objects[K]>;
  list<K extends Kind>(kind: K, options?: ListOptions<Objects[K]>): Promise<Page<Objects[K]>>;
  create<K extends Kind>(kind: K, namespace: string, body: NewObject, options?: CallOptions): Promise<Objects[K]>;
  patch<K extends Kind>(kind: K, key: ObjectKey, patch: MergePatch, options?: PatchOptions): Promise<Objects[K]>;
  delete(kind: Kind, key: ObjectKey, options: DeleteOptions): Promise<void>;
  /**
   * Asks for bookmarks. Ends when the server ends the stream; throws an ApiError when the server says ERROR or the
   * connection breaks, and a WatchCorrupt when what came is not a watch stream.
   */
  watch<K extends Kind>(kind: K, options: WatchOptions<Objects[K]>): AsyncIterable<WatchEvent<Objects[K]>>;
}

/** The server sent something that is not a watch event. What was missed is unknown: list again. */
export class WatchCorrupt extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "WatchCorrupt";
  }
}
