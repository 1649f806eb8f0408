import { createHash } from "node:crypto";
import { ConfigurationError, DataError } from "../errors.ts";
import { IDENTIFIER_BYTES_MAX, quoteIdentifier, quoteTable, showTable, type TableName } from "./identifier.ts";
import {
  deleteKeysStatement,
  findKeysStatement,
  keyIndexStatement,
  mergeStatement,
  requireKey,
  writeLockStatement,
} from "./keyed-rows.ts";
import type { StagedColumn } from "./staged-column.ts";
import type { Target, TargetColumn } from "./target.ts";

export type LoadMode = "replace" | "truncate" | "append" | "merge" | "deleteInsert";

/** How a node's rows are written: the fields of its manifest. */
export interface Writing {
  readonly mode: LoadMode;
  /** The columns that rows are matched by, in the modes merge and deleteInsert. */
  readonly key?: readonly string[] | undefined;
  /** With freeze, a target's columns stay as they are: rows of another shape are refused. */
  readonly schemaChange?: "evolve" | "freeze" | undefined;
}

/** What is going to be published, as far as the plan depends on it. */
export interface Incoming {
  readonly target: TableName;
  readonly columns: readonly StagedColumn[];
}

/**
 * How staged rows become the target's rows.
 *
 * | publication | when                                                        | how                                                 |
 * |-------------|-------------------------------------------------------------|-----------------------------------------------------|
 * | created     | there is no target                                          | the staging table takes its name                    |
 * | swapped     | replace, and nothing hangs on the target that a new table   | the target is dropped, the staging table takes its  |
 * |             | would lack                                                  | name                                                |
 * | refilled    | replace, and something does: views, grants, indexes, …      | emptied and filled again, so that it stays what it is |
 * | truncated   | truncate, and there is a target                             | emptied and filled again; its columns keep their    |
 * |             |                                                             | types, none is taken away                           |
 * | appended    | append, and there is a target                               | filled                                              |
 * | merged      | merge, and there is a target                                | rows of known keys are updated, others inserted     |
 * | deleteInserted | deleteInsert, and there is a target                   | rows of the staged keys are deleted, then it is filled |
 *
 * `statements` run before the rows are inserted, `insert` inserts them where the staging table is not the target itself. `deleted`
 * then finds rows that a DELETE among the statements should not have left. A target that a keyed mode makes gets an index of the key.
 */
export interface Publication {
  readonly kind: "created" | "swapped" | "refilled" | "truncated" | "appended" | "merged" | "deleteInserted";
  readonly statements: readonly string[];
  readonly deleted?: string;
  readonly insert?: string;
}

/** The staging table of a target. The name is the same in every attempt; the target's lock keeps two of them apart. */
export function stagingTable({ schema, table }: TableName): TableName {
  const digest = createHash("sha256").update(table).digest("hex").slice(0, 16);
  return { schema, table: `_kelt_staging_${digest}` };
}

/** Makes the staging table, with the shape of the source and nothing that would slow the COPY down. */
export function createStagingStatement(target: TableName, columns: readonly StagedColumn[]): string {
  return createTableStatement(stagingTable(target), target, columns);
}

/** Makes a table that is going to be the staging table of a target. */
export function createTableStatement(table: TableName, target: TableName, columns: readonly StagedColumn[]): string {
  const lines = columns.map((column) => {
    const constraint = column.notNull ? notNullConstraint(target, column.name) : "";
    return `${quoteIdentifier(column.name)} ${column.type}${constraint}`;
  });
  return `CREATE TABLE ${quoteTable(table)} (${lines.join(", ")})`;
}

/** Postgres 18 keeps names of NOT NULL constraints: the name that the target would have given, not the staging table's. */
function notNullConstraint({ table }: TableName, column: string): string {
  const name = `${table}_${column}_not_null`;
  const fits = Buffer.byteLength(name) <= IDENTIFIER_BYTES_MAX;
  return fits ? ` CONSTRAINT ${quoteIdentifier(name)} NOT NULL` : " NOT NULL";
}

/** Decides how to publish. Throws a ConfigurationError where no way keeps what hangs on the target. */
export function planPublication(writing: Writing, incoming: Incoming, target: Target | undefined): Publication {
  const { mode } = writing;
  const { target: relation, columns } = incoming;
  const rename = renameStatement(relation);
  if (target !== undefined) refuseOtherRelations(target);
  if (target !== undefined && writing.schemaChange === "freeze") refuseOtherShape(target, columns);
  if (isKeyed(writing)) return planKeyed(writing, incoming, target);
  if (target === undefined) return { kind: "created", statements: [rename] };
  const fill = fillTarget(target, columns);
  if (mode === "append") return { kind: "appended", statements: addColumns(target, columns), insert: fill };
  if (mode === "replace" && target.kind === "r" && target.attachments.length === 0 && target.ownedByUser) {
    return { kind: "swapped", statements: [`DROP TABLE ${quoteTable(relation)}`, rename] };
  }
  refuseReferences(target);
  const kind = mode === "truncate" ? "truncated" : "refilled";
  const shape = mode === "truncate" ? addColumns(target, columns) : reshapeTarget(target, columns);
  return { kind, ...emptyTarget(target, shape), insert: fill };
}

/** Columns that fill themselves are the user's own, and no row brings them. */
function refuseOtherShape({ relation, columns: existing }: Target, columns: readonly StagedColumn[]): void {
  const staged = new Map(columns.map(({ name, type }) => [name, type]));
  const known = new Set(existing.map(({ name }) => name));
  const changes = existing.flatMap(({ name, type, fillsItself, isGenerated }) => {
    const found = staged.get(name);
    if (found === undefined) return fillsItself || isGenerated ? [] : [`column ${name} is missing`];
    return found === type || isGenerated ? [] : [`column ${name} is ${found} instead of ${type}`];
  });
  const added = columns
    .filter(({ name }) => !known.has(name))
    .map(({ name, type }) => `column ${name} (${type}) is new`);
  if (changes.length + added.length === 0) return;
  throw new DataError(
    "SchemaChanged",
    `${showTable(relation)} keeps its columns (load.schemaChange: freeze), but what is loaded has others: ${[...changes, ...added].join("; ")}. Nothing has been published. Change the source or the table, or set load.schemaChange to evolve`,
  );
}

/** Whether rows are matched by a key. */
export function isKeyed({ mode }: Writing): boolean {
  return mode === "merge" || mode === "deleteInsert";
}

function planKeyed({ mode, key = [] }: Writing, incoming: Incoming, target: Target | undefined): Publication {
  const { target: relation, columns } = incoming;
  requireKey(relation, key, columns);
  if (target === undefined) {
    const index = keyIndexStatement(relation, key, mode === "merge");
    return { kind: "created", statements: [renameStatement(relation), index] };
  }
  refuseHiddenRows(target);
  const statements = [writeLockStatement(relation), ...addColumns(target, columns)];
  const rows = { staging: stagingTable(relation), target: relation, key, columns: writtenColumns(target, columns) };
  if (mode === "merge") return { kind: "merged", statements, insert: mergeStatement(rows) };
  return {
    kind: "deleteInserted",
    statements: [...statements, deleteKeysStatement(rows)],
    deleted: findKeysStatement(rows),
    insert: fillTarget(target, columns),
  };
}

function renameStatement(target: TableName): string {
  return `ALTER TABLE ${quoteTable(stagingTable(target))} RENAME TO ${quoteIdentifier(target.table)}`;
}

function refuseOtherRelations({ kind, relation }: Target): void {
  if (kind === "r" || kind === "p") return;
  const what = { v: "a view", m: "a materialized view", f: "a foreign table", S: "a sequence", i: "an index" }[kind];
  throw new ConfigurationError(
    "NotATable",
    `target ${showTable(relation)} is ${what ?? `a relation of kind ${kind}`}, expected a table or nothing. Drop or rename it, or load into another schema`,
  );
}

/** Emptying a table that others reference would fail, or delete their rows by ON DELETE CASCADE. */
function refuseReferences({ relation, incomingForeignKeys }: Target): void {
  const fixed = incomingForeignKeys.filter(({ canWait }) => !canWait);
  if (fixed.length === 0) return;
  const names = fixed.map(({ name, table }) => `${name} of ${table}`).join(", ");
  throw new ConfigurationError(
    "ReferencedTable",
    `target ${showTable(relation)} cannot be replaced while foreign keys point to it: ${names}. Drop them, or make them DEFERRABLE with ON DELETE NO ACTION`,
  );
}

/** A row that a policy hides would stay beside the rows that replace it. */
function refuseHiddenRows({ relation, policies }: Target): void {
  if (policies === null) return;
  const what = policies.length === 0 ? "" : ` (${policies.join(", ")})`;
  throw new ConfigurationError(
    "HiddenRows",
    `target ${showTable(relation)} has row level security${what}, which may hide rows from this user that have to be replaced. Load as a role with BYPASSRLS, or as the table's owner without FORCE ROW LEVEL SECURITY, or use mode append`,
  );
}

/**
 * Empties the table and changes its shape. While references to deleted rows wait to be checked nothing of the table can be altered:
 * then it is altered first, with its rows in it.
 */
function emptyTarget(target: Target, shape: readonly string[]): Pick<Publication, "statements" | "deleted"> {
  const { relation, incomingForeignKeys, canTruncate } = target;
  const table = quoteTable(relation);
  if (canTruncate && incomingForeignKeys.length === 0) return { statements: [`TRUNCATE ${table}`, ...shape] };
  refuseHiddenRows(target);
  const empty = `DELETE FROM ${table}`;
  const deleted = `SELECT FROM ${table} LIMIT 1`;
  if (incomingForeignKeys.length === 0) return { statements: [empty, ...shape], deleted };
  return { statements: [...shape, "SET CONSTRAINTS ALL DEFERRED", empty], deleted };
}

/** Gives a table that is emptied the shape of the source. Columns that fill themselves are the user's own and stay. */
function reshapeTarget(target: Target, columns: readonly StagedColumn[]): string[] {
  const staged = new Map(columns.map((column) => [column.name, column]));
  const table = quoteTable(target.relation);
  const changes: string[] = [];
  for (const column of target.columns) {
    const wanted = staged.get(column.name);
    if (wanted === undefined && (column.fillsItself || column.isGenerated)) continue;
    if (wanted !== undefined && (wanted.type === column.type || column.isGenerated)) continue;
    refuseReadColumn(target, column, wanted);
    if (wanted !== undefined) refuseReferencedChange(target, column, wanted);
    const name = quoteIdentifier(column.name);
    changes.push(
      wanted === undefined
        ? `ALTER TABLE ${table} DROP COLUMN ${name}`
        : `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${wanted.type} USING NULL`,
    );
  }
  return [
    ...changes,
    ...addColumns(target, columns, target.incomingForeignKeys.length > 0 ? undefined : "with NOT NULL"),
  ];
}

function refuseReferencedChange(
  { relation, incomingForeignKeys }: Target,
  { name, type }: TargetColumn,
  wanted: StagedColumn,
): void {
  if (incomingForeignKeys.length === 0) return;
  const keys = incomingForeignKeys.map((key) => `${key.name} of ${key.table}`).join(", ");
  throw new ConfigurationError(
    "ReferencedTable",
    `column ${name} of target ${showTable(relation)} is ${type} here and ${wanted.type} at the source, and cannot be changed while foreign keys point to the table: ${keys}. Drop them for one load, or change the column with ALTER TABLE`,
  );
}

function refuseReadColumn({ relation }: Target, column: TargetColumn, wanted: StagedColumn | undefined): void {
  if (column.views.length === 0) return;
  const change =
    wanted === undefined ? "is gone from the source" : `is ${column.type} here and ${wanted.type} at the source`;
  throw new ConfigurationError(
    "ColumnInUse",
    `column ${column.name} of target ${showTable(relation)} ${change}, but views read it: ${column.views.join(", ")}. Drop them and run again (models are built anew by their transform), or keep the source's column as it was`,
  );
}

function addColumns(target: Target, columns: readonly StagedColumn[], nulls?: "with NOT NULL"): string[] {
  const known = new Set(target.columns.map(({ name }) => name));
  return columns
    .filter(({ name }) => !known.has(name))
    .map(({ name, type, notNull }) => {
      const constraint = notNull && nulls !== undefined ? " NOT NULL" : "";
      return `ALTER TABLE ${quoteTable(target.relation)} ADD COLUMN ${quoteIdentifier(name)} ${type}${constraint}`;
    });
}

/** Columns are matched by name. Values of identity columns are the source's, computed columns compute their own. */
function fillTarget(target: Target, columns: readonly StagedColumn[]): string {
  const list = writtenColumns(target, columns).map(quoteIdentifier).join(", ");
  const { relation } = target;
  const staging = quoteTable(stagingTable(relation));
  return `INSERT INTO ${quoteTable(relation)} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${staging}`;
}

function writtenColumns({ columns: existing }: Target, columns: readonly StagedColumn[]): readonly string[] {
  const computed = new Set(existing.filter(({ isGenerated }) => isGenerated).map(({ name }) => name));
  return columns.map(({ name }) => name).filter((name) => !computed.has(name));
}
