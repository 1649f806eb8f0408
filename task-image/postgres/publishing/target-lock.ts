import { showTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/**
 * Takes the right to write tables until the transaction ends, so that two pods never write the same one. Everybody takes the
 * locks in the order of the names, so that nobody waits in a circle. `onWait` is called before it waits for another writer.
 */
export async function lockTargets(
  session: Session,
  tables: readonly TableName[],
  onWait: (table: string) => void,
): Promise<void> {
  const names = [...new Set(tables.map(showTable))].sort();
  for (const name of names) {
    const key = [`kelt ${name}`];
    const { rows } = await session.query<{ taken: boolean }>(
      "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1, 0)) AS taken",
      key,
    );
    if (rows[0]?.taken === true) continue;
    onWait(name);
    await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", key);
  }
}

/** Lets one pod of a load after the other through until its transaction ends. */
export async function lockLoad(session: Session, loadId: string): Promise<void> {
  await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", [
    `kelt load ${loadId}`,
  ]);
}
