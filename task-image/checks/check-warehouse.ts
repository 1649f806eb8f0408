import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import type { TaskFailure } from "../errors.ts";
import type { Dialect, OpenedSession, WarehouseSession } from "../loading/warehouse-session.ts";
import type { TableName } from "../sql/identifier.ts";

/** A column as the catalog has it. */
export interface FoundColumn {
  readonly name: string;
  /** As the catalog writes it. */
  readonly type: string;
}

/** What a catalog says of a table. */
export type FoundTable =
  | { readonly is: "found"; readonly columns: readonly FoundColumn[] }
  | { readonly is: "missing"; readonly known: readonly string[] }
  /** The catalog does not know: only a query would tell. */
  | { readonly is: "unknown" };

/** A table that holds what a check found. */
export interface KeptTable {
  readonly target: TableName;
  /** Whose it is: a table with another comment is not replaced. */
  readonly mark: string;
  /** The SELECT of its rows. */
  readonly select: string;
}

/** What checks need of a kind of warehouse: how its SQL differs from others', and what its catalog says. */
export interface CheckWarehouse {
  readonly dialect: Dialect;
  /** Begins a transaction that cannot write, where the warehouse has such. */
  readonly beginReading: string;
  /** A text as SQL writes it. */
  literal(text: string): string;
  /** SQL of a moment as seconds since 1970. */
  epoch(moment: string): string;
  /** Other names of types, in small letters, and what the catalog calls them. */
  readonly typeNames: Readonly<Record<string, string>>;
  /** A query that lists the columns of a table. */
  listColumns(table: string): string;
  /** `readOnly`: no transaction of the session writes. Either way a session reads all rows of a table or fails. */
  open(
    spec: TaskSpec,
    connection: string,
    context: CommandContext,
    options: { readonly readOnly: boolean },
  ): Promise<OpenedSession>;
  describe(session: WarehouseSession, table: string): Promise<FoundTable>;
  failureOf(error: unknown, place: string): TaskFailure;
  /** Replaces a table whole, or leaves it as it was. Answers the mark of another one's that stands there, and then does nothing. */
  replaceTable(session: WarehouseSession, kept: KeptTable): Promise<string | undefined>;
}
