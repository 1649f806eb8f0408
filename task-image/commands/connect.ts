import type { ConnectionKind } from "#api/task.ts";
import type { WarehouseKind } from "#api/verbs/verb.ts";
import type { Ask } from "../connections/answer.ts";
import { findConnection } from "../connections/named-connection.ts";
import { isWarehouse, warehouseOf } from "../warehouses.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/** The question to each kind of connection that is not a warehouse, one file for each; imported when it is wanted. */
const ASK: Readonly<Record<Exclude<ConnectionKind, WarehouseKind>, () => Promise<Ask>>> = {
  s3: async () => (await import("../object-store/connect.ts")).askBucket,
  http: async () => (await import("../http/connect.ts")).askApi,
  files: async () => (await import("../sources/files/connect.ts")).askVolume,
};

/** Tests a connection. */
export async function connect(spec: SpecOf<"connect">, context: CommandContext): Promise<Outcome> {
  const { connection } = spec.work.connect;
  const { kind } = findConnection(spec, connection);
  const ask = isWarehouse(kind) ? (await warehouseOf(kind)).connect : await ASK[kind]();
  const server = await ask(spec, connection, context);
  return { message: `${server.version} answers in ${server.latencyMs} ms`, server };
}
