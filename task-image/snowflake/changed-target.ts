import { DataError, TransientError } from "../errors.ts";
import { planReshaping, type Reshaping } from "../loading/reshaping.ts";
import type { Writing } from "../loading/writing.ts";
import { showTable } from "../sql/identifier.ts";
import { readTarget } from "./catalog.ts";
import type { Prepared } from "./publication.ts";
import type { SnowflakeSession } from "./session.ts";

/**
 * Asked under the lock: throws a TransientError unless the target is still what its columns were prepared for. Another load may have
 * given it others since, and a value that is written into a number of fewer digits is rounded without a word. A table that is swapped
 * brings its columns along.
 */
export async function refuseChangedTarget(
  session: SnowflakeSession,
  writing: Writing,
  { staged, beside }: Prepared,
): Promise<void> {
  if (beside !== undefined) return;
  const { target, columns } = staged;
  const existing = await readTarget(session, target);
  const plan =
    existing === undefined ? undefined : planOf(() => planReshaping(writing, target, existing.columns, columns));
  if (plan !== undefined && plan.add.length === 0 && plan.drop.length === 0) return;
  const found = existing === undefined ? "it is gone" : "it has other columns";
  throw new TransientError(
    "TargetChanged",
    `publishing ${showTable(target)}: expected the table that it was when the load looked at it, found that ${found}. Nothing has been published; the next attempt begins with what is there`,
  );
}

function planOf(plan: () => Reshaping): Reshaping | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
