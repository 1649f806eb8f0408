import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readS3Settings } from "../connections/s3-settings.ts";
import type { ObjectStore } from "./object-store.ts";

/** Opens the bucket of a connection that the manifest names. The SDK is imported now and not before. */
export async function openObjectStore(
  spec: Pick<TaskSpec, "connections">,
  connection: string,
  context: Pick<CommandContext, "signal" | "redactor" | "environment">,
): Promise<ObjectStore> {
  const settings = await readS3Settings(connection, namedConnection(spec, connection, "s3"), context.redactor);
  const { openS3Store } = await import("./s3-store.ts");
  if (settings.credentials !== undefined) return openS3Store(settings, settings.credentials, context.signal);
  const { roleCredentials } = await import("./role-credentials.ts");
  return openS3Store(settings, roleCredentials(settings, context), context.signal);
}
