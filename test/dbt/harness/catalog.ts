import type { Row, Warehouse } from "./warehouse.ts";

/** A table, view or materialized view, as far as two engines must make it alike. */
export interface RelationFacts {
  /** pg_class.relkind and relpersistence, such as `r p`: a table that is logged. */
  readonly kind: string;
  readonly comment: string;
  /** Who may do what, in the order of names. */
  readonly grants: readonly string[];
  /** `name type`, then `not null`, a default and the comment where there are any; in the order of the columns. */
  readonly columns: readonly string[];
  /** Definitions of indexes, without their names. */
  readonly indexes: readonly string[];
  readonly constraints: readonly string[];
  /** The query of a view. */
  readonly definition: string;
  /** Every row as text, sorted. */
  readonly rows: readonly string[];
}

export type Catalog = ReadonlyMap<string, RelationFacts>;

/** More rows than this would say nothing more. */
const MOST_ROWS = 50_000;

const RELATIONS = `
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relkind::text || ' ' || c.relpersistence::text AS kind,
         coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
         CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END AS definition
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname !~ '^(pg_|information_schema$)' ORDER BY name`;
const COLUMNS = `
  SELECT a.attrelid AS relation, quote_ident(a.attname) AS name,
         quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || coalesce(' -- ' || col_description(a.attrelid, a.attnum), '') AS value
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`;
const INDEXES = `
  SELECT indrelid AS relation, regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .* ON ', ' INDEX ON ') AS value FROM pg_index ORDER BY 1, 2`;
const CONSTRAINTS = `
  SELECT conrelid AS relation, contype::text || ' ' || pg_get_constraintdef(oid) AS value FROM pg_constraint WHERE conrelid <> 0 ORDER BY 1, 2`;
const GRANTS = `
  SELECT c.oid AS relation, a.grantee::regrole::text || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END AS value
    FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee <> 0 ORDER BY 1, 2`;

/**
 * All that is in a database but the system's own. Of `volatile` columns, which hold other values at each run, rows say only whether they
 * are null.
 */
export async function readCatalog(warehouse: Warehouse, volatile: ReadonlySet<string>): Promise<Catalog> {
  const columns = await warehouse.query(COLUMNS);
  const indexes = await warehouse.query(INDEXES);
  const constraints = await warehouse.query(CONSTRAINTS);
  const grants = await warehouse.query(GRANTS);
  const catalog = new Map<string, RelationFacts>();
  for (const { oid, name, kind, comment, definition } of await warehouse.query(RELATIONS)) {
    const of = (rows: readonly Row[]) => rows.filter(({ relation }) => relation === oid);
    const values = (rows: readonly Row[]) => of(rows).map(({ value }) => value ?? "");
    const names = of(columns).map((column) => column.name ?? "");
    catalog.set(name ?? "", {
      kind: kind ?? "",
      comment: comment ?? "",
      definition: definition ?? "",
      columns: values(columns),
      indexes: values(indexes),
      constraints: values(constraints),
      grants: values(grants),
      rows: await readRows(warehouse, name ?? "", names, volatile),
    });
  }
  return catalog;
}

async function readRows(
  warehouse: Warehouse,
  relation: string,
  columns: readonly string[],
  volatile: ReadonlySet<string>,
): Promise<readonly string[]> {
  const cells = columns.map((name) => (volatile.has(name) ? `(t.${name} IS NULL)::text` : `t.${name}::text`));
  const row = `ARRAY[${cells.join(", ")}]::text[]::text`;
  const rows = await warehouse.query(`SELECT ${row} AS value FROM ${relation} AS t ORDER BY 1 LIMIT ${MOST_ROWS}`);
  return rows.map(({ value }) => value ?? "");
}
