import { createHash } from "node:crypto";
import { ConfigurationError } from "../errors.ts";
import { IDENTIFIER_BYTES_MAX, quoteIdentifier, quoteTable, showTable, type TableName } from "./identifier.ts";
import type { Target, TargetColumn } from "./target.ts";

/** A column as it is staged. */
export interface StagedColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

export type LoadMode = "replace" | "append";

/**
 * How staged rows become the target's rows.
 *
 * | publication | when                                                        | how                                                 |
 * |-------------|-------------------------------------------------------------|-----------------------------------------------------|
 * | created     | there is no target                                          | the staging table takes its name                    |
 * | swapped     | replace, and nothing hangs on the target that a new table   | the target is dropped, the staging table takes its  |
 * |             | would lack                                                  | name                                                |
 * | refilled    | replace, and something does: views, grants, indexes, …      | emptied and filled again, so that it stays what it is |
 * | appended    | append, and there is a target                               | filled                                              |
 *
 * `statements` run before the rows are inserted, `insert` inserts them where the staging table is not the target itself.
 */
export interface Publication {
  readonly kind: "created" | "swapped" | "refilled" | "appended";
  readonly statements: readonly string[];
  readonly insert?: string;
}

/** The staging table of a target. The name is the same in every attempt; the target's lock keeps two of them apart. */
export function stagingTable({ schema, table }: TableName): TableName {
  const digest = createHash("sha256").update(table).digest("hex").slice(0, 16);
  return { schema, table: `_kelt_staging_${digest}` };
}

/** Makes the staging table, with the shape of the source and nothing that would slow the COPY down. */
export function createStagingStatement(target: TableName, columns: readonly StagedColumn[]): string {
  const lines = columns.map((column) => {
    const constraint = column.notNull ? notNullConstraint(target, column.name) : "";
    return `${quoteIdentifier(column.name)} ${column.type}${constraint}`;
  });
  return `CREATE TABLE ${quoteTable(stagingTable(target))} (${lines.join(", ")})`;
}

/** Postgres 18 keeps names of NOT NULL constraints: the name that the target would have given, not the staging table's. */
function notNullConstraint({ table }: TableName, column: string): string {
  const name = `${table}_${column}_not_null`;
  const fits = Buffer.byteLength(name) <= IDENTIFIER_BYTES_MAX;
  return fits ? ` CONSTRAINT ${quoteIdentifier(name)} NOT NULL` : " NOT NULL";
}

/** Decides how to publish. Throws a ConfigurationError where no way keeps what hangs on the target. */
export function planPublication(
  mode: LoadMode,
  relation: TableName,
  target: Target | undefined,
  columns: readonly StagedColumn[],
): Publication {
  const staging = quoteTable(stagingTable(relation));
  const rename = `ALTER TABLE ${staging} RENAME TO ${quoteIdentifier(relation.table)}`;
  if (target === undefined) return { kind: "created", statements: [rename] };
  refuseOtherRelations(target);
  const fill = fillTarget(target, columns);
  if (mode === "append") return { kind: "appended", statements: addColumns(target, columns), insert: fill };
  if (target.kind === "r" && target.attachments.length === 0 && target.ownedByUser) {
    return { kind: "swapped", statements: [`DROP TABLE ${quoteTable(relation)}`, rename] };
  }
  refuseReferences(target);
  const statements = [...emptyTarget(target), ...reshapeTarget(target, columns)];
  return { kind: "refilled", statements, insert: fill };
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

function emptyTarget({ relation, incomingForeignKeys, canTruncate }: Target): string[] {
  if (incomingForeignKeys.length > 0) return ["SET CONSTRAINTS ALL DEFERRED", `DELETE FROM ${quoteTable(relation)}`];
  return [canTruncate ? `TRUNCATE ${quoteTable(relation)}` : `DELETE FROM ${quoteTable(relation)}`];
}

/** Gives an emptied table the shape of the source. Columns that fill themselves are the user's own and stay. */
function reshapeTarget(target: Target, columns: readonly StagedColumn[]): string[] {
  const staged = new Map(columns.map((column) => [column.name, column]));
  const table = quoteTable(target.relation);
  const changes: string[] = [];
  for (const column of target.columns) {
    const wanted = staged.get(column.name);
    if (wanted === undefined && (column.fillsItself || column.isGenerated)) continue;
    if (wanted !== undefined && (wanted.type === column.type || column.isGenerated)) continue;
    refuseReadColumn(target, column, wanted);
    const name = quoteIdentifier(column.name);
    changes.push(
      wanted === undefined
        ? `ALTER TABLE ${table} DROP COLUMN ${name}`
        : `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${wanted.type} USING NULL`,
    );
  }
  return [...changes, ...addColumns(target, columns, "with NOT NULL")];
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
function fillTarget({ relation, columns: existing }: Target, columns: readonly StagedColumn[]): string {
  const computed = new Set(existing.filter(({ isGenerated }) => isGenerated).map(({ name }) => name));
  const list = columns
    .filter(({ name }) => !computed.has(name))
    .map(({ name }) => quoteIdentifier(name))
    .join(", ");
  const staging = quoteTable(stagingTable(relation));
  return `INSERT INTO ${quoteTable(relation)} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${staging}`;
}
