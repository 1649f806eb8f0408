import type { TaskSpec } from "#api/task.ts";
import { ConfigurationError, TransientError } from "../../errors.ts";
import { loadId } from "../../loading/load-record.ts";
import { CURSORS_TABLE } from "../../loading/state-tables.ts";
import type { CursorValue } from "../../sources/postgres/increment.ts";
import { quoteTable } from "../../sql/identifier.ts";
import { hidden } from "../../words/hidden-text.ts";
import type { Session } from "../session.ts";

/** One cursor: that of a node's source and column, in the schema that the node loads into. */
export interface CursorKey {
  readonly schema: string;
  /** The table or query at the source, for people too. */
  readonly source: string;
  readonly column: string;
}

/** A cursor as it was found, with the load that moved it last. */
export interface StoredCursor extends CursorValue {
  readonly column: string;
  readonly loadId: string;
}

/** Where the load before this one stopped, or undefined for the first one. */
export async function readCursor(session: Session, spec: TaskSpec, key: CursorKey): Promise<StoredCursor | undefined> {
  const table = { schema: key.schema, table: CURSORS_TABLE };
  const { rows } = await session.query<StoredCursor>(
    `SELECT cursor_column AS column, value, is_read AS "isRead", load_id AS "loadId" FROM ${quoteTable(table)}
     WHERE namespace = $1 AND pipeline = $2 AND node = $3 AND source = $4`,
    [spec.run.namespace, spec.run.pipeline, spec.node, key.source],
  );
  return rows[0];
}

/** Throws a ConfigurationError for another column: what has been read by one says nothing of the other. */
export function refuseOtherColumn(stored: StoredCursor, key: CursorKey, field = "from.cursor.column"): void {
  if (stored.column === key.column) return;
  throw new ConfigurationError(
    "CursorChanged",
    `${field}: ${key.source} has been loaded by column ${stored.column} up to ${hidden(stored.value, "the value in its row")}, now by ${key.column}. Drop the target to load all of it again, or correct its row in ${key.schema}.${CURSORS_TABLE}`,
  );
}

/** Moves the cursor, in the transaction of the rows. Throws a TransientError when another load has moved it meanwhile. */
export async function writeCursor(
  session: Session,
  spec: TaskSpec,
  key: CursorKey,
  {
    before,
    next,
    type,
  }: { readonly before: StoredCursor | undefined; readonly next: CursorValue; readonly type: string },
): Promise<void> {
  const table = quoteTable({ schema: key.schema, table: CURSORS_TABLE });
  const { rowCount } = await session.query(
    `INSERT INTO ${table} AS c (namespace, pipeline, node, source, cursor_column, type, value, is_read, load_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (namespace, pipeline, node, source) DO UPDATE SET cursor_column = excluded.cursor_column, type = excluded.type,
       value = excluded.value, is_read = excluded.is_read, load_id = excluded.load_id, moved_at = excluded.moved_at
     WHERE $10 = '' OR c.load_id = $10`,
    [
      ...[spec.run.namespace, spec.run.pipeline, spec.node, key.source, key.column, type, next.value, next.isRead],
      ...[loadId(spec), before?.loadId ?? ""],
    ],
  );
  if (rowCount === 1) return;
  throw new TransientError(
    "CursorMoved",
    `the cursor of ${key.source} in ${key.schema}.${CURSORS_TABLE} was moved by another load while this one was under way. Nothing has been published`,
  );
}
