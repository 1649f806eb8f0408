import type { PageNode } from "../page-data.ts";

/** A column of a node, by the node's place. */
export interface ColumnPlace {
  readonly node: number;
  readonly column: string;
}

export interface Trace {
  /** By nodes, the columns that the value passes. */
  readonly columns: ReadonlyMap<number, readonly string[]>;
}

const keyOf = ({ node, column }: ColumnPlace) => `${node} ${column}`;

/** By columns, those that are made of them: the origins the other way round. */
export type Feeds = ReadonlyMap<string, readonly ColumnPlace[]>;

export function feedsOf(nodes: readonly PageNode[]): Feeds {
  const feeds = new Map<string, ColumnPlace[]>();
  for (const [node, { columns }] of nodes.entries()) {
    for (const { name, origins } of columns) {
      for (const origin of origins ?? []) {
        const key = keyOf(origin);
        feeds.set(key, [...(feeds.get(key) ?? []), { node, column: name }]);
      }
    }
  }
  return feeds;
}

export function fedBy(feeds: Feeds, column: ColumnPlace): readonly ColumnPlace[] {
  return feeds.get(keyOf(column)) ?? [];
}

/** Everything that a column is made of, and everything that is made of it. */
export function traceOf(nodes: readonly PageNode[], feeds: Feeds, from: ColumnPlace): Trace {
  const originsOf = ({ node, column }: ColumnPlace) =>
    nodes[node]?.columns.find(({ name }) => name === column)?.origins ?? [];
  const found = new Map([[keyOf(from), from]]);
  for (const next of [originsOf, (column: ColumnPlace) => fedBy(feeds, column)]) {
    const waiting: ColumnPlace[] = [from];
    const seen = new Set([keyOf(from)]);
    for (let column = waiting.pop(); column !== undefined; column = waiting.pop()) {
      for (const each of next(column)) {
        if (seen.has(keyOf(each))) continue;
        seen.add(keyOf(each));
        found.set(keyOf(each), each);
        waiting.push(each);
      }
    }
  }
  const byNode = Map.groupBy(found.values(), ({ node }) => node);
  return { columns: new Map([...byNode].map(([node, all]) => [node, all.map(({ column }) => column)] as const)) };
}
