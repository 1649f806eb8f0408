import type { PipelineSpec } from "../api/pipeline.ts";
import { needsOf } from "./references.ts";

/** The nodes of a pipeline in an order in which each comes after all that it needs. */
export interface Graph {
  readonly order: readonly string[];
  /** Node → the nodes it needs, without duplicates. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

/** Nodes that need each other in a circle: the path starts and ends with the same node. */
export interface Cycle {
  readonly path: readonly string[];
}

/**
 * Sorts nodes by their needs (Kahn's algorithm; independent nodes by name, so that the order never varies) or finds a cycle.
 * Needs that name no node are ignored: `references.ts` reports them.
 */
export function sortNodes(needs: ReadonlyMap<string, readonly string[]>): Graph | Cycle {
  const known = new Map<string, readonly string[]>();
  for (const [name, list] of [...needs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    known.set(
      name,
      [...new Set(list)].filter((need) => needs.has(need)),
    );
  }
  const dependents = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [name, list] of known) {
    missing.set(name, list.length);
    for (const need of list) dependents.set(need, [...(dependents.get(need) ?? []), name]);
  }
  const order = [...known.keys()].filter((name) => missing.get(name) === 0);
  for (let next = 0; next < order.length; next++) {
    for (const dependent of dependents.get(order[next] as string) ?? []) {
      const left = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  return order.length === known.size ? { order, needs: known } : { path: findCycle(known, missing) };
}

/** The same for the nodes of a spec: those that run after all others come last. */
export function sortSpec(nodes: PipelineSpec["nodes"]): Graph | Cycle {
  const entries = Object.entries(nodes).map(([name, node]) => [name, needsOf(node)] as const);
  const graph = sortNodes(new Map(entries));
  if ("path" in graph) return graph;
  const isLast = (name: string) => nodes[name]?.finally === true;
  return { ...graph, order: [...graph.order.filter((name) => !isLast(name)), ...graph.order.filter(isLast)] };
}

/** Walks from a node that was never sorted along unsorted needs until one comes up a second time. */
function findCycle(needs: ReadonlyMap<string, readonly string[]>, missing: ReadonlyMap<string, number>): string[] {
  const unsorted = (name: string) => (missing.get(name) ?? 0) > 0;
  const path: string[] = [];
  let current = [...needs.keys()].find(unsorted) as string;
  while (!path.includes(current)) {
    path.push(current);
    current = needs.get(current)?.find(unsorted) as string;
  }
  return [...path.slice(path.indexOf(current)), current];
}
