import { ConfigurationError, DataError } from "../errors.ts";
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import type { Horizon } from "./horizon.ts";
import { isTime } from "./increment.ts";
import type { SourceColumn } from "./postgres-column.ts";
import type { SourceRows } from "./postgres-rows.ts";

/** The column of the rows that a cursor names. Throws a ConfigurationError when they have none of that name. */
export function findCursorColumn(name: string, column: string, { columns }: SourceRows): SourceColumn {
  const found = columns.find((each) => each.name === column);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    "UnknownCursor",
    `from.cursor.column: ${name} has no column ${column}; it has: ${columns.map((each) => each.name).join(", ")}`,
  );
}

/** A row without a value would never be read. Throws a DataError when there is one. */
export async function refuseNulls(
  session: Session,
  name: string,
  column: SourceColumn,
  rows: SourceRows,
): Promise<void> {
  if (column.notNull) return;
  const { rows: found } = await session.query(
    `SELECT FROM ${rows.from} WHERE ${quoteIdentifier(column.name)} IS NULL LIMIT 1`,
  );
  if (found.length === 0) return;
  throw new DataError(
    "NullCursor",
    `from.cursor.column: ${column.name} of ${name} is NULL in at least one row, which no increment would ever hold. Give it a value and make the column NOT NULL, or load a query that leaves such rows out`,
  );
}

/**
 * Up to where rows can be read now: the horizon in the words of a time column, else the largest value of the snapshot. Undefined
 * where there are no rows.
 */
export async function readUpper(
  session: Session,
  column: SourceColumn,
  rows: SourceRows,
  horizon: Horizon,
): Promise<string | undefined> {
  const name = quoteIdentifier(column.name);
  // Without its precision: rounding could lift the bound above the horizon.
  const type = column.type.replace(/\(\d\)/, "");
  const moment = `${quoteLiteral(horizon.time)}::timestamptz`;
  const { rows: found } = await session.query<{ upper: string | null }>(
    isTime(column.type)
      ? `SELECT (${type.endsWith("with time zone") ? moment : earliestClock(moment)})::${type}::text AS upper`
      : `SELECT ${name}::text AS upper FROM ${rows.from} WHERE ${name} IS NOT NULL ORDER BY ${name} DESC LIMIT 1`,
  );
  return found[0]?.upper ?? undefined;
}

/** What a clock shows at a moment: nobody says whether the source writes UTC or the zone that it is set to, so the earlier one. */
function earliestClock(moment: string): string {
  const zone = "(SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone')";
  return `LEAST(${moment} AT TIME ZONE 'UTC', ${moment} AT TIME ZONE ${zone})`;
}

/** Whether no two rows of a table can have one value of the column. */
export async function isUniqueColumn(session: Session, table: TableName, column: string): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = $1::regclass AND a.attname = $2 AND i.indisunique AND i.indisvalid AND i.indimmediate
       AND i.indnkeyatts = 1 AND i.indpred IS NULL LIMIT 1`,
    [quoteTable(table), column],
  );
  return rows.length > 0;
}
