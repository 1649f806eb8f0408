import type { NodeResultsTable, ResultsOwner } from "../dbt/warehouses/dbt-warehouse.ts";
import { NODES_TABLE } from "../loading/state-tables.ts";
import { quoteIdentifier, quoteTable } from "../sql/identifier.ts";
import type { Session } from "./session.ts";

/** Rows of runs that are older than this are taken away. */
const KEPT = "30 days";

export function nodeResultsTable(session: Session, schema: string, owner: ResultsOwner): NodeResultsTable {
  const table = quoteTable({ schema, table: NODES_TABLE });
  const { runUid, node, content } = owner;
  let isMade = false;
  const isThere = async () => {
    const { rows } = await session.query("SELECT to_regclass($1) IS NOT NULL AS found", [table]);
    return rows[0]?.found === true || rows[0]?.found === "t";
  };
  const make = async () => {
    if (!(await isThere())) {
      await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
      await session.query(`CREATE TABLE IF NOT EXISTS ${table} (run_uid text NOT NULL, node text NOT NULL, content text NOT NULL,
        unique_id text NOT NULL, result text NOT NULL, written_at timestamptz NOT NULL, PRIMARY KEY (run_uid, node, unique_id))`);
    }
    await session.query(`DELETE FROM ${table} WHERE written_at < now() - interval '${KEPT}'`);
    isMade = true;
  };
  return {
    read: async () => {
      if (!(await isThere())) return new Map();
      const { rows } = await session.query<{ unique_id: string; result: string }>(
        `SELECT unique_id, result FROM ${table} WHERE run_uid = $1 AND node = $2 AND content = $3`,
        [runUid, node, content],
      );
      return new Map(rows.map(({ unique_id: id, result }) => [id, result] as const));
    },
    write: async (results) => {
      if (!isMade) await make();
      await session.query(
        `INSERT INTO ${table} (run_uid, node, content, unique_id, result, written_at)
           SELECT $1, $2, $3, each.id, each.result, now() FROM unnest($4::text[], $5::text[]) AS each (id, result)
         ON CONFLICT (run_uid, node, unique_id) DO UPDATE
           SET content = excluded.content, result = excluded.result, written_at = excluded.written_at`,
        [runUid, node, content, [...results.keys()], [...results.values()]],
      );
    },
  };
}
