import type { Discarded, WaitingRows } from "../../loading/load-record.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import type { TableName } from "../../sql/identifier.ts";

/** A table of the destination that is going to get rows, in the shape of what brings them. */
export interface LandingTable {
  /** Where the rows come from, for people. */
  readonly source: string;
  readonly target: TableName;
  readonly columns: readonly StagedColumn[];
  /** Columns that not every row brings: the staging table says in {@link ABSENT_COLUMN} which of them a row lacks. */
  readonly sparse?: readonly string[];
}

/** Names of the columns that a staged row does not bring, as an array; only where there are some. */
export const ABSENT_COLUMN = "_kelt_absent";

/** A table whose rows are at the destination, where nobody else sees them yet. */
export interface StagedTable extends LandingTable {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that could not be staged; missing when there are none. */
  readonly rejected?: number;
  /** Rows whose key came again later, which were left out; missing when there are none. */
  readonly duplicates?: number;
  /** Rows that a cursor leaves for a later load; missing without a cursor. */
  readonly waiting?: WaitingRows | undefined;
  /** What the schema contract left out; missing when it is nothing. */
  readonly discarded?: Discarded;
}
