import { findRangeColumn, type RowRange, withinRange } from "../../loading/row-range.ts";
import { databaseFailure } from "../../postgres/failure.ts";
import type { Session } from "../../postgres/session.ts";
import { showTable, type TableName } from "../../sql/identifier.ts";
import { beginQuerySnapshot } from "./postgres-query.ts";
import type { SourceRows } from "./postgres-rows.ts";
import { beginTableSnapshot } from "./postgres-table.ts";

/** Rows of a Postgres source, and where they go. */
export interface SelectedRows {
  /** What they are called at the source, for people. */
  readonly name: string;
  readonly rows: SourceRows;
  readonly target: TableName;
  /** The table that they are all of. */
  readonly table?: TableName;
}

/** Takes a snapshot and says what is to be read from it. */
export type Selection = (source: Session) => Promise<readonly SelectedRows[]>;

/**
 * Narrows what was selected to the range that it is going to replace. Throws a ConfigurationError for rows that have no such column, or
 * none that a range can be of.
 */
export function narrowToRange(selected: readonly SelectedRows[], range: RowRange | undefined): readonly SelectedRows[] {
  if (range === undefined) return selected;
  return selected.map((each) => {
    const column = findRangeColumn(`rows of ${each.name}`, range, each.rows.columns);
    return { ...each, rows: { ...each.rows, condition: withinRange(range, column) } };
  });
}

/** Begins a snapshot and describes the tables in it. */
export async function selectTables(
  source: Session,
  tables: readonly TableName[],
  schema: string,
): Promise<readonly SelectedRows[]> {
  const described = await beginTableSnapshot(source, tables).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${source.settings.connection}`);
  });
  return described.map((table) => ({
    name: showTable(table),
    rows: table,
    target: { schema, table: table.table },
    table,
  }));
}

/** Begins a snapshot and describes the rows of a query in it. */
export async function selectQuery(source: Session, query: string, target: TableName): Promise<readonly SelectedRows[]> {
  const { connection } = source.settings;
  const rows = await beginQuerySnapshot(source, query).catch((error: unknown) => {
    throw databaseFailure(error, `reading the query of connection ${connection}`);
  });
  return [{ name: `query of ${connection}`, rows, target }];
}
