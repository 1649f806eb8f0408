import { ConfigurationError, DataError } from "../errors.ts";
import { quoteIdentifier, quoteLiteral, showTable, type TableName } from "../sql/identifier.ts";
import { hidden } from "../words/hidden-text.ts";

/*
 * `load.range`: the part of a table that is replaced as a whole. Source and target compare with the same bounds, so that no row is
 * deleted which was not read. That takes values of one order everywhere: numbers and moments. Texts have as many orders as there are
 * collations.
 *
 * | type of the column       | bound                                | in SQL                                     |
 * |--------------------------|--------------------------------------|--------------------------------------------|
 * | whole or decimal number  | 42, -1.5                             | as it is: no digit is rounded away         |
 * | date                     | 2026-11-01, or midnight UTC of a day | CAST('2026-11-01' AS date)                 |
 * | timestamp                | 2026-11-01, 2026-11-01T08:30:00+01:00 | CAST('2026-11-01 07:30:00' AS timestamp)  |
 * | timestamp with time zone | the same                             | CAST('2026-11-01 07:30:00+00:00' AS …)     |
 *
 * Types are those of Postgres, Redshift and Snowflake. Their precision is left out: it would round the bound.
 */

/** Values of the column from the first bound on, up to the second one and without it. A bound that is missing bounds nothing. */
export interface RowRange {
  readonly column: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A column that bounds are compared with. */
export interface RangeColumn {
  readonly name: string;
  readonly type: string;
}

/** Values that a message names. */
const SHOWN_MAX = 5;

const NUMBER_TYPE = /^(smallint|integer|bigint|numeric|number)(\(.*\))?$/i;
const TIME_TYPE = /^(date|timestamp(_ntz|_ltz|_tz)?(\(\d\))?( with(out)? time zone)?)$/i;
const ZONED_TYPE = /_l?tz|with time zone/i;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * The rows in the range, as a condition; `value` is SQL of the column's value where that is not the column itself. Throws a
 * ConfigurationError for a column whose values have no such order, and for bounds that do not have its type or hold nothing between them.
 */
export function withinRange(range: RowRange, { name, type }: RangeColumn, value = quoteIdentifier(name)): string {
  const isNumber = NUMBER_TYPE.test(type);
  if (!isNumber && !TIME_TYPE.test(type)) {
    throw unusable(
      `.column: ${name} is ${type}, expected whole or decimal numbers, dates or timestamps. Choose another column, declare its type, or replace rows by load.key`,
    );
  }
  const literalOf = isNumber ? numberLiteral : timeLiteral;
  const lower = range.from === undefined ? undefined : literalOf("from", range.from, type);
  const upper = range.to === undefined ? undefined : literalOf("to", range.to, type);
  if (lower !== undefined && upper !== undefined && !rises(range, isNumber)) {
    throw unusable(
      `: expected from before to, found from ${range.from} and to ${range.to}, which no value lies between`,
    );
  }
  const above = lower === undefined ? [] : [`${value} >= ${lower}`];
  const below = upper === undefined ? [] : [`${value} < ${upper}`];
  return [...above, ...below].join(" AND ");
}

function numberLiteral(field: string, bound: string, type: string): string {
  if (NUMBER.test(bound)) return bound.replace(/^\+/, "");
  throw unusable(`.${field}: expected a value of ${type}, such as 42, found "${bound}"`);
}

function timeLiteral(field: string, bound: string, type: string): string {
  const moment = momentOf(bound);
  const isDate = /^date$/i.test(type);
  if (moment === undefined || (isDate && !moment.endsWith(" 00:00:00"))) {
    const example = isDate ? "2026-11-01" : "2026-11-01 or 2026-11-01T08:30:00Z";
    throw unusable(`.${field}: expected a value of ${type}, such as ${example}, found "${bound}"`);
  }
  const written = isDate ? moment.slice(0, 10) : `${moment}${ZONED_TYPE.test(type) ? "+00:00" : ""}`;
  return `CAST(${quoteLiteral(written)} AS ${type.replace(/\(\d\)/, "")})`;
}

/** `2026-11-01 07:30:00.5`, in UTC; undefined for what is no moment. */
function momentOf(bound: string): string | undefined {
  const [, day, clock = "00:00", seconds = "00", fraction = "", zone = "Z"] = MOMENT.exec(bound) ?? [];
  const isDay = day !== undefined && isoOf(`${day}T00:00:00Z`)?.startsWith(day) === true;
  const iso = isDay ? isoOf(`${day}T${clock}:${seconds}${zone}`) : undefined;
  if (iso === undefined) return undefined;
  const digits = fraction.replace(/0+$/, "");
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${digits === "" ? "" : `.${digits}`}`;
}

function isoOf(text: string): string | undefined {
  const date = new Date(text);
  const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString();
  // Years of more than four digits are written with a sign.
  return /^\d/.test(iso) ? iso : undefined;
}

/** Whether the range can hold a value. */
function rises({ from = "", to = "" }: RowRange, isNumber: boolean): boolean {
  // Moments in UTC are as long as each other up to the seconds, and `.` sorts behind the end of the text.
  if (!isNumber) return (momentOf(from) ?? "") < (momentOf(to) ?? "");
  const places = Math.max(...[from, to].map((bound) => bound.split(".")[1]?.length ?? 0));
  const scaled = (bound: string) => {
    const [whole = "", fraction = ""] = bound.split(".");
    return BigInt(`${whole}${fraction.padEnd(places, "0")}`.replace(/^\+/, ""));
  };
  return scaled(from) < scaled(to);
}

function unusable(fault: string): ConfigurationError {
  return new ConfigurationError("UnusableRange", `load.range${fault}`);
}

/** The column of the rows that the range names. Throws a ConfigurationError when they have none. */
export function findRangeColumn<C extends RangeColumn>(rows: string, range: RowRange, columns: readonly C[]): C {
  const found = columns.find(({ name }) => name === range.column);
  if (found !== undefined) return found;
  const names = columns.map(({ name }) => name).join(", ");
  throw new ConfigurationError(
    "UnknownRange",
    `load.range.column: ${rows} have no column ${range.column}; they have: ${names}`,
  );
}

/** The target's column of that name. Throws a ConfigurationError where its rows do not say whether they are in the range. */
export function requireRange<C extends RangeColumn>(
  target: TableName,
  { column }: RowRange,
  existing: readonly C[],
): C {
  const found = existing.find(({ name }) => name === column);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    "UnknownRange",
    `load.range.column: target ${showTable(target)} has no column ${column}, so it is unknown which of its rows the new ones replace. Give the table a column of that name and fill it, or drop the table`,
  );
}

/** A range of rows whose types are the target's. */
export interface StagedRange {
  readonly range: RowRange;
  readonly condition: string;
}

/** The range in the words of a warehouse that folds names; undefined where the rows are written without one. */
export function stagedRange(
  range: RowRange | undefined,
  { target, columns }: { readonly target: TableName; readonly columns: readonly RangeColumn[] },
  foldName: (name: string) => string,
): StagedRange | undefined {
  if (range === undefined) return undefined;
  const folded = { ...range, column: foldName(range.column) };
  const column = findRangeColumn(`the rows for ${showTable(target)}`, folded, columns);
  return { range: folded, condition: withinRange(folded, column) };
}

/** Deletes every row of a table in the range; `target` is its name in SQL, `condition` as {@link withinRange} writes it. */
export function deleteRangeStatement(target: string, condition: string): string {
  return `DELETE FROM ${target} WHERE ${condition}`;
}

/** Counts rows that are not in the range, by `shown` and `times`; nothing where all of them are. */
export function outsideStatement(staging: string, value: string, condition: string): string {
  return `SELECT COALESCE(CAST(${value} AS varchar(64)), 'NULL') AS shown, COUNT(*) AS times FROM ${staging} WHERE ${value} IS NULL OR NOT (${condition}) GROUP BY 1 ORDER BY 1 LIMIT ${SHOWN_MAX}`;
}

/** Throws a DataError when there are such rows. */
export function refuseOutside(
  { column, from, to }: RowRange,
  target: TableName,
  outside: readonly { readonly shown: string | null; readonly times: string | null }[],
): void {
  if (outside.length === 0) return;
  const inRows = (times: string | null) => `in ${times} ${times === "1" ? "row" : "rows"}`;
  const found = outside
    .map(({ shown, times }) => `${shown === "NULL" ? shown : hidden(String(shown), "another value")} ${inRows(times)}`)
    .join(", ");
  const bounds = [...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`before ${to}`])];
  throw new DataError(
    "RowsOutsideRange",
    `load.range of the rows for ${showTable(target)}: expected ${column} ${bounds.join(" and ")}, found ${found}. Nothing has been published. Load what lies in the range alone, or widen it`,
  );
}
