import { DataError } from "../../errors.ts";
import type { Discarded } from "../../loading/load-record.ts";
import { contractOf, discards, type SchemaContract } from "../../loading/schema-contract.ts";
import type { Writing } from "../../loading/writing.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { inputCheck } from "../landing/input-check.ts";
import { type Cast, fitOf, stagedMisfit } from "../landing/lossless-cast.ts";
import { type Misfit, moveAllRows, moveRows, recordValues, type Sifting } from "../landing/misfits.ts";
import type { Session } from "../session.ts";
import { stagingTable } from "./publication.ts";
import type { StagedTable } from "./staged-table.ts";
import type { Target, TargetColumn } from "./target.ts";
import { widenedType } from "./type-widening.ts";

/** Staged rows that keep the contract, and the columns of the target that have to be widened for them. */
export interface HeldTable extends StagedTable {
  readonly widened: ReadonlyMap<string, string>;
}

/** A staged column with values that the target's column of that name does not hold. */
interface UnfitColumn extends Cast {
  readonly existing: TargetColumn;
  readonly fit: "some" | "unknown";
}

/**
 * Holds staged rows to the schema contract before they are published: says which columns of the target have to be widened, and
 * moves rows and values that it discards to the table of rejects. Throws a DataError for what it has no way for.
 */
export async function holdContract(
  session: Session,
  writing: Writing,
  staged: StagedTable,
  { loadId, target }: { readonly loadId: string; readonly target: Target | undefined },
): Promise<HeldTable> {
  const contract = contractOf(writing);
  const scope = { loadId, target: staged.target, uris: [staged.source] };
  const from = {
    table: stagingTable(staged.target),
    file: "0",
    line: "NULL::bigint",
    record: "pg_catalog.to_jsonb(r)",
  };
  if (target === undefined) {
    const rows = contract.tables === "discardRow" ? await moveAllRows(session, { from, scope }) : 0;
    return { ...leftOut(staged, { rows, values: 0 }), widened: new Map() };
  }
  const keepsTypes = contract.types === "freeze" || (writing.mode === "replace" && contract.types === "evolve");
  const unfit = keepsTypes ? [] : await unfitColumns(session, staged, target);
  const widened = typesToWiden(contract, target, unfit);
  const fresh = newColumns(contract, staged, target);
  const misfit = unfit.filter(({ name }) => !widened.has(name));
  if (fresh.length + misfit.length === 0) return { ...staged, widened };
  const sifting = { from, scope, check: await inputCheck(session) };
  const typed = misfit.map((column) => stagedMisfit(sifting.check, column));
  const whole = [
    ...(contract.columns === "discardRow" ? fresh : []),
    ...(contract.types === "discardRow" ? typed : []),
  ];
  const rows = await moveRows(session, sifting, whole, "discardRow");
  const newValues = contract.columns === "discardValue" ? await recordValues(session, sifting, fresh) : 0;
  const values = contract.types === "discardValue" ? await emptyValues(session, sifting, typed) : 0;
  return { ...leftOut(staged, { rows, values: newValues + values }), widened };
}

function leftOut(staged: StagedTable, { rows, values }: Discarded): StagedTable {
  if (rows + values === 0) return staged;
  const { rows: rowsBefore = 0, values: valuesBefore = 0 } = staged.discarded ?? {};
  const discarded = { rows: rowsBefore + rows, values: valuesBefore + values };
  return { ...staged, rows: staged.rows - rows, discarded };
}

async function unfitColumns(session: Session, staged: StagedTable, target: Target): Promise<readonly UnfitColumn[]> {
  const staging = stagingTable(staged.target);
  const unfit: UnfitColumn[] = [];
  for (const { name, type: from } of staged.columns) {
    const existing = target.columns.find((column) => column.name === name);
    if (existing === undefined) continue;
    const cast = { name, from, to: existing.type };
    const fit = await fitOf(session, staging, cast);
    if (fit !== "all") unfit.push({ ...cast, existing, fit });
  }
  return unfit;
}

/** Throws a DataError for values that are neither to be discarded nor to be held by a wider column. */
function typesToWiden(
  contract: SchemaContract,
  { relation }: Target,
  unfit: readonly UnfitColumn[],
): ReadonlyMap<string, string> {
  const widened = new Map<string, string>();
  for (const { name, from, to, fit, existing } of unfit) {
    const wider = contract.types === "evolve" ? widenedType(to, from, contract.widening) : undefined;
    if (wider !== undefined) widened.set(name, wider);
    else if (!discards(contract.types) || fit === "unknown") throw lossy(relation, { name, from, to });
    else if (contract.types === "discardValue" && existing.notNull) throw requiredValue(relation, existing);
  }
  return widened;
}

function newColumns(contract: SchemaContract, staged: StagedTable, target: Target): readonly Misfit[] {
  if (!discards(contract.columns)) return [];
  const known = new Set(target.columns.map(({ name }) => name));
  return staged.columns
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => {
      const value = `r.${quoteIdentifier(name)}`;
      return { column: name, value: `${value}::text`, when: `${value} IS NOT NULL` };
    });
}

async function emptyValues(session: Session, sifting: Sifting, misfits: readonly Misfit[]): Promise<number> {
  const values = await recordValues(session, sifting, misfits);
  for (const { column, when } of misfits) {
    await session.query(
      `UPDATE ${quoteTable(sifting.from.table)} AS r SET ${quoteIdentifier(column)} = NULL WHERE ${when}`,
    );
  }
  return values;
}

function lossy(relation: TableName, { name, from, to }: Cast): DataError {
  return new DataError(
    "SchemaChanged",
    `column ${name} of ${showTable(relation)} is ${to}, but what is loaded is ${from} and has values that ${to} cannot hold without a change. Nothing has been published. ALTER TABLE ${quoteTable(relation)} ALTER COLUMN ${quoteIdentifier(name)} TYPE ${from}, or cast the column at the source`,
  );
}

/** Why a value cannot be left out: its column takes no NULL. */
export function requiredValue(relation: TableName, { name, type }: Pick<TargetColumn, "name" | "type">): DataError {
  return new DataError(
    "SchemaChanged",
    `column ${name} of ${showTable(relation)} is ${type} NOT NULL: a value that it cannot hold cannot be left out of its row (types: discardValue). Nothing has been published. Set types to discardRow, or ALTER TABLE ${quoteTable(relation)} ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL`,
  );
}
