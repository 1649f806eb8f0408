import { ConfigurationError } from "../../errors.ts";
import { quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { isServerError } from "../failure.ts";
import type { Session } from "../session.ts";

/** A view that reads a relation, directly or through other views, with all that it takes to make it again. */
export interface DependentView {
  readonly relation: TableName;
  readonly definition: string;
  readonly grants: readonly string[];
}

interface Row {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly definition: string;
  readonly grants: readonly string[];
}

/** GRANT statements that give a relation the rights that others have on it now. `c` is its row of pg_class. */
const GRANTS = `ARRAY(
  SELECT pg_catalog.format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner ORDER BY 1)`;

/** Views come through their rules: pg_depend knows which rule reads which relation. */
const DEPENDENTS = `
WITH RECURSIVE reading(view, read) AS (
  SELECT r.ev_class, d.refobjid
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid
), found(view, depth) AS (
  SELECT view, 1 FROM reading WHERE read = $1::regclass
  UNION
  SELECT reading.view, depth + 1 FROM found JOIN reading ON reading.read = found.view
)
SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
  pg_catalog.pg_get_viewdef(c.oid) AS definition, ${GRANTS} AS grants
FROM (SELECT view, max(depth) AS depth FROM found GROUP BY view) AS deepest
JOIN pg_catalog.pg_class c ON c.oid = deepest.view JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY deepest.depth DESC, 1, 2`;

/** The rights that others have on a relation, as GRANT statements. */
export async function readGrants(session: Session, relation: TableName): Promise<readonly string[]> {
  const { rows } = await session.query<{ grants: readonly string[] }>(
    `SELECT ${GRANTS} AS grants FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = $1::regclass`,
    [quoteTable(relation)],
  );
  return rows[0]?.grants ?? [];
}

/**
 * Drops the views that read a relation, the outermost first, when all of them belong to the project: its run makes them again.
 *
 * @throws {ConfigurationError} naming the views that do not, before anything is dropped.
 */
export async function dropDependents(
  session: Session,
  relation: TableName,
  own: readonly TableName[],
): Promise<readonly DependentView[]> {
  const { rows } = await session.query<Row>(DEPENDENTS, [quoteTable(relation)]);
  const isOwn = ({ schema, name, kind }: Row) =>
    kind === "v" && own.some((each) => each.schema === schema && each.table === name);
  const strange = rows.filter((row) => !isOwn(row)).map(({ schema, name }) => `${schema}.${name}`);
  if (strange.length > 0) throw inUse(relation, strange.join(", "));
  const dropped: DependentView[] = [];
  for (const { schema, name, definition, grants } of rows) {
    const view = { schema, table: name };
    await dropRelation(session, "VIEW", view);
    dropped.push({ relation: view, definition, grants });
  }
  return dropped;
}

/**
 * Drops a relation that nothing depends on. Never with CASCADE.
 *
 * @throws {ConfigurationError} naming what depends on it.
 */
export async function dropRelation(session: Session, kind: "VIEW" | "TABLE", relation: TableName): Promise<void> {
  try {
    await session.query(`DROP ${kind} ${quoteTable(relation)} RESTRICT`);
  } catch (error) {
    // 2BP01: dependent objects still exist; the detail names them.
    if (isServerError(error) && error.code === "2BP01") throw inUse(relation, error.detail ?? error.message);
    throw error;
  }
}

/**
 * Makes dropped views again as they were, the innermost first. One that the new columns do not allow any more stays away until
 * its own model is built.
 */
export async function restoreDependents(session: Session, dropped: readonly DependentView[]): Promise<void> {
  for (const { relation, definition, grants } of [...dropped].reverse()) {
    await session.query("SAVEPOINT restore");
    try {
      await session.query(`CREATE VIEW ${quoteTable(relation)} AS ${definition}`);
      for (const grant of grants) await session.query(grant);
    } catch (error) {
      if (!isServerError(error)) throw error;
      await session.query("ROLLBACK TO SAVEPOINT restore");
    }
    await session.query("RELEASE SAVEPOINT restore");
  }
}

function inUse(relation: TableName, users: string): ConfigurationError {
  return new ConfigurationError(
    "RelationInUse",
    `${showTable(relation)} has to be made anew, and others depend on it: ${users}. Drop them and run again, or keep the columns as they were`,
  );
}
