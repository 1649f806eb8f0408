import type { RejectedRow } from "../../formats/rejected-row.ts";
import { passedLimit, type RejectCount, type RejectLimit } from "../../loading/reject-limit.ts";
import { showReject, tooManyRejects } from "../../loading/shown-reject.ts";
import { REJECTS_TABLE } from "../../loading/state-tables.ts";
import { quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { publicReason } from "../public-reason.ts";
import type { Session } from "../session.ts";

/** Rejected rows that a message names. */
const NAMED_MAX = 3;

/** The load and the table that rows are rejected from. */
export interface RejectScope {
  readonly loadId: string;
  readonly target: TableName;
  /** URIs of the files, by their number. */
  readonly uris: readonly string[];
  /** Where rejected rows are kept until the load is published, where that is not in its own transaction. */
  readonly rejects?: TableName;
}

export function rejectsTable({ target, rejects }: Pick<RejectScope, "target" | "rejects">): string {
  return quoteTable(rejects ?? { schema: target.schema, table: REJECTS_TABLE });
}

/** Makes a table for rejected rows that are kept aside. */
export async function createRejects(session: Session, table: TableName): Promise<void> {
  const like = quoteTable({ schema: table.schema, table: REJECTS_TABLE });
  await session.query(`CREATE TABLE ${quoteTable(table)} (LIKE ${like} INCLUDING DEFAULTS)`);
}

/** Moves rows that were kept aside to where they are looked for, and drops their table. */
export async function moveRejects(session: Session, table: TableName): Promise<void> {
  const to = quoteTable({ schema: table.schema, table: REJECTS_TABLE });
  await session.query(`INSERT INTO ${to} SELECT * FROM ${quoteTable(table)}`);
  await session.query(`DROP TABLE ${quoteTable(table)}`);
}

/** Writes rows that were rejected before they reached the destination, inside the load's transaction. */
export async function recordRejects(
  session: Session,
  scope: RejectScope,
  rejects: readonly RejectedRow[],
): Promise<void> {
  if (rejects.length === 0) return;
  const rows = rejects.map((row) => ({ ...row, uri: scope.uris[row.file] }));
  await session.query(
    `INSERT INTO ${rejectsTable(scope)} (load_id, target, uri, line, column_name, value, reason)
     SELECT $1, $2, r.uri, r.line, r.column, r.value, r.reason
     FROM pg_catalog.jsonb_to_recordset($3::jsonb) AS r(uri text, line bigint, "column" text, value text, reason text)`,
    [scope.loadId, showTable(scope.target), JSON.stringify(rows)],
  );
}

/** Throws a DataError that names the limit that was passed, and the first rejected rows. */
export async function refuseTooManyRejects(
  session: Session,
  scope: RejectScope,
  count: RejectCount,
  limit: RejectLimit,
): Promise<void> {
  const passed = passedLimit(limit, count);
  if (passed === undefined) return;
  const named = await firstRejects(session, scope);
  const rejected = count.rejected === 1 ? "1 row is" : `${count.rejected} rows are`;
  throw tooManyRejects(`loading ${showTable(scope.target)}`, { count: rejected, limit: passed, named });
}

/** The first rejected rows, as messages name them. */
export async function firstRejects(session: Session, scope: RejectScope): Promise<readonly string[]> {
  const { rows } = await session.query<{
    uri: string;
    line: string;
    column: string | null;
    value: string;
    reason: string;
  }>(
    `SELECT uri, line, column_name AS column, value, reason FROM ${rejectsTable(scope)} WHERE load_id = $1 AND target = $2 AND action = 'reject'
     ORDER BY pg_catalog.array_position($3::text[], uri), line, column_name LIMIT ${NAMED_MAX}`,
    [scope.loadId, showTable(scope.target), scope.uris],
  );
  return rows.map(({ uri, line, column, value, reason }) => {
    const place = column === null ? "" : `, column ${column}`;
    return showReject(`${uri}, line ${line}${place}`, { value, reason }, publicReason);
  });
}
