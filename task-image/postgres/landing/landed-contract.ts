import { DataError } from "../../errors.ts";
import type { Discarded } from "../../loading/load-record.ts";
import { discards, type SchemaContract } from "../../loading/schema-contract.ts";
import { showTable } from "../../sql/identifier.ts";
import type { Target } from "../publishing/target.ts";
import type { Session } from "../session.ts";
import { landedRows } from "./landing.ts";
import { moveAllRows, moveRows, recordValues } from "./misfits.ts";
import type { TypedColumn, Typing } from "./typed-rows.ts";

/** Landed rows that keep the contract for tables and columns: the columns that are left, and what was left out. */
export interface HeldLanding {
  readonly columns: readonly TypedColumn[];
  readonly discarded: Discarded;
}

/**
 * Takes rows and values that have no place at the target out of a landing table, where their file and line are known. Throws a
 * DataError when no column is left.
 */
export async function holdLandedContract(
  session: Session,
  contract: SchemaContract,
  typing: Omit<Typing, "change" | "widening">,
  target: Target | undefined,
): Promise<HeldLanding> {
  const { columns, scope, check } = typing;
  const sifting = { from: landedRows(typing.landing), scope, check };
  if (target === undefined) {
    const rows = contract.tables === "discardRow" ? await moveAllRows(session, sifting) : 0;
    return { columns, discarded: { rows, values: 0 } };
  }
  const known = new Set(target.columns.map(({ name }) => name));
  const fresh = discards(contract.columns) ? columns.filter(({ name }) => !known.has(name)) : [];
  if (fresh.length === 0) return { columns, discarded: { rows: 0, values: 0 } };
  if (fresh.length === columns.length) throw noColumns(target, columns);
  const misfits = fresh.map(({ name, text }) => ({ column: name, value: text, when: `${text} IS NOT NULL` }));
  const isWhole = contract.columns === "discardRow";
  const rows = isWhole ? await moveRows(session, sifting, misfits, "discardRow") : 0;
  const values = isWhole ? 0 : await recordValues(session, sifting, misfits);
  return { columns: columns.filter((column) => !fresh.includes(column)), discarded: { rows, values } };
}

function noColumns({ relation, columns: existing }: Target, columns: readonly TypedColumn[]): DataError {
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join(", ");
  return new DataError(
    "SchemaChanged",
    `${showTable(relation)} has none of the columns of the files, which are ${names(columns)}; it has ${names(existing)}. Nothing has been published. Check load.from.format, or set columns of load.schemaContract to evolve`,
  );
}
