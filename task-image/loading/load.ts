import type { TableName } from "../sql/identifier.ts";
import type { LoadedTable, LoadRecord } from "./load-record.ts";

/** A table whose rows are at the warehouse, where nobody else sees them yet. */
export interface StagedTarget {
  readonly target: TableName;
}

/**
 * One load into one warehouse: how it does each of the steps that `steps.ts` has in their order. Every error is a TaskFailure. Disposing
 * of it closes its connections; what was not committed is gone, or the next attempt overwrites it.
 */
export interface Load<T extends StagedTarget> extends AsyncDisposable {
  /** Whether rows are staged in the transaction that publishes them, or before it begins. */
  readonly staging: "inside" | "before";
  /** Makes the schema and kelt's own tables where they are missing, and finds the record of a load that has been committed before. */
  findDone(): Promise<LoadRecord | undefined>;
  /**
   * Begins the transaction that publishes, and keeps every other writer of the targets waiting until it ends. Answers the record where
   * another pod of this load was faster. `staged` are the tables that have been staged, none where that comes later.
   */
  begin(staged: readonly T[]): Promise<LoadRecord | undefined>;
  /** Brings the rows of every table to the warehouse. A table without anything new is left out. */
  stage(): Promise<readonly T[]>;
  /** Makes staged rows the target's, and remembers which files and rejects they came with. Counts are verified. */
  write(table: T): Promise<LoadedTable>;
  /** Writes the record of the load beside the rows. */
  record(tables: readonly LoadedTable[]): Promise<LoadRecord>;
  commit(): Promise<void>;
  /** Ends the transaction and leaves nothing of it. It never rejects: what cannot be undone now ends with the connection. */
  rollBack(): Promise<void>;
}
