import { DataError } from "../errors.ts";
import { isServerError } from "./failure.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "./identifier.ts";
import { stagingTable } from "./publication.ts";
import type { Session } from "./session.ts";
import type { StagedColumn } from "./staged-column.ts";
import { readTarget } from "./target.ts";

/** Types that hold every value of a smaller one. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ["integer", "bigint", "numeric", "real", "double precision"],
  integer: ["bigint", "numeric", "double precision"],
  bigint: ["numeric"],
  real: ["double precision"],
  date: ["timestamp without time zone"],
  json: ["jsonb"],
};

/** Whether every value of a type is one of the other, or is refused aloud: as texts that are too long are. */
export function isWidening(from: string, to: string): boolean {
  return /^(text|character)/.test(to) || WIDER[from]?.includes(to) === true;
}

/**
 * An assignment rounds, cuts and leaves out without a word. Throws a DataError when that would happen to a staged row: when a value is
 * not what it was after a way to the target's type and back. Ask when the target has its final shape, before rows are inserted.
 */
export async function refuseLossyCasts(
  session: Session,
  target: TableName,
  columns: readonly StagedColumn[],
): Promise<void> {
  const existing = (await readTarget(session, target))?.columns ?? [];
  for (const { name, type: from } of columns) {
    const to = existing.find((column) => column.name === name && !column.isGenerated)?.type;
    if (to === undefined || to === from || isWidening(from, to)) continue;
    if (!(await isLossy(session, target, { name, from, to }))) continue;
    throw new DataError(
      "SchemaChanged",
      `column ${name} of ${showTable(target)} is ${to}, but what is loaded is ${from} and has values that ${to} cannot hold without a change. Nothing has been published. ALTER TABLE ${quoteTable(target)} ALTER COLUMN ${quoteIdentifier(name)} TYPE ${from}, or cast the column at the source`,
    );
  }
}

async function isLossy(
  session: Session,
  target: TableName,
  { name, from, to }: { readonly name: string; readonly from: string; readonly to: string },
): Promise<boolean> {
  const value = `s.${quoteIdentifier(name)}`;
  try {
    const { rows } = await session.query(
      `SELECT FROM ${quoteTable(stagingTable(target))} AS s WHERE ${value}::${to}::${from} IS DISTINCT FROM ${value} LIMIT 1`,
    );
    return rows.length > 0;
  } catch (error) {
    // 42: there is no way there and back, or nothing that compares.
    if (isServerError(error) && error.code.startsWith("42")) return true;
    throw error;
  }
}
