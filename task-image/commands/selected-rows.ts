import type { TableName } from "../postgres/identifier.ts";
import { findRangeColumn, type RowRange, withinRange } from "../postgres/row-range.ts";
import type { Session } from "../postgres/session.ts";
import type { SourceRows } from "../sources/postgres-rows.ts";

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
