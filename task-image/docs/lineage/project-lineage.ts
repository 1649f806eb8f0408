import { loadModule, parseSync } from "libpg-query";
import type { KnownTable, TablePath } from "./from-clause.ts";
import type { Origin } from "./origin.ts";
import { queryLineage } from "./query.ts";

/** A node as lineage sees it. */
export interface LineageNode {
  readonly id: string;
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  /** Names of its columns in the database; undefined where there is no such relation. */
  readonly columns: readonly string[] | undefined;
  /** The query that makes it, with nothing left to render; null where there is none. */
  readonly sql: string | null;
  /** It is a part of the queries that read it. */
  readonly isEphemeral: boolean;
}

/** By columns, what each comes from. */
export type ColumnLineage = ReadonlyMap<string, readonly Origin[]>;

/** dbt's name for the query of an ephemeral model in front of others. */
const EPHEMERAL_PREFIX = "__dbt__cte__";

/**
 * Where the columns of each node come from, as the parser of Postgres reads their queries. A node is missing whose query it cannot read,
 * and a column of which anything is in doubt.
 */
export async function projectLineage(nodes: readonly LineageNode[]): Promise<ReadonlyMap<string, ColumnLineage>> {
  await loadModule();
  const tables = tablesOf(nodes);
  return new Map(
    nodes.flatMap(({ id, sql, columns }) => {
      const found = sql === null ? undefined : lineageOf(sql, tables);
      if (found === undefined) return [];
      const present = columns === undefined ? found : new Map([...found].filter(([name]) => columns.includes(name)));
      return [[id, present] as const];
    }),
  );
}

function tablesOf(nodes: readonly LineageNode[]) {
  const keyOf = (...path: readonly string[]) => JSON.stringify(path);
  const stored = nodes.filter(({ isEphemeral }) => !isEphemeral);
  const byPath = new Map<string, KnownTable>();
  for (const { id, database, schema, name, columns } of stored) {
    const table = { node: id, columns };
    byPath.set(keyOf(database, schema, name), table);
    byPath.set(keyOf(schema, name), table);
  }
  const ephemerals = new Map(
    nodes.flatMap(({ id, name, isEphemeral }) => (isEphemeral ? [[EPHEMERAL_PREFIX + name, id] as const] : [])),
  );
  return {
    find: ({ database, schema, name }: TablePath) => {
      // Without a schema the session's search path decides, which nobody here knows.
      if (schema === undefined) return undefined;
      return byPath.get(database === undefined ? keyOf(schema, name) : keyOf(database, schema, name));
    },
    ephemeral: (cte: string) => ephemerals.get(cte),
  };
}

function lineageOf(sql: string, tables: ReturnType<typeof tablesOf>): ColumnLineage | undefined {
  try {
    return queryLineage(parseSync(sql), tables);
  } catch {
    // What the parser refuses, or is nested too deep for it, stays unknown.
    return undefined;
  }
}
