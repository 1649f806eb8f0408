import { requireKey } from "../../loading/keys.ts";
import { quoteIdentifier, quoteTable } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";
import { stagingTable } from "./publication.ts";
import type { StagedTable } from "./staged-table.ts";

/**
 * Keeps of staged rows with one key the one that came last, and answers how many were left out. They lie in the order in which they came:
 * one COPY has written them, and what is read from its beginning (`synchronize_seqscans` is off) keeps it. Ask before anything updates them.
 * Throws a ConfigurationError for rows without a column of the key.
 */
export async function keepLastRows(
  session: Session,
  { target, columns }: Pick<StagedTable, "target" | "columns">,
  key: readonly string[],
): Promise<number> {
  requireKey(target, key, columns);
  const table = quoteTable(stagingTable(target));
  const places = `SELECT ctid AS at, pg_catalog.row_number() OVER (PARTITION BY ${key.map(quoteIdentifier).join(", ")} ORDER BY ctid DESC) AS place FROM ${table}`;
  const { rowCount } = await session.query(
    `DELETE FROM ${table} WHERE ctid IN (SELECT p.at FROM (${places}) AS p WHERE p.place > 1)`,
  );
  return rowCount ?? 0;
}
