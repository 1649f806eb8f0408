/** A check as SQL. */
export interface CheckQuery {
  /** What must hold: "unique film_id". */
  readonly expectation: string;
  /** A SELECT of the rows that break the rule; none when the check passes. It ends without a semicolon. */
  readonly failing: string;
  /** A query that shows failing rows, where `failing` with a LIMIT behind it would not be one. */
  readonly sample?: string;
  /** Columns that must exist, by the table they belong to: found missing, the message can name those that exist. */
  readonly columns: readonly RequiredColumns[];
  /** An aggregate over the failing rows that says more than their number. */
  readonly detail?: string;
  /** What `detail` means, in words; values of rows are hidden. The text itself where it is missing. */
  readonly say?: (detail: string | null) => string;
}

export interface RequiredColumns {
  /** `table` (found by search_path) or `schema.table`. */
  readonly table: string;
  readonly names: readonly string[];
}
