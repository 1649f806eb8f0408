import type { PipelineNode } from "../../api/pipeline.ts";
import type { Action } from "../action.ts";
import type { Facts } from "../facts.ts";
import type { NodeKind, NodeKinds, Order } from "./node-kind.ts";

/** A node of a kind of its own, with what is seen of it. */
export interface OwnNode {
  readonly kind: string;
  readonly entry: NodeKind<unknown>;
  readonly seen: unknown;
}

/** The kind of a node; undefined for one whose work is a Job. */
export function kindOf(node: PipelineNode, kinds: NodeKinds): string | undefined {
  return Object.keys(kinds).find((kind) => kinds[kind]?.takes(node) === true);
}

export function ownNodeOf(name: string, node: PipelineNode, facts: Facts, kinds: NodeKinds): OwnNode | undefined {
  const kind = kindOf(node, kinds);
  const entry = kinds[kind ?? ""];
  return kind === undefined || entry === undefined
    ? undefined
    : { kind, entry, seen: facts.seen?.get(kind)?.get(name) };
}

/** All that is seen of a run's nodes of kinds of their own: what they are does not depend on the copy of the spec. */
export function seenNodes(
  { seen = new Map() }: Pick<Facts, "seen">,
  kinds: NodeKinds,
): readonly (OwnNode & { readonly name: string })[] {
  return [...seen].flatMap(([kind, nodes]) => {
    const entry = kinds[kind];
    if (entry === undefined) return [];
    return [...nodes].map(([name, one]) => ({ name, kind, entry, seen: one as unknown }));
  });
}

/** The names of the nodes that have begun, by what is seen of them. */
export function begunNodes(facts: Pick<Facts, "seen">, kinds: NodeKinds): ReadonlySet<string> {
  return new Set(seenNodes(facts, kinds).flatMap(({ name, entry, seen }) => (entry.hasBegun(seen) ? [name] : [])));
}

/** The names of those of which something works. */
export function livingNodes(facts: Pick<Facts, "seen">, kinds: NodeKinds): ReadonlySet<string> {
  return new Set(seenNodes(facts, kinds).flatMap(({ name, entry, seen }) => (entry.isLive(seen) ? [name] : [])));
}

/** The orders that end all that works of nodes of kinds of their own, but for those that go on in a run that was stopped. */
export function stopAll(
  facts: Pick<Facts, "seen">,
  kinds: NodeKinds,
  why: string,
  goesOn: ReadonlySet<string> = new Set(),
): readonly Action[] {
  return seenNodes(facts, kinds).flatMap(({ name, ...own }) => (goesOn.has(name) ? [] : stopOwn(name, own, why)));
}

/** The orders that end what works of one node. */
export function stopOwn(name: string, { kind, entry, seen }: OwnNode, why: string): readonly Action[] {
  if (seen === undefined || !entry.isLive(seen)) return [];
  return entry.stop(seen, why).map((order) => orderAction(kind, name, order));
}

/** An order as an action of the run's decision. */
export function orderAction(kind: string, node: string, { order, says }: Order): Action {
  return { do: "order", kind, node, order, says };
}
