import type { ExistingColumn } from "../loading/reshaping.ts";
import { notATable } from "../loading/targets.ts";
import type { Session } from "../postgres/session.ts";
import type { TableName } from "../sql/identifier.ts";

interface CatalogRow {
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly fills_itself: boolean;
}

/** The columns of a target in their order, types as the catalog writes them; undefined when there is none. Throws a ConfigurationError for what is no table. */
export async function readTarget(session: Session, target: TableName): Promise<readonly ExistingColumn[] | undefined> {
  const rows = await columnsWhere(session, "n.nspname = $1 AND c.relname = $2", [target.schema, target.table]);
  const [first] = rows;
  if (first === undefined) return undefined;
  if (first.kind !== "r") throw notATable(target, `a view, or another relation (relkind ${first.kind})`);
  return rows.map(({ name, type, fills_itself: fillsItself }) => ({ name, type, fillsItself }));
}

/** The columns of a temporary table of this session, whose name is its alone. */
export async function readTemporary(session: Session, table: string) {
  const rows = await columnsWhere(session, "n.nspname LIKE 'pg_temp_%' AND c.relname = $1", [table]);
  return rows.map(({ name, type }) => ({ name, type, notNull: false }));
}

/** The oid of a temporary table, by which Redshift's logs name it. */
export async function oidOfTemporary(session: Session, table: string): Promise<string> {
  const { rows } = await session.query<{ oid: number | string }>(
    `SELECT c.oid AS oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname LIKE 'pg_temp_%' AND c.relname = $1`,
    [table],
  );
  return String(rows[0]?.oid ?? "");
}

async function columnsWhere(
  session: Session,
  condition: string,
  values: readonly string[],
): Promise<readonly CatalogRow[]> {
  const { rows } = await session.query<CatalogRow>(
    `SELECT c.relkind AS kind, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.atthasdef AS fills_itself
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE ${condition} ORDER BY a.attnum`,
    values,
  );
  return rows;
}
