import { forgetFiles, hasFiles } from "../loading/loaded-files.ts";
import type { TableName } from "../sql/identifier.ts";
import { readTarget } from "./catalog.ts";
import { snowflakeStatements } from "./dialect.ts";
import type { SnowflakeSession } from "./session.ts";
import { lockTargets } from "./state-tables.ts";

/**
 * Forgets what was loaded into a target that is gone, before it is made anew: to make it commits, so that a pod that dies afterwards
 * would leave an empty table whose objects count as loaded. Looked at again under the lock, because another load may have made it.
 */
export async function forgetFilesOfGone(session: SnowflakeSession, target: TableName, loadId: string): Promise<void> {
  const statements = snowflakeStatements(session);
  if ((await readTarget(session, target)) !== undefined) return;
  if (!(await hasFiles(statements, target))) return;
  await lockTargets(session, target.schema, [target], loadId);
  if ((await readTarget(session, target)) === undefined) await forgetFiles(statements, target);
  await session.query("COMMIT");
}
