import type { TaskSpec } from "#api/task.ts";
import type { FileFormat } from "../formats/file-format.ts";
import type { TableName } from "../postgres/identifier.ts";
import type { LoadRecord } from "../postgres/load-record.ts";
import type { Writing } from "../postgres/publication.ts";
import type { RejectLimit } from "../postgres/reject-limit.ts";
import type { StagedColumn } from "../postgres/staged-column.ts";
import type { SourceFile } from "../sources/file-source.ts";
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

/** What is published, and how. */
export interface Publishing {
  /** As the catalog holds it. */
  readonly schema: string;
  readonly writing: Writing;
  /** Whether objects that another load has loaded since they were looked for must not be loaded again. */
  readonly onlyNew: boolean;
  /** Names the load that is recorded. */
  readonly spec: TaskSpec;
}

/**
 * A warehouse that reads the objects of a bucket itself. No row goes through the task: it says which objects, and the warehouse
 * copies them into a staging table, finds types and bad rows, and publishes. Every error is a TaskFailure. Disposing of it closes the
 * connection; what was not published is gone, or is overwritten by the next attempt.
 */
export interface ObjectWarehouse extends AsyncDisposable {
  /** A table's name as the catalog holds it, folded where the warehouse folds. Throws a ConfigurationError for one that it cannot hold. */
  tableName(name: TableName): TableName;
  /** Makes the schema and kelt's own tables where they are missing. */
  prepare(schema: string): Promise<void>;
  /** The record of a load that has been committed. */
  findLoad(schema: string, loadId: string): Promise<LoadRecord | undefined>;
  /** The objects that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
  withoutLoaded(target: TableName, objects: readonly SourceFile[]): Promise<readonly SourceFile[]>;
  /**
   * Copies the objects into a staging table that only this session sees or uses, and gives its columns their types. Rejected rows
   * are kept until they are published. Throws a DataError when there are more than may be.
   */
  stage(table: ObjectsToStage): Promise<StagedObjects>;
  /**
   * Commits the rows of all tables, their objects, rejects and the record of the load, or nothing. Counts are verified before. Two pods
   * of one load are kept apart here: the record of the one that was faster is answered.
   */
  publish(load: Publishing, tables: readonly StagedObjects[]): Promise<LoadRecord>;
}
