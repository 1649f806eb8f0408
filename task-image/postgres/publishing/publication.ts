import { createHash } from "node:crypto";
import { ConfigurationError } from "../../errors.ts";
import { requireKey, requireTargetKey } from "../../loading/keys.ts";
import {
  deleteRangeStatement,
  findRangeColumn,
  type RowRange,
  requireRange,
  withinRange,
} from "../../loading/row-range.ts";
import { contractOf, type SchemaContract } from "../../loading/schema-contract.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import { notATable } from "../../loading/targets.ts";
import { isKeyed, isReplacing, type Published, type Writing } from "../../loading/writing.ts";
import { IDENTIFIER_BYTES_MAX, quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import {
  changedColumns,
  deleteKeysStatement,
  findKeysStatement,
  keyIndexStatement,
  mergeStatement,
  type WrittenColumn,
  writeLockStatement,
} from "./keyed-rows.ts";
import { ownRows, type Target } from "./target.ts";
import {
  addColumns,
  columnsToFill,
  frozenTable,
  isSameShape,
  refuseAlwaysIdentity,
  refuseComputedColumns,
  refuseFrozenChange,
  refuseInsteadRules,
  reshapeTarget,
  widenColumns,
} from "./target-shape.ts";

/** What is going to be published, as far as the plan depends on it. */
export interface Incoming {
  readonly target: TableName;
  readonly columns: readonly StagedColumn[];
  /** Columns that not every row brings; in a merge the target keeps its values of them. */
  readonly sparse?: readonly string[];
  /** Column → type, of columns of the target that have to be widened to hold the rows. */
  readonly widened?: ReadonlyMap<string, string>;
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
 * | merged      | merge, and there is a target                                | rows of known keys are updated, others inserted; a  |
 * |             |                                                             | column that a row does not bring stays as it is     |
 * | deleteInserted | deleteInsert, and there is a target                   | rows of the staged keys, or in the range, are deleted, |
 * |             |                                                             | then it is filled                                   |
 * | discarded   | there is no target, and the schema contract makes none      | the staging table is dropped                        |
 *
 * `statements` run before the rows are inserted, `insert` inserts them where the staging table is not the target itself. `deleted`
 * then finds rows that a DELETE among the statements should not have left. A target that merge or deleteInsert makes gets an index
 * of what its rows are found by.
 */
export interface Publication {
  readonly kind: Published;
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

/** Decides how to publish. Throws a TaskFailure where no way keeps the schema contract and what hangs on the target. */
export function planPublication(writing: Writing, incoming: Incoming, target: Target | undefined): Publication {
  if (target === undefined) return planCreation(writing, incoming);
  refuseOtherRelations(target);
  refuseInsteadRules(target);
  refuseComputedColumns(
    target,
    incoming.columns.map(({ name }) => name),
  );
  const contract = contractOf(writing);
  refuseFrozenChange(writing, target, incoming.columns);
  const rows = { ...incoming, columns: columnsToFill(contract, target, incoming.columns) };
  const changes = [...widenColumns(target, incoming.widened), ...addColumns(target, rows.columns)];
  if (isKeyed(writing)) return planKeyed(writing, rows, target, changes);
  if (writing.range !== undefined) return planRange(writing.range, rows, target, changes);
  if (writing.mode === "append") return { kind: "appended", statements: changes, insert: fillTarget(target, rows) };
  if (writing.mode === "replace" && canSwap(contract, incoming, target)) {
    const { target: relation } = incoming;
    return { kind: "swapped", statements: [`DROP TABLE ${quoteTable(relation)}`, renameStatement(relation)] };
  }
  refuseReferences(target);
  if (writing.mode === "truncate") {
    return { kind: "truncated", ...emptyTarget(target, changes), insert: fillTarget(target, rows) };
  }
  const shape = [...widenColumns(target, incoming.widened), ...reshapeTarget(contract, target, rows.columns)];
  const reshaped = contract.types === "evolve" ? { ...rows, widened: typesOf(rows.columns) } : rows;
  return { kind: "refilled", ...emptyTarget(target, shape), insert: fillTarget(target, reshaped) };
}

function planCreation(writing: Writing, incoming: Incoming): Publication {
  const { target: relation, columns } = incoming;
  const { tables } = contractOf(writing);
  if (tables === "freeze") throw frozenTable(relation);
  const { mode, key = [], range } = writing;
  if (isKeyed(writing)) requireKey(relation, key, columns);
  if (range !== undefined) withinRange(range, rangeColumn(range, incoming));
  if (tables === "discardRow") {
    return { kind: "discarded", statements: [`DROP TABLE ${quoteTable(stagingTable(relation))}`] };
  }
  const found = range === undefined ? key : [range.column];
  const index = isReplacing(writing) ? [keyIndexStatement(relation, found, mode === "merge")] : [];
  return { kind: "created", statements: [renameStatement(relation), ...index] };
}

/** A new table takes the target's place where nothing hangs on the target, and its shape may change or is the same. */
function canSwap({ columns, types }: SchemaContract, incoming: Incoming, target: Target): boolean {
  const isPlain = target.kind === "r" && target.attachments.length === 0 && target.ownedByUser;
  return isPlain && ((columns === "evolve" && types === "evolve") || isSameShape(target, incoming.columns));
}

function planKeyed(
  { mode, key = [] }: Writing,
  incoming: Incoming,
  target: Target,
  changes: readonly string[],
): Publication {
  const { target: relation, columns, sparse } = incoming;
  requireKey(relation, key, columns);
  requireTargetKey(relation, key, target.columns);
  refuseHiddenRows(target);
  const statements = [writeLockStatement(relation), ...changes];
  const written = writtenColumns(target, incoming);
  const rows = { staging: stagingTable(relation), target: ownRows(target), key, columns: written, sparse };
  if (mode === "merge") {
    refuseAlwaysIdentity(
      target,
      changedColumns(rows).map(({ name }) => name),
    );
    return { kind: "merged", statements, insert: mergeStatement(rows) };
  }
  return {
    kind: "deleteInserted",
    statements: [...statements, deleteKeysStatement(rows)],
    deleted: findKeysStatement(rows),
    insert: fillTarget(target, incoming),
  };
}

function planRange(range: RowRange, incoming: Incoming, target: Target, changes: readonly string[]): Publication {
  const { target: relation } = incoming;
  refuseHiddenRows(target);
  const condition = withinRange(range, rangeColumn(range, incoming, target));
  return {
    kind: "deleteInserted",
    statements: [writeLockStatement(relation), ...changes, deleteRangeStatement(ownRows(target), condition)],
    deleted: `SELECT FROM ${ownRows(target)} WHERE ${condition} LIMIT 1`,
    insert: fillTarget(target, incoming),
  };
}

/**
 * The column that a range is of, with the type that the target has for it once it holds the rows. Throws a ConfigurationError where rows
 * or target have no such column.
 */
export function rangeColumn(range: RowRange, { target: relation, columns, widened }: Incoming, target?: Target) {
  const staged = findRangeColumn(`the rows for ${showTable(relation)}`, range, columns);
  if (target === undefined) return staged;
  const existing = requireRange(relation, range, target.columns);
  return { name: staged.name, type: widened?.get(staged.name) ?? existing.type };
}

function renameStatement(target: TableName): string {
  return `ALTER TABLE ${quoteTable(stagingTable(target))} RENAME TO ${quoteIdentifier(target.table)}`;
}

function refuseOtherRelations({ kind, relation }: Target): void {
  if (kind === "r" || kind === "p") return;
  const what = { v: "a view", m: "a materialized view", f: "a foreign table", S: "a sequence", i: "an index" }[kind];
  throw notATable(relation, what ?? `a relation of kind ${kind}`);
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
  const { incomingForeignKeys, canTruncate } = target;
  const table = ownRows(target);
  if (canTruncate && incomingForeignKeys.length === 0) return { statements: [`TRUNCATE ${table}`, ...shape] };
  refuseHiddenRows(target);
  const empty = `DELETE FROM ${table}`;
  const deleted = `SELECT FROM ${table} LIMIT 1`;
  if (incomingForeignKeys.length === 0) return { statements: [empty, ...shape], deleted };
  return { statements: [...shape, "SET CONSTRAINTS ALL DEFERRED", empty], deleted };
}

/** Columns are matched by name. Values of identity columns are the source's, as with COPY. */
function fillTarget(target: Target, incoming: Incoming): string {
  const columns = writtenColumns(target, incoming);
  // Rows without columns are rows too, and an empty list has no parentheses.
  const list = columns.length === 0 ? "" : ` (${columns.map(({ name }) => quoteIdentifier(name)).join(", ")})`;
  const values = columns.map(({ name, cast }) => `${quoteIdentifier(name)}${cast}`).join(", ");
  const { relation } = target;
  const staging = quoteTable(stagingTable(relation));
  return `INSERT INTO ${quoteTable(relation)}${list} OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${staging}`;
}

function typesOf(columns: readonly StagedColumn[]): ReadonlyMap<string, string> {
  return new Map(columns.map(({ name, type }) => [name, type]));
}

/**
 * The staged columns with the cast to the target's types. Values have been found to be the same there; only lengths of
 * texts are left to the server, which refuses aloud what an explicit cast would cut.
 */
function writtenColumns(target: Target, { columns, widened }: Incoming): readonly WrittenColumn[] {
  const existing = new Map(target.columns.map((column) => [column.name, column]));
  return columns.map(({ name, type }) => {
    const to = widened?.get(name) ?? existing.get(name)?.type ?? type;
    return { name, cast: to === type || /^character/.test(to) ? "" : `::${to}` };
  });
}
