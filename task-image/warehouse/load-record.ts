import type { TaskSpec } from "#api/task.ts";
import { quoteIdentifier, quoteTable } from "./identifier.ts";
import type { Session } from "./session.ts";

/** The table of committed loads, one in every schema that is loaded into. */
export const LOADS_TABLE = "_kelt_loads";

/** What one table of a load came to. */
export interface LoadedTable {
  readonly source: string;
  readonly target: string;
  readonly rows: number;
  readonly bytes: number;
  /** What was done with the rows: see `publication.ts`. */
  readonly published: string;
}

export interface LoadRecord {
  readonly attempt: number;
  readonly rows: number;
  readonly bytes: number;
  readonly tables: readonly LoadedTable[];
}

/**
 * Identity of a load: the same for every attempt and every pod of one node of one run, and never the same for two runs.
 * A load of this identity that has been committed is never done again.
 */
export function loadId(spec: TaskSpec, partition = ""): string {
  return [spec.run.uid, spec.node, ...(partition === "" ? [] : [partition])].join("/");
}

/** Makes the schema and its table of loads where they are missing, in a short transaction of its own. */
export async function prepareSchema(session: Session, schema: string): Promise<void> {
  const { rows } = await session.query<{ ready: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2) AS ready`,
    [schema, LOADS_TABLE],
  );
  if (rows[0]?.ready === true) return;
  // IF NOT EXISTS alone is not safe against another session that makes the same object: the lock is.
  await session.query("BEGIN");
  await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", [
    `kelt schema ${schema}`,
  ]);
  const { rows: schemas } = await session.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", [schema]);
  // CREATE SCHEMA IF NOT EXISTS asks for a privilege that it does not need when the schema is there.
  if (schemas.length === 0) await session.query(`CREATE SCHEMA ${quoteIdentifier(schema)}`);
  await session.query(`CREATE TABLE IF NOT EXISTS ${quoteTable({ schema, table: LOADS_TABLE })} (
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
    committed_at timestamptz NOT NULL
  )`);
  await session.query("COMMIT");
}

/** The record of a load that has been committed, by whichever attempt. */
export async function findLoad(session: Session, schema: string, id: string): Promise<LoadRecord | undefined> {
  const { rows } = await session.query<{ attempt: number; rows: string; bytes: string; tables: LoadedTable[] }>(
    `SELECT attempt, rows, bytes, tables FROM ${quoteTable({ schema, table: LOADS_TABLE })} WHERE load_id = $1`,
    [id],
  );
  const [row] = rows;
  return row === undefined ? undefined : { ...row, rows: Number(row.rows), bytes: Number(row.bytes) };
}

/** Writes the record into the transaction of the rows: both are committed, or neither is. */
export async function recordLoad(
  session: Session,
  schema: string,
  spec: TaskSpec,
  tables: readonly LoadedTable[],
): Promise<LoadRecord> {
  const rows = sum(tables.map((table) => table.rows));
  const bytes = sum(tables.map((table) => table.bytes));
  await session.query(
    `INSERT INTO ${quoteTable({ schema, table: LOADS_TABLE })}
     (load_id, pipeline, node, partition, run, attempt, tables, rows, bytes, started_at, committed_at)
     VALUES ($1, $2, $3, '', $4, $5, $6::jsonb, $7, $8, pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp())`,
    [loadId(spec), spec.run.pipeline, spec.node, spec.run.name, spec.attempt, JSON.stringify(tables), rows, bytes],
  );
  return { attempt: spec.attempt, rows, bytes, tables };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
