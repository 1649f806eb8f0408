import type { SourceColumn } from "./postgres-column.ts";

/** Rows of a Postgres source and how their columns travel. */
export interface SourceRows {
  readonly columns: readonly SourceColumn[];
  /** What stands after FROM: a table, or a query in parentheses with a name. */
  readonly from: string;
  /** Which of the rows are read; all of them where it is missing. */
  readonly condition?: string;
}

/** A COPY that sends the rows: binary when every column allows it, else text. */
export function copyFormat({ columns }: SourceRows): "binary" | "text" {
  return columns.every(({ binary }) => binary) ? "binary" : "text";
}

/** The statement that reads the rows as they travel; `options` are those of COPY. */
export function copyOutStatement({ columns, from, condition }: SourceRows, options: string): string {
  const list = columns.map(({ expression }) => expression).join(", ");
  const where = condition === undefined ? "" : ` WHERE ${condition}`;
  return `COPY (SELECT ${list} FROM ${from}${where}) TO STDOUT (${options})`;
}
