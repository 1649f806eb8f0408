import { isServerError } from "./failure.ts";
import type { TableName } from "./identifier.ts";
import { quoteIdentifier, quoteLiteral, quoteTable, showTable } from "./identifier.ts";
import type { InputCheck } from "./input-check.ts";
import { FILE_COLUMN, LINE_COLUMN } from "./landing.ts";
import { createStagingStatement, stagingTable } from "./publication.ts";
import { type RejectScope, rejectsTable } from "./rejects.ts";
import type { Session } from "./session.ts";
import type { StagedColumn } from "./staged-column.ts";

/** A column on its way from the landing table to its type. */
export interface TypedColumn extends StagedColumn {
  /** SQL of type text over the landing table `r`. */
  readonly text: string;
  /** SQL of the column's own type over `r`, where it needs no cast. */
  readonly value?: string;
}

const CHARACTERS = /^(text|character varying|varchar|character|char)\b/;

export interface StagedRows {
  readonly rows: number;
  readonly rejected: number;
  readonly columns: readonly StagedColumn[];
}

/**
 * Makes the staging table and fills it with the landed rows, their texts cast to types. Rows with a value that its type refuses go
 * to the table of rejects. Answers both counts, and the columns with their types as the server writes them.
 */
export async function stageTyped(
  session: Session,
  landing: TableName,
  columns: readonly TypedColumn[],
  check: InputCheck,
  scope: RejectScope,
): Promise<StagedRows> {
  const { target } = scope;
  await session.query(createStagingStatement(target, columns));
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const values = columns.map(castOf).join(", ");
  const insert = `INSERT INTO ${quoteTable(stagingTable(target))} (${names}) SELECT ${values} FROM ${quoteTable(landing)} AS r`;
  const counts = await tryInsert(session, insert, () => rejectBadValues(session, landing, columns, check, scope));
  return { ...counts, columns: await stagedColumns(session, target) };
}

/** An explicit cast to varchar(3) would cut what is too long; an assignment refuses it. */
function castOf({ text, type, value }: TypedColumn): string {
  if (value !== undefined) return value;
  return CHARACTERS.test(type) ? text : `(${text})::${type}`;
}

/** Most files have no bad row: only when the server has found one are all of them looked for. */
async function tryInsert(
  session: Session,
  insert: string,
  rejectBad: () => Promise<number>,
): Promise<Omit<StagedRows, "columns">> {
  await session.query("SAVEPOINT before_cast");
  try {
    const { rowCount } = await session.query(insert);
    await session.query("RELEASE SAVEPOINT before_cast");
    return { rows: rowCount ?? 0, rejected: 0 };
  } catch (error) {
    if (!isServerError(error) || !error.code.startsWith("22")) throw error;
    await session.query("ROLLBACK TO SAVEPOINT before_cast");
  }
  const rejected = await rejectBad();
  const { rowCount } = await session.query(insert);
  return { rows: rowCount ?? 0, rejected };
}

async function rejectBadValues(
  session: Session,
  landing: TableName,
  columns: readonly TypedColumn[],
  { valid, reason }: InputCheck,
  scope: RejectScope,
): Promise<number> {
  const checked = columns.filter(({ type, value }) => value === undefined && type !== "text");
  const cells = checked.map(({ name, type, text }) => `(${quoteLiteral(name)}, ${quoteLiteral(type)}, ${text})`);
  if (cells.length === 0) return 0;
  const { rows } = await session.query<{ count: string }>(
    `WITH bad AS (
       SELECT r.ctid AS row_id, r.${FILE_COLUMN} AS file, r.${LINE_COLUMN} AS line, v.name, v.type, v.value,
         pg_catalog.to_jsonb(r) - '${FILE_COLUMN}' - '${LINE_COLUMN}' AS record
       FROM ${quoteTable(landing)} AS r CROSS JOIN LATERAL (VALUES ${cells.join(", ")}) AS v(name, type, value)
       WHERE v.value IS NOT NULL AND NOT ${valid("v.value", "v.type")}
     ), gone AS (
       DELETE FROM ${quoteTable(landing)} AS r WHERE r.ctid IN (SELECT row_id FROM bad) RETURNING 1
     ), kept AS (
     INSERT INTO ${rejectsTable(scope)} (load_id, target, uri, line, column_name, value, reason, record)
     SELECT $1, $2, ($3::text[])[file + 1], line, name, value, ${reason("value", "type")}, record FROM bad
     ) SELECT count(*) AS count FROM gone`,
    [scope.loadId, showTable(scope.target), scope.uris],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Types as format_type writes them, which is how they are compared with those of a target. */
export async function stagedColumns(session: Session, target: TableName): Promise<readonly StagedColumn[]> {
  const { rows } = await session.query<{ name: string; type: string }>(
    `SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quoteTable(stagingTable(target))],
  );
  return rows.map((row) => ({ ...row, notNull: false }));
}
