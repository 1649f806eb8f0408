import type { TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import type { SourceRows } from "../sources/postgres-rows.ts";

/** Rows of a Postgres source, and where they go. */
export interface SelectedRows {
  /** What they are called at the source, for people. */
  readonly name: string;
  readonly rows: SourceRows;
  readonly target: TableName;
  /** The table that they are all of. */
  readonly table?: TableName;
}

/** Takes a snapshot and says what is to be read from it. */
export type Selection = (source: Session) => Promise<readonly SelectedRows[]>;
