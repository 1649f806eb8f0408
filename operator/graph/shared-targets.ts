import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { othersThanFinally } from "./before.ts";
import { sortSpec } from "./graph.ts";
import { tablesOfLoad } from "./load-tables.ts";
import type { Problem } from "./problem.ts";

/*
 * Two nodes that write to one place, of which one takes away what the other has written.
 *
 * | of the two nodes                                             | what is true                                   | problem |
 * |--------------------------------------------------------------|------------------------------------------------|---------|
 * | both replace                                                 | neither waits for the other                    | yes     |
 * | one replaces, the other adds                                 | neither waits for the other                    | yes     |
 * | both replace, one after the other                            | no other node waits for the first before       | yes     |
 * | both replace, one after the other                            | another node may use what the first has written| no      |
 * | one replaces, and the other adds after or before it          |                                                | no      |
 *
 * Tables that patterns stand for, and models, are not known here.
 */

/** Writes of one node to one place. */
interface Write {
  readonly node: string;
  readonly replaces: boolean;
  readonly path: Problem["path"];
}

export function findSharedTargetProblems(spec: PipelineSpec): Problem[] {
  const shared = [...writesByPlace(spec)].filter(([, { writes }]) => writes.length > 1);
  if (shared.length === 0) return [];
  const before = ancestorsOf(spec);
  // A circle of needs is a problem of its own.
  if (before === undefined) return [];
  return shared.flatMap(([, { what, writes }]) => conflictsOf(what, writes, before));
}

interface Place {
  /** As messages name it. */
  readonly what: string;
  readonly writes: Write[];
}

function writesByPlace({ nodes, connections = {} }: PipelineSpec): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const [node, { load, extract }] of Object.entries(nodes)) {
    const add = (connection: string, place: string, what: string, write: Omit<Write, "node">) => {
      // Two entries of the same words are one system.
      const key = JSON.stringify([connections[connection] ?? connection, place]);
      const known = places.get(key) ?? { what: `${what} of connection ${connection}`, writes: [] };
      known.writes.push({ node, ...write });
      places.set(key, known);
    };
    for (const table of load === undefined ? [] : (tablesOfLoad(load, nodes)?.names ?? [])) {
      const { connection, schema } = (load as NonNullable<PipelineNode["load"]>).to;
      const replaces = load?.mode === "replace" || load?.mode === "truncate";
      const path = ["spec", "nodes", node, "load", "to"];
      add(connection, JSON.stringify([schema, table]), `table ${schema}.${table}`, { replaces, path });
    }
    const { connection, prefix, key } = extract?.to ?? {};
    const field = prefix === undefined ? "key" : "prefix";
    const place = prefix ?? key;
    if (connection === undefined || place === undefined) continue;
    add(connection, place, place, { replaces: true, path: ["spec", "nodes", node, "extract", "to", field] });
  }
  return places;
}

/** Node → all nodes that it waits for. */
type Ancestors = ReadonlyMap<string, ReadonlySet<string>>;

function ancestorsOf({ nodes }: PipelineSpec): Ancestors | undefined {
  const graph = sortSpec(nodes);
  if ("path" in graph) return undefined;
  const ancestors = new Map<string, Set<string>>();
  for (const name of graph.order) {
    const own = new Set(nodes[name]?.finally === true ? othersThanFinally(nodes) : []);
    for (const need of graph.needs.get(name) ?? []) {
      own.add(need);
      for (const far of ancestors.get(need) ?? []) own.add(far);
    }
    ancestors.set(name, own);
  }
  return ancestors;
}

/** One problem for each node that stands in another one's way. */
function conflictsOf(what: string, writes: readonly Write[], before: Ancestors): Problem[] {
  return writes.flatMap((write, index): Problem[] => {
    for (const other of writes.slice(0, index)) {
      const message = conflict(what, [other, write], before);
      if (message !== undefined) return [{ reason: "InvalidSpec", path: write.path, message }];
    }
    return [];
  });
}

function conflict(what: string, [one, other]: readonly [Write, Write], before: Ancestors): string | undefined {
  if (one.node === other.node || !(one.replaces || other.replaces)) return undefined;
  const waits = (a: Write, b: Write) => before.get(a.node)?.has(b.node) === true;
  const [first, last] = waits(one, other) ? [other, one] : [one, other];
  if (!waits(last, first)) {
    const kept =
      one.replaces && other.replaces ? `${one.node} and ${other.node} both replace ${what}` : mixed(what, one, other);
    return `${kept}, and neither waits for the other, so that chance decides what is there in the end; write to another place, or name the one in the other's needs`;
  }
  if (!(first.replaces && last.replaces) || isUsedBefore(first, last, before)) return undefined;
  return `${last.node} replaces ${what} right after ${first.node} has replaced it, before any other node can use that; write to another place, append, or leave one of them out`;
}

function mixed(what: string, one: Write, other: Write): string {
  const [replacing, adding] = one.replaces ? [one, other] : [other, one];
  return `${adding.node} adds rows to ${what}, which ${replacing.node} replaces`;
}

/** Whether a node that waits for the first need not wait for the last one: it may use what is there between them. */
function isUsedBefore(first: Write, last: Write, before: Ancestors): boolean {
  return [...before].some(([name, needed]) => name !== last.node && needed.has(first.node) && !needed.has(last.node));
}
