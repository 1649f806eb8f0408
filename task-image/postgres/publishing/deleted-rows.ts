import { ConfigurationError } from "../../errors.ts";
import { quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/** What can keep a row that was deleted, or bring it back: triggers and rules ON DELETE, as `trigger NAME`. */
const KEEPERS = `
SELECT pg_catalog.format('trigger %s', g.tgname) AS keeper FROM pg_catalog.pg_trigger g
WHERE g.tgrelid = $1::regclass AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND (g.tgtype & 8) <> 0
UNION ALL
SELECT pg_catalog.format('rule %s', r.rulename) FROM pg_catalog.pg_rewrite r
WHERE r.ev_class = $1::regclass AND r.ev_type = '4' AND r.ev_enabled <> 'D'
ORDER BY 1`;

/**
 * Throws a ConfigurationError when a DELETE has left rows behind, as soft deletes do. `query` finds one of them.
 */
export async function expectDeleted(session: Session, relation: TableName, query: string): Promise<void> {
  if ((await session.query(query)).rowCount === 0) return;
  const { rows } = await session.query<{ keeper: string }>(KEEPERS, [quoteTable(relation)]);
  const keepers = rows.length === 0 ? "triggers of it" : rows.map(({ keeper }) => keeper).join(", ");
  throw new ConfigurationError(
    "RowsLeft",
    `rows of ${showTable(relation)} that this load replaces were deleted and are still there: ${keepers}. Nothing has been published. Drop or disable what keeps them, or use mode append or merge`,
  );
}
