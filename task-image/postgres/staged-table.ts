import type { TableName } from "./identifier.ts";
import type { Discarded } from "./misfits.ts";
import type { StagedColumn } from "./staged-column.ts";

/** A table of the destination that is going to get rows, in the shape of what brings them. */
export interface LandingTable {
  /** Where the rows come from, for people. */
  readonly source: string;
  readonly target: TableName;
  readonly columns: readonly StagedColumn[];
}

/** A table whose rows are at the destination, where nobody else sees them yet. */
export interface StagedTable extends LandingTable {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that could not be staged; missing when there are none. */
  readonly rejected?: number;
  /** What the schema contract left out; missing when it is nothing. */
  readonly discarded?: Discarded;
}
