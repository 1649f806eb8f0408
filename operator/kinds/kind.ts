import type { Resource } from "./resource.ts";

export const VERBS = ["get", "list", "watch", "create", "patch", "delete"] as const;
export type Verb = (typeof VERBS)[number];

/** What the operator does with a kind, and with it the right to do so. */
export interface Right {
  /** `status`; without it the object itself. */
  readonly subresource?: string;
  readonly verbs: readonly Verb[];
}

/** How the operator watches a kind and what it finds in its store without a search. */
export interface Watch<T, I extends string = string> {
  /** What the controllers call its cache. */
  readonly store: string;
  /** Without it every object of the kind. */
  readonly labelSelector?: string;
  /** The API server is asked for metadata alone. */
  readonly metadataOnly?: true;
  /** Keys under which the store finds an object, by the name of the index. */
  readonly indexes: Readonly<Record<I, (object: T) => readonly string[]>>;
}

/** All that the operator has to know of a kind. `kinds.ts` lists them; a new one is a file beside it and a line there. */
export interface KindEntry<T> {
  readonly resource: Resource;
  /** Each with its reason. Code that uses another verb is refused, and the chart's roles are generated from it. */
  readonly rights: readonly Right[];
  /** Of the operator's own namespace alone. */
  readonly ownNamespace?: true;
  readonly project: (object: T) => T;
  /** No decision waits for it: its calls have a pace of their own and hold nothing else up. */
  readonly isDetail?: true;
  readonly watch?: Watch<T>;
  /** Its objects are decided about, by what its own cache shows and those of these kinds. */
  readonly decidedBy?: readonly string[];
}
