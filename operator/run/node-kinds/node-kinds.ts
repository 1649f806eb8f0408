import type { NodeKind } from "./node-kind.ts";

/** Every kind of nodes that is no Job of its run. What none of them takes is done by Jobs. */
export const NODE_KINDS = {} as const satisfies Readonly<Record<string, NodeKind<unknown>>>;

/** What a decision about a node of the kind may look at. */
export type SeenOf<K extends keyof typeof NODE_KINDS> =
  (typeof NODE_KINDS)[K] extends NodeKind<infer Seen> ? Seen : never;
