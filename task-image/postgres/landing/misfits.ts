import { quoteLiteral, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";
import type { InputCheck } from "./input-check.ts";
import { type RejectScope, rejectsTable } from "./rejects.ts";

/** Why a row or a value is in the table of rejects: it was wrong, or the load's schema contract leaves such ones out. */
export type RejectAction = "reject" | "discardRow" | "discardValue";

/** Values of a column that cannot be where they are. */
export interface Misfit {
  readonly column: string;
  /** The type that they do not fit; missing for those of a column that the target does not have. */
  readonly type?: string;
  /** SQL of the value as text, over a row `r`. */
  readonly value: string;
  /** SQL that is true for such a value. */
  readonly when: string;
}

/** Rows that are looked through: SQL over a row `r`. */
export interface RowsToSift {
  readonly table: TableName;
  /** Number of the row's file among `scope.uris`, from 0. */
  readonly file: string;
  readonly line: string;
  /** The row as jsonb. */
  readonly record: string;
}

/** Where rows are looked through, and for which load. */
export interface Sifting {
  readonly from: RowsToSift;
  readonly scope: RejectScope;
  readonly check: InputCheck;
}

/** Moves rows with misfits to the table of rejects, a line for each of their misfits. Answers how many rows went. */
export async function moveRows(
  session: Session,
  { from, scope, check }: Sifting,
  misfits: readonly Misfit[],
  action: Exclude<RejectAction, "discardValue">,
): Promise<number> {
  if (misfits.length === 0) return 0;
  const { rows } = await session.query<{ count: string }>(
    `WITH ${badValues(from, misfits)}, gone AS (
       DELETE FROM ${quoteTable(from.table)} AS r WHERE (r.tableoid, r.ctid) IN (SELECT table_id, row_id FROM bad) RETURNING 1
     ), kept AS (${insertRejects(scope, check, action)})
     SELECT pg_catalog.count(*) AS count FROM gone`,
    parameters(scope),
  );
  return Number(rows[0]?.count ?? 0);
}

/** Records misfits as values that their rows are loaded without; whoever loads the rows leaves them out. Answers how many they are. */
export async function recordValues(
  session: Session,
  { from, scope, check }: Sifting,
  misfits: readonly Misfit[],
): Promise<number> {
  if (misfits.length === 0) return 0;
  const { rowCount } = await session.query(
    `WITH ${badValues(from, misfits)} ${insertRejects(scope, check, "discardValue")}`,
    parameters(scope),
  );
  return rowCount ?? 0;
}

/** Moves all rows, because there is nowhere for them to go. */
export async function moveAllRows(session: Session, { from, scope }: Omit<Sifting, "check">): Promise<number> {
  const { rowCount } = await session.query(
    `WITH gone AS (DELETE FROM ${quoteTable(from.table)} AS r RETURNING r.*)
     INSERT INTO ${rejectsTable(scope)} (load_id, target, uri, line, value, reason, record, action)
     SELECT $1, $2, ($3::text[])[${from.file} + 1], ${from.line}, '', 'the target table does not exist', ${from.record}, 'discardRow'
     FROM gone AS r`,
    parameters(scope),
  );
  return rowCount ?? 0;
}

function parameters({ loadId, target, uris }: RejectScope): readonly unknown[] {
  return [loadId, showTable(target), uris];
}

function badValues({ table, file, line, record }: RowsToSift, misfits: readonly Misfit[]): string {
  const cells = misfits.map(({ column, type = "", value, when }) => {
    return `(${quoteLiteral(column)}, ${quoteLiteral(type)}, ${value}, ${when})`;
  });
  return `bad AS (
    SELECT r.tableoid AS table_id, r.ctid AS row_id, ${file} AS file, ${line} AS line, v.name, v.type, v.value, ${record} AS record
    FROM ${quoteTable(table)} AS r CROSS JOIN LATERAL (VALUES ${cells.join(", ")}) AS v(name, type, value, is_bad) WHERE v.is_bad)`;
}

function insertRejects(scope: RejectScope, check: InputCheck, action: RejectAction): string {
  const reason = `CASE WHEN type = '' THEN 'the target table has no such column'
    ELSE coalesce(${check.reason("value", "type")}, pg_catalog.format('%s cannot hold it without a change', type)) END`;
  return `INSERT INTO ${rejectsTable(scope)} (load_id, target, uri, line, column_name, value, reason, record, action)
    SELECT $1, $2, ($3::text[])[file + 1], line, name, value, ${reason}, record, '${action}' FROM bad`;
}
