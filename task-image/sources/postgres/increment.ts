import { quoteIdentifier, quoteLiteral } from "../../sql/identifier.ts";

/*
 * Which rows an incremental load reads, by the kind of its cursor column. `last` is where the load before it stopped, `max` the largest
 * value that there is; of a time column the largest below the horizon, and never below `last`.
 *
 * | column            | mode          | reads                          | left for the next load                       |
 * |-------------------|---------------|--------------------------------|----------------------------------------------|
 * | time              | append        | last < value ≤ max             | what is not older than the horizon           |
 * | time              | merge         | last - lateness ≤ value ≤ max  | the same; rows of the last value come again  |
 * | other, final      | append        | last < value ≤ max             | nothing                                      |
 * | other             | append        | last ≤ value < max             | rows of the newest value: more may come      |
 * | other             | merge         | last ≤ value ≤ max             | nothing; rows of the last value come again   |
 *
 * The cursor becomes `max`, a value that has been loaded: the clock is ahead of rows that come later with a time of their own. The horizon
 * lies before the beginning of every transaction that could still commit rows (see `horizon.ts`), so that no row with the time of
 * its transaction comes late; how late others come is `lag`, which takes the horizon back, or `lateness`. A value of a sequence
 * can come late too: with `lagValues` max is the largest value less that many.
 *
 * Values are final where no row can come with one that is there already: the column is unique, or the manifest says so by `lagValues: 0`.
 * How many rows are left is counted and said (`waitingRows`), where any can be: nothing tells whether a newer value will ever come.
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
  /** Whether no row comes later with a value that is there. */
  readonly isFinal: boolean;
  readonly mode: "append" | "merge";
  /** Where to begin; everything is read where it is missing. */
  readonly from?: CursorValue | undefined;
  /** Of a column of times: how far before `from` rows are read again, in seconds. */
  readonly latenessSeconds?: number | undefined;
  /** The largest value that may be read. Missing where there is none. */
  readonly upper?: string | undefined;
  /** No row of the snapshot has a larger one: the column is not one of times, and there is no lag. */
  readonly isLargest: boolean;
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
  const { column, mode, from, upper, latenessSeconds = 0 } = facts;
  if (upper === undefined) return undefined;
  const closed = isClosed(facts);
  const name = quoteIdentifier(column);
  const literal = literalOf(facts);
  const above = from?.isRead === true && mode === "append" ? ">" : ">=";
  const back = latenessSeconds > 0 ? ` - pg_catalog.make_interval(secs => ${latenessSeconds})` : "";
  const lower = from === undefined ? [] : [`${name} ${above} ${literal(from.value)}${back}`];
  const condition = [...lower, `${name} ${closed ? "<=" : "<"} ${literal(upper)}`].join(" AND ");
  return { condition, next: { value: upper, isRead: closed } };
}

/** The rows that this load leaves for a later one, as a condition on the column. Undefined where there can be none. */
export function waitingRows(facts: IncrementFacts): string | undefined {
  const { column, from, upper, isLargest } = facts;
  if (isLargest && (upper === undefined || isClosed(facts))) return undefined;
  const name = quoteIdentifier(column);
  const literal = literalOf(facts);
  const unread = from === undefined ? [] : [`${name} ${from.isRead ? ">" : ">="} ${literal(from.value)}`];
  const above = upper === undefined ? [] : [`${name} ${isClosed(facts) ? ">" : ">="} ${literal(upper)}`];
  return [...unread, ...above].join(" AND ") || "true";
}

function isClosed({ type, mode, isFinal }: IncrementFacts): boolean {
  return isTime(type) || mode === "merge" || isFinal;
}

function literalOf({ type }: IncrementFacts): (value: string) => string {
  return (value) => `${quoteLiteral(value)}::${type}`;
}
