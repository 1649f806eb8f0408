import { quoteIdentifier, quoteTable } from "../sql/identifier.ts";
import type { WarehouseSession } from "./warehouse-session.ts";

/** kelt's own tables in a schema, by name as the catalog holds them, and the columns of each as SQL writes them. */
export type OwnTables = Readonly<Record<string, string>>;

/**
 * Makes the schema and kelt's own tables where they are missing. Each statement is a transaction of its own. What is there is looked at
 * first: IF NOT EXISTS asks for rights that it does not need then. `findOwn` answers which of kelt's own tables there are; undefined
 * when there is no schema.
 */
export async function prepareOwnTables(
  session: WarehouseSession,
  schema: string,
  tables: OwnTables,
  findOwn: () => Promise<ReadonlySet<string> | undefined>,
): Promise<void> {
  const found = await findOwn();
  if (found === undefined) {
    await makeOnce(
      () => session.write(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`),
      async () => (await findOwn()) !== undefined,
    );
  }
  for (const [table, columns] of Object.entries(tables)) {
    if (found?.has(table) === true) continue;
    await makeOnce(
      () => session.write(`CREATE TABLE IF NOT EXISTS ${quoteTable({ schema, table })} (${columns})`),
      async () => (await findOwn())?.has(table) === true,
    );
  }
}

/**
 * Makes something of kelt's own that another load may be making at the same time: IF NOT EXISTS looks before it makes, and between the two
 * the other one can be faster. An error counts only where the thing is not there afterwards.
 */
export async function makeOnce(make: () => Promise<unknown>, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (!(await isThere().catch(() => false))) throw error;
  }
}
