import type { TaskFailure } from "../errors.ts";
import type { FileFormat } from "../formats/file-format.ts";
import type { LoadedTable } from "../loading/load-record.ts";
import type { RejectLimit } from "../loading/reject-limit.ts";
import type { StagedColumn } from "../loading/staged-column.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import type { Writing } from "../loading/writing.ts";
import type { SourceFile } from "../sources/files/file-source.ts";
import type { TableName } from "../sql/identifier.ts";
import type { ObjectGroup } from "./object-groups.ts";

/** The objects of one table, and what is known of their rows before any of them is read. */
export interface ObjectsToStage {
  /** The pattern that they were found by, for messages. */
  readonly source: string;
  /** As the warehouse's catalog holds it: see {@link ObjectWarehouse.tableName}. */
  readonly target: TableName;
  readonly format: FileFormat;
  /** Objects that one COPY can read, in the order of their names. None of them is empty. */
  readonly groups: readonly ObjectGroup[];
  /** Types that `load.columns` declares, by the name of the column as the manifest writes it. They win. */
  readonly declared: ReadonlyMap<string, string>;
  /** Whether the rows update those of the target: a key that an object lacks must not empty a column. */
  readonly isMerge: boolean;
  /** Whether a target keeps the types of its columns: they come next. */
  readonly keepsTypes: boolean;
  /** The columns of a Postgres table that was extracted, with its types: they come last. */
  readonly extracted?: readonly { readonly name: string; readonly type: string }[];
  /** How many rows may be rejected. */
  readonly rejects: RejectLimit;
}

/** A table whose rows are in the warehouse, where nobody else sees them yet. */
export interface StagedObjects {
  readonly source: string;
  readonly target: TableName;
  readonly objects: readonly SourceFile[];
  /** With types as the warehouse's catalog writes them. */
  readonly columns: readonly StagedColumn[];
  readonly rows: number;
  /** Of the objects as they are stored. */
  readonly bytes: number;
  /** Rows that could not be staged. */
  readonly rejected: number;
}

/** How the rows of a load are published. */
export interface Publishing {
  /** As the catalog holds it. */
  readonly schema: string;
  readonly writing: Writing;
  readonly loadId: string;
}

/** A table that has been written, in a transaction that is still to be committed. */
export interface WrittenObjects {
  readonly loaded: LoadedTable;
  /** Whether rows that were in the target before this load may still be there: then what they came from stays remembered. */
  readonly keepsRows: boolean;
}

/**
 * What a warehouse does itself that reads the objects of a bucket. No row goes through the task: it says which objects, and the
 * warehouse copies them into a staging table, finds types and bad rows, and publishes. Methods reject with the server's own error or a
 * TaskFailure; `failure` makes the one of the other. Disposing of it closes the connection; what was not committed is gone, or the next
 * attempt overwrites it. Everything else about a load is in `object-load.ts`.
 */
export interface ObjectWarehouse<S extends StagedObjects = StagedObjects> extends AsyncDisposable {
  /** The session as the shared statements use it. */
  readonly statements: WarehouseSession;
  /** A table's name as the catalog holds it, folded where the warehouse folds. Throws a ConfigurationError for one that it cannot hold. */
  tableName(name: TableName): TableName;
  /** Any error as the failure that it means. `doing` says what was being done. */
  failure(error: unknown, doing: string): TaskFailure;
  /** Makes the schema and kelt's own tables where they are missing. Answers the server's time, in a form that it reads again. */
  prepare(schema: string): Promise<string>;
  /** Whether there is such a target. Throws a ConfigurationError for what is no table. */
  hasTarget(target: TableName): Promise<boolean>;
  /**
   * Copies the objects into a staging table that only this session sees or uses, and gives its columns their types. Rejected rows
   * are kept until they are published. Throws a DataError when there are more than may be.
   */
  stage(table: ObjectsToStage): Promise<S>;
  /** Does what the transaction cannot do, then begins it under a lock that keeps other loads of the targets waiting. */
  begin(load: Publishing, staged: readonly S[]): Promise<void>;
  /** Makes staged rows the target's. Counts are verified. */
  write(load: Publishing, table: S): Promise<WrittenObjects>;
  /** Puts the rejected rows of a table where they are looked for. */
  recordRejects(load: Publishing, table: S): Promise<void>;
  commit(): Promise<void>;
  /** Ends the transaction, and takes away what was made beside it. It never rejects. */
  rollBack(): Promise<void>;
}
