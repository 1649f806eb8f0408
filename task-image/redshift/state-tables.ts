import { prepareOwnTables } from "../loading/own-tables.ts";
import { FILES_TABLE, LOADS_TABLE, REJECTS_TABLE } from "../loading/state-tables.ts";
import type { Session } from "../postgres/session.ts";
import { quoteTable } from "../sql/identifier.ts";
import { redshiftStatements, TEXT_BYTES_MAX } from "./dialect.ts";

/**
 * kelt's own tables in a schema. Redshift enforces no key: the lock of {@link lockLoads} does. Texts are as long as the longest value
 * that a manifest or S3 allows.
 */
const COLUMNS = {
  [LOADS_TABLE]: `
    load_id varchar(512) NOT NULL,
    pipeline varchar(256) NOT NULL,
    node varchar(256) NOT NULL,
    "partition" varchar(256) NOT NULL,
    run varchar(256) NOT NULL,
    attempt integer NOT NULL,
    "tables" varchar(${TEXT_BYTES_MAX}) NOT NULL,
    "rows" bigint NOT NULL,
    bytes bigint NOT NULL,
    started_at timestamp NOT NULL,
    committed_at timestamp NOT NULL`,
  [FILES_TABLE]: `
    target varchar(512) NOT NULL,
    uri varchar(2048) NOT NULL,
    etag varchar(256) NOT NULL,
    bytes bigint NOT NULL,
    load_id varchar(512) NOT NULL,
    loaded_at timestamp NOT NULL`,
  [REJECTS_TABLE]: `
    load_id varchar(512) NOT NULL,
    target varchar(512) NOT NULL,
    uri varchar(2048) NOT NULL,
    line bigint NOT NULL,
    column_name varchar(256),
    value varchar(${TEXT_BYTES_MAX}),
    reason varchar(1024) NOT NULL,
    record varchar(${TEXT_BYTES_MAX}),
    rejected_at timestamp NOT NULL`,
} as const;

/** Makes the schema and kelt's own tables where they are missing. */
export async function prepareSchema(session: Session, schema: string): Promise<void> {
  await prepareOwnTables(redshiftStatements(session), schema, COLUMNS, async () => {
    const { rows } = await session.query<{ name: string | null }>(
      `SELECT c.relname AS name FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
       AND c.relname IN ('${LOADS_TABLE}', '${FILES_TABLE}', '${REJECTS_TABLE}') WHERE n.nspname = $1`,
      [schema],
    );
    return rows.length === 0 ? undefined : new Set(rows.flatMap(({ name }) => (name === null ? [] : [name])));
  });
}

/**
 * Keeps every other load of the schema from publishing until the transaction ends. It has to be the first statement of the transaction:
 * LOCK takes no snapshot, so that what follows sees what the one before has committed (Database Developer Guide, LOCK, "Managing
 * concurrent write operations").
 */
export async function lockLoads(session: Session, schema: string): Promise<void> {
  await session.query(`LOCK TABLE ${quoteTable({ schema, table: LOADS_TABLE })}`);
}
