import { ConfigurationError, DataError } from "../../errors.ts";
import { type ContractFields, contractOf, discards, type SchemaContract } from "../../loading/schema-contract.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { ownRows, type Target, type TargetColumn } from "./target.ts";

/** The columns of the rows that the target has or is going to have: under a contract that discards, only those that it has. */
export function columnsToFill(
  contract: SchemaContract,
  target: Target,
  columns: readonly StagedColumn[],
): readonly StagedColumn[] {
  if (!discards(contract.columns)) return columns;
  const known = new Set(target.columns.map(({ name }) => name));
  return columns.filter(({ name }) => known.has(name));
}

/** Whether a table of these columns could take the target's place without a visible difference. */
export function isSameShape({ columns: existing }: Target, columns: readonly StagedColumn[]): boolean {
  const staged = new Map(columns.map(({ name, type }) => [name, type]));
  return existing.length === columns.length && existing.every(({ name, type }) => staged.get(name) === type);
}

/** Throws a DataError when rows differ in what the contract freezes. Columns that fill themselves are the user's own, and no row brings them. */
export function refuseFrozenChange(fields: ContractFields, target: Target, columns: readonly StagedColumn[]): void {
  const contract = contractOf(fields);
  const staged = new Map(columns.map(({ name, type }) => [name, type]));
  const known = new Set(target.columns.map(({ name }) => name));
  const changes = target.columns.flatMap(({ name, type, fillsItself, isGenerated }) => {
    const found = staged.get(name);
    if (found === undefined) {
      const isExpected = contract.columns === "freeze" && !fillsItself && !isGenerated;
      return isExpected ? [`column ${name} is missing`] : [];
    }
    const isFrozen = contract.types === "freeze" && found !== type && !isGenerated;
    return isFrozen ? [`column ${name} is ${found} instead of ${type}`] : [];
  });
  const added = columns
    .filter(({ name }) => contract.columns === "freeze" && !known.has(name))
    .map(({ name, type }) => `column ${name} (${type}) is new`);
  if (changes.length + added.length === 0) return;
  const field = fields.schemaChange === "freeze" ? "load.schemaChange" : "load.schemaContract";
  throw new DataError(
    "SchemaChanged",
    `${showTable(target.relation)} keeps its columns (${field}: freeze), but what is loaded has others: ${[...changes, ...added].join("; ")}. Nothing has been published. Change the source or the table, or set ${field} to evolve`,
  );
}

export function frozenTable(relation: TableName): DataError {
  return new DataError(
    "SchemaChanged",
    `target ${showTable(relation)} does not exist and is not made (load.schemaContract.tables: freeze). Create it, or set tables to evolve`,
  );
}

/** Gives columns the types that the rows need. */
export function widenColumns(target: Target, widened: ReadonlyMap<string, string> = new Map()): readonly string[] {
  return target.columns.flatMap((column) => {
    const to = widened.get(column.name);
    if (to === undefined) return [];
    refuseReadColumn(target, column, to);
    return [`ALTER TABLE ${quoteTable(target.relation)} ALTER COLUMN ${quoteIdentifier(column.name)} TYPE ${to}`];
  });
}

/** Gives a table that is emptied the shape of the source, as far as the contract lets it. Columns that fill themselves are the user's own and stay. */
export function reshapeTarget(
  contract: SchemaContract,
  target: Target,
  columns: readonly StagedColumn[],
): readonly string[] {
  const staged = new Map(columns.map((column) => [column.name, column]));
  const changes: string[] = [];
  for (const column of target.columns) {
    const wanted = staged.get(column.name);
    if (wanted === undefined && (column.fillsItself || column.isGenerated || contract.columns !== "evolve")) continue;
    const keepsType = wanted?.type === column.type || column.isGenerated || contract.types !== "evolve";
    if (wanted !== undefined && keepsType) continue;
    refuseReadColumn(target, column, wanted?.type);
    changes.push(wanted === undefined ? dropColumn(target, column) : changeType(target, column, wanted));
  }
  const holdsRows = target.incomingForeignKeys.length > 0 || target.heirs.length > 0;
  return [...changes, ...addColumns(target, columns, holdsRows ? undefined : "with NOT NULL")];
}

/** Tables that inherit the column keep it. */
function dropColumn(target: Target, { name }: TargetColumn): string {
  const table = target.heirs.length === 0 ? quoteTable(target.relation) : ownRows(target);
  return `ALTER TABLE ${table} DROP COLUMN ${quoteIdentifier(name)}`;
}

function changeType(target: Target, column: TargetColumn, wanted: StagedColumn): string {
  refuseReferencedChange(target, column, wanted);
  refuseInheritedChange(target, column, wanted);
  const name = quoteIdentifier(column.name);
  return `ALTER TABLE ${quoteTable(target.relation)} ALTER COLUMN ${name} TYPE ${wanted.type} USING NULL`;
}

/** Tables that inherit the column would lose its values: only the target itself is emptied. */
function refuseInheritedChange({ relation, heirs }: Target, { name, type }: TargetColumn, wanted: StagedColumn): void {
  if (heirs.length === 0) return;
  throw new ConfigurationError(
    "InheritedTable",
    `column ${name} of target ${showTable(relation)} is ${type} here and ${wanted.type} at the source, and tables inherit it: ${heirs.join(", ")}. Change it with ALTER TABLE, which changes their values too, or end the inheritance with NO INHERIT`,
  );
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

function refuseReadColumn({ relation }: Target, column: TargetColumn, type: string | undefined): void {
  if (column.views.length === 0) return;
  const change = type === undefined ? "is gone from the source" : `is ${column.type} here and ${type} at the source`;
  throw new ConfigurationError(
    "ColumnInUse",
    `column ${column.name} of target ${showTable(relation)} ${change}, but views read it: ${column.views.join(", ")}. Drop them and run again (models are built anew by their transform), or keep the source's column as it was`,
  );
}

export function addColumns(target: Target, columns: readonly StagedColumn[], nulls?: "with NOT NULL"): string[] {
  const known = new Set(target.columns.map(({ name }) => name));
  return columns
    .filter(({ name }) => !known.has(name))
    .map(({ name, type, notNull }) => {
      const constraint = notNull && nulls !== undefined ? " NOT NULL" : "";
      return `ALTER TABLE ${quoteTable(target.relation)} ADD COLUMN ${quoteIdentifier(name)} ${type}${constraint}`;
    });
}
