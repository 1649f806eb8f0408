import type { ConnectionKind, TaskSpec } from "#api/task.ts";
import type { WarehouseKind } from "#api/verbs/verb.ts";
import type { CheckWarehouse } from "./checks/check-warehouse.ts";
import type { Command, CommandContext, Outcome, Part, SpecOf } from "./commands/command.ts";
import type { Ask } from "./connections/answer.ts";
import type { DbtWarehouse } from "./dbt/warehouses/dbt-warehouse.ts";
import type { OpenedSession } from "./loading/warehouse-session.ts";

/** What can be done with a kind of warehouse, by verb. What a verb needs is imported when it is wanted. */
export interface Warehouse {
  readonly load: Command<"load">;
  /** Does one part of a load that several pods do; missing where the warehouse itself reads several files at a time. */
  readonly loadPart?: (spec: SpecOf<"load">, part: Part, context: CommandContext) => Promise<Outcome>;
  readonly connect: Ask;
  /** Where dbt projects run on it. */
  readonly dbt?: () => Promise<DbtWarehouse>;
  readonly checks: () => Promise<CheckWarehouse>;
  /** Opens a session for what all warehouses share. */
  readonly open: (
    spec: TaskSpec,
    connection: string,
    context: Pick<CommandContext, "signal" | "redactor">,
  ) => Promise<OpenedSession>;
  /** Loads the package by which its sessions are opened, and opens none. */
  readonly loadDriver: () => Promise<unknown>;
}

/** Every kind of warehouse. A new one is its folder, with a `warehouse.ts`, and a line here. */
export const WAREHOUSES = {
  postgres: async () => (await import("./postgres/warehouse.ts")).WAREHOUSE,
  redshift: async () => (await import("./redshift/warehouse.ts")).WAREHOUSE,
  snowflake: async () => (await import("./snowflake/warehouse.ts")).WAREHOUSE,
} satisfies Record<WarehouseKind, () => Promise<Warehouse>>;

export function isWarehouse(kind: ConnectionKind | undefined): kind is WarehouseKind {
  return kind !== undefined && Object.hasOwn(WAREHOUSES, kind);
}

/** The warehouse of a kind. A connection of any other kind is Postgres' to refuse: it says which connection it expected. */
export function warehouseOf(kind: ConnectionKind | undefined): Promise<Warehouse> {
  return WAREHOUSES[isWarehouse(kind) ? kind : "postgres"]();
}
