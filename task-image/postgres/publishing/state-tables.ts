import { ConfigurationError } from "../../errors.ts";
import {
  CURSORS_TABLE,
  FILES_TABLE,
  LOADS_TABLE,
  PARTS_TABLE,
  REJECTS_TABLE,
  type StateTable,
} from "../../loading/state-tables.ts";
import { quoteIdentifier, quoteTable, showTable } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/** kelt's own tables in a schema, and their columns. */
const COLUMNS: Readonly<Record<StateTable, string>> = {
  [LOADS_TABLE]: `
    load_id text PRIMARY KEY,
    pipeline text NOT NULL,
    node text NOT NULL,
    partition text NOT NULL,
    run text NOT NULL,
    attempt int NOT NULL,
    tables jsonb NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    started_at timestamptz NOT NULL,
    committed_at timestamptz NOT NULL`,
  [FILES_TABLE]: `
    target text NOT NULL,
    uri text NOT NULL,
    etag text NOT NULL,
    bytes bigint NOT NULL,
    load_id text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (target, uri, etag)`,
  [CURSORS_TABLE]: `
    namespace text NOT NULL,
    pipeline text NOT NULL,
    node text NOT NULL,
    source text NOT NULL,
    cursor_column text NOT NULL,
    type text NOT NULL,
    value text NOT NULL,
    is_read boolean NOT NULL,
    load_id text NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (namespace, pipeline, node, source)`,
  [PARTS_TABLE]: `
    load_id text NOT NULL,
    part int NOT NULL,
    state text NOT NULL,
    targets text[] NOT NULL,
    share jsonb NOT NULL,
    landed jsonb,
    tables text[] NOT NULL DEFAULT '{}',
    moved_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (load_id, part)`,
  [REJECTS_TABLE]: `
    load_id text NOT NULL,
    target text NOT NULL,
    uri text NOT NULL,
    line bigint,
    column_name text,
    value text NOT NULL,
    reason text NOT NULL,
    record jsonb,
    action text NOT NULL DEFAULT 'reject',
    rejected_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()`,
};

/** Columns that a table did not have from the beginning, and what brings it up to date. */
const LATER_COLUMNS: readonly { readonly table: StateTable; readonly column: string; readonly changes: string }[] = [
  {
    table: REJECTS_TABLE,
    column: "action",
    changes: "ADD COLUMN IF NOT EXISTS action text NOT NULL DEFAULT 'reject', ALTER COLUMN line DROP NOT NULL",
  },
];

/** What a policy hides would be loaded again. */
function refuseHidden(schema: string, tables: readonly string[]): void {
  const [table] = tables;
  if (table === undefined) return;
  throw new ConfigurationError(
    "HiddenRows",
    `${showTable({ schema, table })} is a table of kelt's own and has row level security, which may hide from this role what has been loaded. ALTER TABLE ${quoteTable({ schema, table })} DISABLE ROW LEVEL SECURITY, or load as its owner without FORCE ROW LEVEL SECURITY`,
  );
}

/**
 * Makes the schema and those of kelt's own tables that are wanted, where they or columns of theirs are missing, in a short transaction
 * of its own. Throws a ConfigurationError when row level security may hide rows of one of them.
 */
export async function prepareSchema(session: Session, schema: string, tables: readonly StateTable[]): Promise<void> {
  const { rows } = await session.query<{ found: string; columns: string[]; hidesRows: boolean }>(
    `SELECT c.relname::text AS found, pg_catalog.row_security_active(c.oid) AS "hidesRows",
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2)`,
    [schema, tables],
  );
  refuseHidden(
    schema,
    rows.filter(({ hidesRows }) => hidesRows).map(({ found }) => found),
  );
  const missing = tables.filter((table) => !rows.some(({ found }) => found === table));
  const outdated = LATER_COLUMNS.filter(({ table, column }) =>
    rows.some(({ found, columns }) => found === table && !columns.includes(column)),
  );
  if (missing.length + outdated.length === 0) return;
  // IF NOT EXISTS alone is not safe against another session that makes the same object: the lock is.
  await session.query("BEGIN");
  await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", [
    `kelt schema ${schema}`,
  ]);
  const { rows: schemas } = await session.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", [schema]);
  // CREATE SCHEMA IF NOT EXISTS asks for a privilege that it does not need when the schema is there.
  if (schemas.length === 0) await session.query(`CREATE SCHEMA ${quoteIdentifier(schema)}`);
  for (const table of missing) {
    await session.query(`CREATE TABLE IF NOT EXISTS ${quoteTable({ schema, table })} (${COLUMNS[table]})`);
  }
  for (const { table, changes } of outdated) {
    await session.query(`ALTER TABLE ${quoteTable({ schema, table })} ${changes}`);
  }
  await session.query("COMMIT");
}
