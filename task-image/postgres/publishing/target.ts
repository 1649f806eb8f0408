import { quoteTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/** A column of a target table, as far as its publication depends on it. */
export interface TargetColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** It fills itself: a default or an identity. */
  readonly fillsItself: boolean;
  /** Its value is computed: nothing can be inserted. */
  readonly isGenerated: boolean;
  /** An identity whose values no UPDATE may set. */
  readonly isAlwaysIdentity: boolean;
  /** Views, materialized views and rules that read it, as `schema.view`. */
  readonly views: readonly string[];
}

/** A foreign key of another table that points to the target. */
export interface IncomingForeignKey {
  readonly name: string;
  readonly table: string;
  /** NO ACTION and DEFERRABLE: the only kind that a refill in one transaction can satisfy. */
  readonly canWait: boolean;
}

/** A relation that a load is going to write. */
export interface Target {
  readonly relation: TableName;
  /** pg_class.relkind. */
  readonly kind: string;
  readonly columns: readonly TargetColumn[];
  /** Everything that a new table in its place would lack, in Postgres' own words; empty when nothing would be lost. */
  readonly attachments: readonly string[];
  readonly incomingForeignKeys: readonly IncomingForeignKey[];
  readonly ownedByUser: boolean;
  readonly canTruncate: boolean;
  /** Tables that inherit from it, as `schema.table`: their rows are not its own. Partitions are not among them. */
  readonly heirs: readonly string[];
  /** Rules ON INSERT DO INSTEAD. */
  readonly insteadRules: readonly string[];
  /** Policies of row level security that this user's statements obey; null where none of the rows is hidden from it. */
  readonly policies: readonly string[] | null;
}

/*
 * What would be lost with the table. pg_depend knows indexes, constraints, defaults, owned sequences, views, rules, triggers,
 * policies, publications, extended statistics, partitions, functions and foreign keys; left out are the parts that every table has (row
 * type, TOAST table) and NOT NULL, which Postgres 18 lists as constraints. Everything else lies in other catalogs.
 */
const ATTACHMENTS = `
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS what
FROM pg_catalog.pg_depend d
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
  AND NOT (d.classid = 'pg_type'::regclass AND d.deptype = 'i')
  AND NOT (d.classid = 'pg_class'::regclass AND d.objid = t.reltoastrelid)
  AND NOT (d.classid = 'pg_constraint'::regclass
    AND EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE n.oid = d.objid AND n.contype = 'n'))
UNION ALL
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type y ON y.oid = d.refobjid
WHERE d.refclassid = 'pg_type'::regclass AND (y.oid = t.reltype OR y.typelem = t.reltype) AND d.deptype <> 'i'
UNION ALL
SELECT 'membership in ' || pg_catalog.pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
FROM pg_catalog.pg_depend d
WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_extension'::regclass
UNION ALL
SELECT 'parent ' || i.inhparent::regclass::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = t.oid
UNION ALL
SELECT 'subscription' FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = t.oid
UNION ALL
SELECT 'comment' FROM pg_catalog.pg_description c
WHERE c.classoid = 'pg_class'::regclass AND c.objoid = t.oid OR c.classoid = 'pg_type'::regclass AND c.objoid = t.reltype
UNION ALL
SELECT 'security label' FROM pg_catalog.pg_seclabel l
WHERE l.classoid = 'pg_class'::regclass AND l.objoid = t.oid OR l.classoid = 'pg_type'::regclass AND l.objoid = t.reltype
UNION ALL
SELECT 'grants' WHERE t.relacl IS NOT NULL
UNION ALL
SELECT 'grants of its type' FROM pg_catalog.pg_type y WHERE y.oid = t.reltype AND y.typacl IS NOT NULL
UNION ALL
SELECT 'type ' || t.reloftype::regtype::text WHERE t.reloftype <> 0
UNION ALL
SELECT 'settings' FROM pg_catalog.pg_class o WHERE o.oid IN (t.oid, t.reltoastrelid) AND o.reloptions IS NOT NULL
UNION ALL
SELECT 'settings' WHERE t.relpersistence <> 'p' OR t.relreplident <> 'd' OR t.relrowsecurity OR t.relforcerowsecurity OR t.reltablespace <> 0
UNION ALL
SELECT 'access method ' || m.amname FROM pg_catalog.pg_am m
WHERE m.oid = t.relam AND m.amname <> pg_catalog.current_setting('default_table_access_method')
UNION ALL
SELECT pg_catalog.format('%s of column %s', k.what, a.attname)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
CROSS JOIN LATERAL (VALUES
  ('grants', a.attacl IS NOT NULL),
  ('settings', a.attoptions IS NOT NULL),
  ('collation', a.attcollation <> y.typcollation),
  ('storage', a.attstorage <> y.typstorage),
  ('compression', a.attcompression <> ''),
  ('statistics target', coalesce(a.attstattarget, -1) >= 0)
) AS k(what, is_set)
WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND k.is_set`;

const COLUMNS = `
SELECT a.attnum, pg_catalog.json_build_object(
  'name', a.attname,
  'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
  'notNull', a.attnotnull,
  'fillsItself', (a.atthasdef AND a.attgenerated = '') OR a.attidentity <> '',
  'isGenerated', a.attgenerated <> '',
  'isAlwaysIdentity', a.attidentity = 'a',
  'views', ARRAY(
    SELECT DISTINCT pg_catalog.format('%s.%s', n.nspname, v.relname)
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
    JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid = a.attnum AND v.oid <> t.oid
    ORDER BY 1)
) AS column
FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const FOREIGN_KEYS = `
SELECT pg_catalog.json_build_object(
  'name', f.conname, 'table', f.conrelid::regclass::text, 'canWait', f.condeferrable AND f.confdeltype = 'a'
) AS key
FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND f.confrelid = t.oid AND f.conrelid <> t.oid`;

/** Describes the relation of that name, or answers undefined when there is none. */
export async function readTarget(session: Session, relation: TableName): Promise<Target | undefined> {
  const { rows } = await session.query<Omit<Target, "relation">>(
    `SELECT t.relkind AS kind,
       ARRAY(SELECT what FROM (${ATTACHMENTS}) AS all_of_them ORDER BY 1)::text[] AS attachments,
       (SELECT coalesce(pg_catalog.json_agg(c.column ORDER BY c.attnum), '[]') FROM (${COLUMNS}) AS c) AS columns,
       (SELECT coalesce(pg_catalog.json_agg(k.key), '[]') FROM (${FOREIGN_KEYS}) AS k) AS "incomingForeignKeys",
       pg_catalog.pg_get_userbyid(t.relowner) = current_user AS "ownedByUser",
       CASE WHEN t.relkind IN ('r', 'p') THEN pg_catalog.has_table_privilege(t.oid, 'TRUNCATE') ELSE false END AS "canTruncate",
       ARRAY(SELECT pg_catalog.format('%s.%s', hn.nspname, h.relname)
         FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class h ON h.oid = i.inhrelid
         JOIN pg_catalog.pg_namespace hn ON hn.oid = h.relnamespace
         WHERE t.relkind = 'r' AND i.inhparent = t.oid ORDER BY 1)::text[] AS heirs,
       ARRAY(SELECT r.rulename FROM pg_catalog.pg_rewrite r
         WHERE r.ev_class = t.oid AND r.ev_type = '3' AND r.is_instead AND r.ev_enabled <> 'D' ORDER BY 1)::text[] AS "insteadRules",
       CASE WHEN t.relkind IN ('r', 'p') AND pg_catalog.row_security_active(t.oid)
         THEN ARRAY(SELECT p.polname FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid ORDER BY 1)::text[] END AS policies
     FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
     WHERE n.nspname = $1 AND t.relname = $2`,
    [relation.schema, relation.table],
  );
  const [row] = rows;
  return row === undefined ? undefined : { relation, ...row };
}

/** The table's own rows as statements name them: with those of its partitions, without those of tables that inherit from it. */
export function ownRows({ relation, kind }: Pick<Target, "relation" | "kind">): string {
  return kind === "p" ? quoteTable(relation) : `ONLY ${quoteTable(relation)}`;
}

/** Keeps everybody else from reading or writing the table until the transaction ends. */
export async function lockTable(session: Session, relation: TableName): Promise<void> {
  await session.query(`LOCK TABLE ${quoteTable(relation)} IN ACCESS EXCLUSIVE MODE`);
}
