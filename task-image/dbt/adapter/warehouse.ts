import type { Stored, Value } from "../../jinja/values/value.ts";
import type { Adapter } from "./adapter.ts";
import type { RelationDialect } from "./relation-dialect.ts";

/** What an adapter of dbt does in its own way, beside its macros. */
export interface Warehouse extends RelationDialect {
  /** `target.type`, and what `adapter.type()` answers. */
  readonly type: string;
  /** A cell of an answer, as dbt's driver for this warehouse gives it to Python. */
  value(cell: string, type: number): Value;
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
