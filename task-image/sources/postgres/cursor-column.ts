import { ConfigurationError, DataError } from "../../errors.ts";
import type { WaitingRows } from "../../loading/load-record.ts";
import type { Session } from "../../postgres/session.ts";
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from "../../sql/identifier.ts";
import type { Horizon } from "./horizon.ts";
import { isTime } from "./increment.ts";
import type { SourceColumn } from "./postgres-column.ts";
import type { SourceRows } from "./postgres-rows.ts";

/** How far a cursor stays behind what is newest. */
export interface CursorLag {
  /** Of a column of times. */
  readonly lag?: string | undefined;
  /** Of a column of times: how far before the cursor rows are read again. */
  readonly lateness?: string | undefined;
  /** Of a column of numbers; 0 of any that is no time. */
  readonly lagValues?: number | undefined;
}

/** The column of the rows that a cursor names. Throws a ConfigurationError when they have none of that name. */
export function findCursorColumn(name: string, column: string, { columns }: SourceRows): SourceColumn {
  const found = columns.find((each) => each.name === column);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    "UnknownCursor",
    `from.cursor.column: ${name} has no column ${column}; it has: ${columns.map((each) => each.name).join(", ")}`,
  );
}

const NUMBER = /^(smallint|integer|bigint|real|double precision|numeric(\(.*\))?)$/;

/** Throws a ConfigurationError for a lag that the column's kind does not know: it would protect from nothing. */
export function refuseOtherLag({ name, type }: SourceColumn, { lag, lateness, lagValues }: CursorLag): void {
  const times = { lag, lateness };
  const isLagged = NUMBER.test(type) || (lagValues === 0 && !isTime(type));
  const wrong = Object.entries({ ...(isTime(type) ? {} : times), ...(isLagged ? {} : { lagValues }) });
  const [field, given] = wrong.find(([, value]) => value !== undefined) ?? [];
  if (field === undefined) return;
  const otherwise = NUMBER.test(type) ? "lagValues, a number" : "lagValues: 0";
  const expected = isTime(type) ? "lag or lateness, a duration" : otherwise;
  throw new ConfigurationError(
    "WrongLag",
    `from.cursor: column ${name} is ${type}, for which the lag is ${expected}, and ${field} is ${given}. Set the other one, or none`,
  );
}

/**
 * A row without a value would never be read, nor one whose time never comes. Throws a DataError when there is one. A number that no
 * other one is above is found by {@link readUpper}.
 */
export async function refuseUnreachable(
  session: Session,
  name: string,
  column: SourceColumn,
  rows: SourceRows,
): Promise<void> {
  const value = quoteIdentifier(column.name);
  const conditions = [
    ...(column.notNull ? [] : [`${value} IS NULL`]),
    ...(isTime(column.type) ? [`${value} = 'infinity'`] : []),
  ];
  if (conditions.length === 0) return;
  const { rows: found } = await session.query<{ isNull: boolean }>(
    `SELECT ${value} IS NULL AS "isNull" FROM ${rows.from} WHERE ${conditions.join(" OR ")} LIMIT 1`,
  );
  if (found[0]?.isNull === false) throw endless(column.name, "infinity");
  if (found[0] === undefined) return;
  throw new DataError(
    "NullCursor",
    `from.cursor.column: ${column.name} of ${name} is NULL in at least one row, which no increment would ever hold. Give it a value and make the column NOT NULL, or load a query that leaves such rows out`,
  );
}

/** Once it was read, every other row would be older. */
function endless(column: string, value: string): DataError {
  return new DataError(
    "EndlessCursor",
    `from.cursor.column: ${column} is ${value} in at least one row: nothing comes after it, so no increment could be read. Give it another value, or load a query that leaves such rows out`,
  );
}

/** Up to where values are asked for. */
interface UpperLimit {
  readonly horizon: Horizon;
  readonly lagValues?: number | undefined;
  /** The last value of a time column that has been loaded. */
  readonly last?: string | undefined;
}

/**
 * Up to where rows can be read now: the largest value of a time column that lies before the horizon, else that of the snapshot, or as
 * far before it as the lag says. Undefined where there is none. Throws a DataError for a largest value that nothing comes after.
 */
export async function readUpper(
  session: Session,
  column: SourceColumn,
  rows: SourceRows,
  { horizon, lagValues = 0, last }: UpperLimit,
): Promise<string | undefined> {
  const name = quoteIdentifier(column.name);
  const { rows: found } = await session.query<{ upper: string | null }>(
    isTime(column.type) ? largestTime(rows, column, { horizon, last }) : largestValue(rows, name, lagValues),
  );
  const upper = found[0]?.upper ?? undefined;
  if (NUMBER.test(column.type) && (upper === "NaN" || upper === "Infinity")) throw endless(column.name, upper);
  return upper;
}

/** Never below the last one: an open transaction can take the horizon back. */
function largestTime({ from }: SourceRows, column: SourceColumn, { horizon, last }: UpperLimit): string {
  const name = quoteIdentifier(column.name);
  // Without its precision: rounding could lift the bound above the horizon.
  const type = column.type.replace(/\(\d\)/, "");
  const moment = `${quoteLiteral(horizon.time)}::timestamptz`;
  const bound = `(${type.endsWith("with time zone") ? moment : earliestClock(moment)})::${type}`;
  const newest = `(SELECT ${name} FROM ${from} WHERE ${name} < ${bound} ORDER BY ${name} DESC LIMIT 1)`;
  return `SELECT GREATEST(${newest}${last === undefined ? "" : `, ${quoteLiteral(last)}::${type}`})::text AS upper`;
}

/** With a lag, nothing where that is below all values: the type could not hold it. */
function largestValue({ from }: SourceRows, name: string, lagValues: number): string {
  const newest = `(SELECT ${name} AS value FROM ${from} WHERE ${name} IS NOT NULL ORDER BY ${name} DESC LIMIT 1) AS newest`;
  if (lagValues === 0) return `SELECT value::text AS upper FROM ${newest}`;
  const lagging = `value::numeric - ${lagValues}`;
  return `SELECT (${lagging})::text AS upper FROM ${newest} WHERE ${lagging} >= (SELECT min(${name})::numeric FROM ${from})`;
}

/** Counts the rows that `condition` leaves for a later load; undefined leaves none. Without an index the question reads the whole table. */
export async function countWaiting(
  session: Session,
  { name, type }: SourceColumn,
  { from }: SourceRows,
  condition: string | undefined,
): Promise<WaitingRows> {
  if (condition === undefined) return { rows: 0, ahead: 0 };
  const tomorrow = `pg_catalog.now() + interval '1 day'`;
  const ahead = isTime(type) ? `${quoteIdentifier(name)}::timestamptz > ${tomorrow}` : "false";
  const { rows } = await session.query<{ rows: string; ahead: string }>(
    `SELECT count(*)::text AS rows, (count(*) FILTER (WHERE ${ahead}))::text AS ahead FROM ${from} WHERE ${condition}`,
  );
  return { rows: Number(rows[0]?.rows ?? 0), ahead: Number(rows[0]?.ahead ?? 0) };
}

/** What a clock shows at a moment: the source may write UTC or the zone that it is set to, so the earlier one. */
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
