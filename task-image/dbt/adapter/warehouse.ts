import type { Stored, Value } from "../../jinja/values/value.ts";
import type { StatementResult } from "../bridge/messages.ts";
import type { TableValue } from "../values/table.ts";
import type { Adapter } from "./adapter.ts";
import type { ResponseValue } from "./answers.ts";
import type { ColumnDialect } from "./column-dialect.ts";
import type { RelationDialect } from "./relation-dialect.ts";

/** Adapters whose macro packages are there. */
export type AdapterType = "postgres" | "redshift";

/** What an adapter of dbt does in its own way, beside its macros. */
export interface Warehouse extends RelationDialect {
  /** `target.type`, and what `adapter.type()` answers. */
  readonly type: string;
  /** The adapter, then those that it builds upon: `["redshift", "postgres"]`. Their macro packages are read. */
  readonly types: readonly AdapterType[];
  readonly columns: ColumnDialect;
  /** A cell of an answer, as dbt's driver for this warehouse gives it to Python. */
  value(cell: string, type: number): Value;
  /** What a statement has done, as dbt's driver says it. */
  response(result: StatementResult): ResponseValue;
  /** A text among the values of a statement. */
  text(value: string): string;
  /** The type of a seed's column that no setting gives a type. */
  seedType(table: TableValue, index: number): string;
  /** Whether large seeds go in by COPY. */
  readonly copiesSeeds: boolean;
  /** A relation is dropped in a transaction of its own. */
  readonly dropsAlone: boolean;
  /** The driver's name for a type: contracts and snapshots compare it. */
  typeName(type: number): string;
  /** Incremental strategies that dbt allows here. */
  readonly strategies: ReadonlySet<string>;
  /** Types of constraints that are written into `create table`. */
  readonly constraints: ReadonlySet<string>;
  /** A member of `adapter` that other warehouses do not have. */
  member(adapter: Adapter, name: string): Stored | undefined;
  /** A table's or view's own reads, for warehouses where dropping one drops the others. */
  linkRelations(adapter: Adapter): void;
}
