import { createHash } from "node:crypto";
import { quoteLiteral, quoteTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/**
 * A staging table that several sessions fill. It is committed before its load is, so its name says which transaction it belongs
 * to: a session that a dead pod left behind can never write into the table of the next one.
 */
export async function partTable(session: Session, target: TableName): Promise<TableName> {
  const { rows } = await session.query<{ id: string }>("SELECT pg_catalog.pg_current_xact_id()::text AS id");
  return { schema: target.schema, table: `${prefix(target)}${rows[0]?.id ?? ""}` };
}

/**
 * Drops what killed loads of these targets left behind; nobody else is writing them, because the targets are locked. Tables of
 * another role, who may drop them, are left to that role's next load.
 */
export async function dropLeftParts(session: Session, targets: readonly TableName[]): Promise<void> {
  const wanted = targets.map((target) => quoteLiteral(prefix(target))).join(", ");
  const [first] = targets;
  if (first === undefined) return;
  const { rows } = await session.query<{ table: string }>(
    `SELECT c.relname::text AS table FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind = 'r' AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
       AND pg_catalog.left(c.relname::text, ${prefix(first).length}) IN (${wanted})`,
    [first.schema],
  );
  for (const { table } of rows) await session.query(`DROP TABLE ${quoteTable({ schema: first.schema, table })}`);
}

function prefix({ table }: TableName): string {
  return `_kelt_part_${createHash("sha256").update(table).digest("hex").slice(0, 16)}_`;
}
