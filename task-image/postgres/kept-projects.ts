import type { ProjectKey } from "../dbt/warehouses/dbt-warehouse.ts";
import { PROJECTS_TABLE } from "../loading/state-tables.ts";
import { quoteIdentifier, quoteTable } from "../sql/identifier.ts";
import type { Session } from "./session.ts";

/** Rows of runs that are older than this are taken away. */
const KEPT = "30 days";

/** Keeps a project that has been read in `_kelt_projects` of a schema, where the other Jobs of its run find it. */
export async function keepProject(session: Session, schema: string, key: ProjectKey, bytes: Buffer): Promise<void> {
  const table = quoteTable({ schema, table: PROJECTS_TABLE });
  if (!(await isThere(session, table))) {
    await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
    await session.query(`CREATE TABLE IF NOT EXISTS ${table} (run_uid text NOT NULL, node text NOT NULL, digest text NOT NULL,
      project bytea NOT NULL, written_at timestamptz NOT NULL, PRIMARY KEY (run_uid, node, digest))`);
  }
  await session.query(`DELETE FROM ${table} WHERE written_at < now() - interval '${KEPT}'`);
  await session.query(
    `INSERT INTO ${table} (run_uid, node, digest, project, written_at)
       SELECT $1, $2, $3, decode($4, 'base64'), now() ON CONFLICT (run_uid, node, digest) DO NOTHING`,
    [key.runUid, key.node, key.digest, bytes.toString("base64")],
  );
}

/** What was kept under the key; nothing where it is gone. */
export async function findProject(session: Session, schema: string, key: ProjectKey): Promise<Buffer | undefined> {
  const table = quoteTable({ schema, table: PROJECTS_TABLE });
  if (!(await isThere(session, table))) return undefined;
  const { rows } = await session.query<{ project: string }>(
    `SELECT encode(project, 'base64') AS project FROM ${table} WHERE run_uid = $1 AND node = $2 AND digest = $3`,
    [key.runUid, key.node, key.digest],
  );
  const [row] = rows;
  return row === undefined ? undefined : Buffer.from(row.project, "base64");
}

async function isThere(session: Session, table: string): Promise<boolean> {
  const { rows } = await session.query("SELECT to_regclass($1) IS NOT NULL AS found", [table]);
  return rows[0]?.found === true || rows[0]?.found === "t";
}
