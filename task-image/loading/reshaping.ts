import { ConfigurationError, DataError } from "../errors.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { contractOf, discards } from "./schema-contract.ts";
import type { StagedColumn } from "./staged-column.ts";
import type { Writing } from "./writing.ts";

/** A column of a target as the catalog shows it. */
export interface ExistingColumn extends Pick<StagedColumn, "name" | "type"> {
  /** It has a default or an identity: it is the user's own, and stays. */
  readonly fillsItself: boolean;
}

/**
 * What a target's columns need before rows come in.
 *
 * | mode                                  | columns that are new | that the rows lack | of another type |
 * |---------------------------------------|----------------------|--------------------|-----------------|
 * | replace                               | are added            | are taken away     | are made anew   |
 * | truncate, append, merge, deleteInsert | are added            | stay, and are NULL | are refused     |
 * | any, where the contract says freeze   | are refused          | are refused        | are refused     |
 */
export interface Reshaping {
  readonly add: readonly StagedColumn[];
  readonly drop: readonly string[];
}

/** Throws a ConfigurationError for a contract that leaves out rows or values: who reads objects itself cannot tell which. */
export function refuseDiscards(writing: Writing): void {
  const { widening, ...changes } = contractOf(writing);
  if (widening === "text") {
    throw new ConfigurationError(
      "UnsupportedContract",
      "load.schemaContract.widening text: a warehouse that reads objects itself keeps the types of its columns. Leave it out, or load into Postgres",
    );
  }
  const kind = Object.entries(changes).find(([, change]) => discards(change));
  if (kind === undefined) return;
  throw new ConfigurationError(
    "UnsupportedContract",
    `load.schemaContract.${kind[0]} (or load.schemaChange) ${kind[1]}: a warehouse that reads objects itself takes evolve and freeze. Use one of them, or load into Postgres`,
  );
}

/** Throws a DataError where a table may not be made. */
export function refuseFrozenTable(writing: Writing, target: TableName): void {
  if (contractOf(writing).tables !== "freeze") return;
  throw new DataError(
    "SchemaChanged",
    `${showTable(target)} does not exist, and no table may be made (load.schemaContract.tables: freeze). Nothing has been published. Create it, or set tables to evolve`,
  );
}

/** Decides it. Throws a DataError where the rows do not fit. Types are compared as the warehouse's catalog writes them. */
export function planReshaping(
  writing: Writing,
  target: TableName,
  existing: readonly ExistingColumn[],
  staged: readonly StagedColumn[],
): Reshaping {
  const { columns, types } = contractOf(writing);
  const before = new Map(existing.map(({ name, type }) => [name, type]));
  const after = new Map(staged.map(({ name, type }) => [name, type]));
  const added = staged.filter(({ name }) => !before.has(name));
  const gone = existing.filter(({ name, fillsItself }) => !after.has(name) && !fillsItself);
  const retyped = staged.filter(({ name, type }) => before.has(name) && before.get(name) !== type);
  const isReplaced = writing.mode === "replace";
  const changes = [
    ...(columns === "freeze" ? gone.map(({ name }) => `column ${name} is missing`) : []),
    ...(types === "freeze" || !isReplaced
      ? retyped.map(({ name, type }) => `column ${name} is ${type} instead of ${before.get(name)}`)
      : []),
    ...(columns === "freeze" ? added.map(({ name, type }) => `column ${name} (${type}) is new`) : []),
  ];
  const isFrozen = columns === "freeze" || types === "freeze";
  refuse(
    target,
    isFrozen ? "keeps its columns (freeze)" : `keeps the types of its columns (load.mode: ${writing.mode})`,
    changes,
  );
  if (!isReplaced) return { add: added, drop: [] };
  return { add: [...added, ...retyped], drop: [...gone, ...retyped].map(({ name }) => name) };
}

function refuse(target: TableName, rule: string, changes: readonly string[]): void {
  if (changes.length === 0) return;
  throw new DataError(
    "SchemaChanged",
    `${showTable(target)} ${rule}, but what is loaded has others: ${changes.join("; ")}. Nothing has been published. Change the files, the table, or load.columns`,
  );
}
