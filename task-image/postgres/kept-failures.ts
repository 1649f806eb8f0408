import type { KeptTable } from "../checks/check-warehouse.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "../sql/identifier.ts";

/**
 * Replaces a table of failing rows in one transaction, where the one that stands there has the same mark; answers the mark of another one's.
 * Readers see the old rows until the new ones are there.
 */
export async function replaceTable(
  session: WarehouseSession,
  { target, mark, select }: KeptTable,
): Promise<string | undefined> {
  const table = quoteTable(target);
  await makeSchema(session, target.schema);
  await session.write("BEGIN");
  try {
    const [there] = await session.select(
      `SELECT coalesce(d.description, '') AS mark FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0
       WHERE n.nspname = $1 AND c.relname = $2`,
      [target.schema, target.table],
    );
    if (there !== undefined && there.mark !== mark) {
      await session.write("ROLLBACK");
      return String(there.mark);
    }
    if (there !== undefined) await session.write(`DROP TABLE ${table}`);
    await session.write(`CREATE TABLE ${table} AS ${select}`);
    await session.write(`COMMENT ON TABLE ${table} IS ${quoteLiteral(mark)}`);
    await session.write("COMMIT");
    return undefined;
  } catch (error) {
    await session.write("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** What is there is looked at first: IF NOT EXISTS asks for rights that it does not need then. */
async function makeSchema(session: WarehouseSession, schema: string): Promise<void> {
  const found = await session.select("SELECT n.oid AS oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1", [
    schema,
  ]);
  if (found.length === 0) await session.write(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
}
