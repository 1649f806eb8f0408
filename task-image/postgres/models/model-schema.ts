import { quoteIdentifier } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/** Makes a schema unless it is there. Being there is enough: it asks for no privilege then. */
export async function prepareModelSchema(session: Session, schema: string): Promise<void> {
  const exists = async () => {
    const { rows } = await session.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", [schema]);
    return rows.length > 0;
  };
  if (await exists()) return;
  await session.query("BEGIN");
  try {
    // Two sessions that make the same schema at once: IF NOT EXISTS is not safe against that, the lock is.
    const key = [`kelt schema ${schema}`];
    await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", key);
    if (!(await exists())) await session.query(`CREATE SCHEMA ${quoteIdentifier(schema)}`);
    await session.query("COMMIT");
  } catch (error) {
    await session.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
