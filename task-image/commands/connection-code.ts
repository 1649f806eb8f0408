import type { ConnectionKind, TaskSpec } from "#api/task.ts";
import type { WarehouseKind } from "#api/verbs/verb.ts";
import { isWarehouse, WAREHOUSES } from "../warehouses.ts";

/** The code and the packages by which connections of the kinds that are no warehouse are opened. */
const CODE: Readonly<Record<Exclude<ConnectionKind, WarehouseKind>, () => Promise<unknown>>> = {
  s3: () => import("../object-store/s3-store.ts"),
  http: () => import("../http/client.ts"),
  files: () => Promise.resolve(),
};

/** Loads what the connections of a task are opened with, and opens none. */
export async function loadConnectionCode({ connections }: TaskSpec): Promise<void> {
  const kinds = new Set(Object.values(connections).map(({ kind }) => kind));
  const load = async (kind: ConnectionKind) =>
    isWarehouse(kind) ? await (await WAREHOUSES[kind]()).loadDriver() : await CODE[kind]();
  await Promise.all([...kinds].map(load));
}
