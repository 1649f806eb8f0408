import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";

/*
 * Which rows an incremental load reads, by the kind of its cursor column.
 *
 * | column            | mode          | reads                | left for the next load                       |
 * |-------------------|---------------|----------------------|----------------------------------------------|
 * | time              | append, merge | from ≤ value < bound | what is younger than the bound               |
 * | other, unique     | append        | from < value ≤ max   | nothing                                      |
 * | other, not unique | append        | from ≤ value < max   | rows of the newest value: more may come      |
 * | other             | merge         | from ≤ value ≤ max   | nothing; rows of the last value come again   |
 *
 * The bound of a time column lies before the beginning of every transaction that could still commit rows, so that no row comes
 * late (see `horizon.ts`). A value of a sequence can come late: with `lagValues` max is
 * the largest value less that many; only a time column is proof against it without being told.
 */

/** Where the load before this one stopped. */
export interface CursorValue {
  /** As the source writes it, to the last digit. */
  readonly value: string;
  /** Whether the rows of this very value have been loaded. */
  readonly isRead: boolean;
}

export interface IncrementFacts {
  readonly column: string;
  /** Its type as SQL declares it. */
  readonly type: string;
  readonly isUnique: boolean;
  readonly mode: "append" | "merge";
  /** Where to begin; everything is read where it is missing. */
  readonly from?: CursorValue | undefined;
  /** The bound of a time column, the largest value of another one. Missing where there is no value at all. */
  readonly upper?: string | undefined;
}

export interface Increment {
  /** The rows to read, as a condition on the column. */
  readonly condition: string;
  /** What the next load begins from, once this one has read a row. */
  readonly next: CursorValue;
}

/** Whether values of the type are moments, so that the clock says which of them are complete. */
export function isTime(type: string): boolean {
  return /^(date|timestamp(\(\d\))?( with(out)? time zone)?)$/.test(type);
}

/** The rows between where the last load stopped and what is complete now. Undefined where there are no values. */
export function planIncrement(facts: IncrementFacts): Increment | undefined {
  const { column, type, isUnique, mode, from, upper } = facts;
  if (upper === undefined) return undefined;
  const closed = !isTime(type) && (mode === "merge" || isUnique);
  const name = quoteIdentifier(column);
  const literal = (value: string) => `${quoteLiteral(value)}::${type}`;
  const above = from?.isRead === true && mode === "append" ? ">" : ">=";
  const lower = from === undefined ? [] : [`${name} ${above} ${literal(from.value)}`];
  const condition = [...lower, `${name} ${closed ? "<=" : "<"} ${literal(upper)}`].join(" AND ");
  return { condition, next: { value: upper, isRead: closed } };
}
