import { prepareOwnTables } from "../loading/own-tables.ts";
import { FILES_TABLE, LOADS_TABLE, REJECTS_TABLE } from "../loading/state-tables.ts";
import { quoteTable, type TableName } from "../sql/identifier.ts";
import { snowflakeStatements } from "./dialect.ts";
import { foldName, OWN_PREFIX } from "./identifier.ts";
import type { SnowflakeSession } from "./session.ts";

export const LOADS = foldName(LOADS_TABLE);
export const REJECTS = foldName(REJECTS_TABLE);
/** One row for each target: what a load updates first, so that the next one waits for it. */
export const TARGETS = "_KELT_TARGETS";

/** Columns of a rejected row, in the table of rejects and in the one that a load keeps until it publishes. */
export const REJECT_COLUMNS = `
    LOAD_ID VARCHAR NOT NULL,
    TARGET VARCHAR NOT NULL,
    URI VARCHAR NOT NULL,
    LINE NUMBER(38,0),
    ROW_NUMBER NUMBER(38,0) NOT NULL,
    COLUMN_NAME VARCHAR,
    VALUE VARCHAR,
    REASON VARCHAR NOT NULL,
    RECORD VARCHAR,
    REJECTED_AT TIMESTAMP_TZ NOT NULL`;

/** kelt's own tables in a schema. Snowflake enforces no key: the lock of {@link TARGETS} does. */
const COLUMNS = {
  [LOADS]: `
    LOAD_ID VARCHAR NOT NULL,
    PIPELINE VARCHAR NOT NULL,
    NODE VARCHAR NOT NULL,
    PARTITION VARCHAR NOT NULL,
    RUN VARCHAR NOT NULL,
    ATTEMPT NUMBER(38,0) NOT NULL,
    TABLES VARCHAR NOT NULL,
    "ROWS" NUMBER(38,0) NOT NULL,
    BYTES NUMBER(38,0) NOT NULL,
    STARTED_AT TIMESTAMP_TZ NOT NULL,
    COMMITTED_AT TIMESTAMP_TZ NOT NULL`,
  [foldName(FILES_TABLE)]: `
    TARGET VARCHAR NOT NULL,
    URI VARCHAR NOT NULL,
    ETAG VARCHAR NOT NULL,
    BYTES NUMBER(38,0) NOT NULL,
    LOAD_ID VARCHAR NOT NULL,
    LOADED_AT TIMESTAMP_TZ NOT NULL`,
  [REJECTS]: REJECT_COLUMNS,
  [TARGETS]: `
    TARGET VARCHAR NOT NULL,
    LOAD_ID VARCHAR NOT NULL`,
} as const;

/** Makes the schema and kelt's own tables where they are missing. */
export async function prepareSchema(session: SnowflakeSession, schema: string): Promise<void> {
  await prepareOwnTables(snowflakeStatements(session), schema, COLUMNS, async () => {
    const schemas = await session.query("SELECT 1 FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = ?", [schema]);
    if (schemas.length === 0) return undefined;
    const rows = await session.query(
      "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND STARTSWITH(TABLE_NAME, ?)",
      [schema, OWN_PREFIX],
    );
    return new Set(rows.map((row) => row.TABLE_NAME ?? ""));
  });
}

/** The row of loads that find nothing to write: two pods of one are kept apart all the same. */
const NO_TARGET = "";

/**
 * Begins the transaction and keeps every other load of the targets waiting until it ends: an UPDATE holds what it has written until then
 * (Snowflake documentation, "Transactions", resource locking), and what is read after it shows what the one before has committed.
 */
export async function lockTargets(
  session: SnowflakeSession,
  schema: string,
  targets: readonly TableName[],
  loadId: string,
): Promise<void> {
  const table = quoteTable({ schema, table: TARGETS });
  const names = targets.length === 0 ? [NO_TARGET] : [...new Set(targets.map((target) => target.table))].sort();
  for (const name of names) {
    await session.query(
      `INSERT INTO ${table} (TARGET, LOAD_ID) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE TARGET = ?)`,
      [name, loadId, name],
    );
  }
  await session.query("BEGIN");
  // One statement for all of them: two loads that share targets cannot each wait for the other.
  const marks = names.map(() => "?").join(", ");
  await session.query(`UPDATE ${table} SET LOAD_ID = ? WHERE TARGET IN (${marks})`, [loadId, ...names]);
}
