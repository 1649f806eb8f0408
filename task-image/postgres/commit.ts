import { TransientError } from "../errors.ts";
import { commitUnknown } from "../loading/commit.ts";
import { databaseFailure, isServerError } from "./failure.ts";
import type { Session } from "./session.ts";

/** Commits. When the answer is lost nobody here can know what happened: the next attempt reads it in the load's record. */
export async function commit(session: Session): Promise<void> {
  try {
    const { command } = await session.query("COMMIT");
    if (command !== "COMMIT") throw new TransientError("RolledBack", "the load was rolled back instead of committed");
  } catch (error) {
    if (isServerError(error) || error instanceof TransientError) throw databaseFailure(error, "committing the load");
    throw commitUnknown(error);
  }
}
