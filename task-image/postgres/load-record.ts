import type { TaskSpec } from "#api/task.ts";
import { quoteTable } from "./identifier.ts";
import type { Discarded } from "./misfits.ts";
import type { Session } from "./session.ts";
import { LOADS_TABLE } from "./state-tables.ts";

/** What one table of a load came to. */
export interface LoadedTable {
  readonly source: string;
  readonly target: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows that could not be loaded and went to the table of rejects; missing when there are none. */
  readonly rejected?: number;
  /** What the schema contract left out; missing when it is nothing. */
  readonly discarded?: Discarded;
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
  const record = recordOf(spec, tables);
  const { rows, bytes } = record;
  await session.query(
    `INSERT INTO ${quoteTable({ schema, table: LOADS_TABLE })}
     (load_id, pipeline, node, partition, run, attempt, tables, rows, bytes, started_at, committed_at)
     VALUES ($1, $2, $3, '', $4, $5, $6::jsonb, $7, $8, pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp())`,
    [loadId(spec), spec.run.pipeline, spec.node, spec.run.name, spec.attempt, JSON.stringify(tables), rows, bytes],
  );
  return record;
}

/** What is recorded of a load by this attempt: its tables and what they come to. */
export function recordOf(spec: TaskSpec, tables: readonly LoadedTable[]): LoadRecord {
  const rows = sum(tables.map((table) => table.rows));
  const bytes = sum(tables.map((table) => table.bytes));
  return { attempt: spec.attempt, rows, bytes, tables };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
