import type { TaskSpec } from "#api/task.ts";
import { quoteTable } from "../postgres/identifier.ts";
import { type LoadedTable, type LoadRecord, loadId, recordOf } from "../postgres/load-record.ts";
import type { SnowflakeSession } from "./session.ts";
import { LOADS } from "./state-tables.ts";

/** The record of a load that has been committed, by whichever attempt. */
export async function findLoad(session: SnowflakeSession, schema: string, id: string): Promise<LoadRecord | undefined> {
  const [row] = await session.query(
    `SELECT ATTEMPT, "ROWS", BYTES, TABLES FROM ${quoteTable({ schema, table: LOADS })} WHERE LOAD_ID = ?`,
    [id],
  );
  if (row === undefined) return undefined;
  const tables = JSON.parse(row.TABLES ?? "[]") as LoadedTable[];
  return { attempt: Number(row.ATTEMPT), rows: Number(row.ROWS), bytes: Number(row.BYTES), tables };
}

/** Writes the record into the transaction of the rows. `started` is the server's time when the load began. */
export async function recordLoad(
  session: SnowflakeSession,
  schema: string,
  spec: TaskSpec,
  tables: readonly LoadedTable[],
  started: string,
): Promise<LoadRecord> {
  const record = recordOf(spec, tables);
  const { rows, bytes } = record;
  await session.query(
    `INSERT INTO ${quoteTable({ schema, table: LOADS })}
     (LOAD_ID, PIPELINE, NODE, PARTITION, RUN, ATTEMPT, TABLES, "ROWS", BYTES, STARTED_AT, COMMITTED_AT)
     SELECT ?, ?, ?, '', ?, ?, ?, ?, ?, CAST(? AS TIMESTAMP_TZ), CURRENT_TIMESTAMP()`,
    [
      loadId(spec),
      spec.run.pipeline,
      spec.node,
      spec.run.name,
      spec.attempt,
      JSON.stringify(tables),
      rows,
      bytes,
      started,
    ],
  );
  return record;
}
