import pg from "pg";
import type { PostgresServer } from "../../support/servers/postgres.ts";
import type { Target } from "./engine.ts";

/** Every engine works in a database of this name, made anew, so that statements have the same names. */
const DATABASE = "warehouse";
const SCHEMA = "lab";
/** Roles that projects grant rights to. */
const ROLES = ["reader", "writer"] as const;

/** One row, every value as text or null. */
export type Row = Readonly<Record<string, string | null>>;

/** A database for one engine and one project. */
export interface Warehouse extends AsyncDisposable {
  query(sql: string): Promise<readonly Row[]>;
  target(name: string, threads: number): Target;
}

/** Makes the database. It goes with `await using`, whoever is still connected. */
export async function openWarehouse({ host, port, user, password }: PostgresServer): Promise<Warehouse> {
  const connect = async (database: string) => {
    const client = new pg.Client({ host, port, user, password, database, types: { getTypeParser: () => String } });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const admin = await connect("postgres");
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  for (const role of ROLES) {
    await admin.query(`DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  }
  const client = await connect(DATABASE);
  return {
    query: async (sql) => {
      const results = [await client.query(sql)].flat();
      return (results.at(-1)?.rows ?? []) as Row[];
    },
    target: (name, threads) => ({ name, host, port, user, password, database: DATABASE, schema: SCHEMA, threads }),
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await admin.query(`DROP DATABASE ${DATABASE} WITH (FORCE)`);
      await admin.end();
    },
  };
}
