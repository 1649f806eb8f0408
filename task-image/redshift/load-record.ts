import type { TaskSpec } from "#api/task.ts";
import { quoteTable } from "../postgres/identifier.ts";
import { type LoadedTable, type LoadRecord, loadId, recordOf } from "../postgres/load-record.ts";
import type { Session } from "../postgres/session.ts";
import { LOADS_TABLE } from "../postgres/state-tables.ts";
import { TEXT_BYTES_MAX } from "./state-tables.ts";

/** The record of a load that has been committed, by whichever attempt. */
export async function findLoad(session: Session, schema: string, id: string): Promise<LoadRecord | undefined> {
  const { rows } = await session.query<{ attempt: number; rows: string; bytes: string; tables: string }>(
    `SELECT attempt, "rows", bytes, "tables" FROM ${quoteTable({ schema, table: LOADS_TABLE })} WHERE load_id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const tables = JSON.parse(row.tables) as LoadedTable[];
  return { attempt: row.attempt, rows: Number(row.rows), bytes: Number(row.bytes), tables };
}

/** Writes the record into the transaction of the rows. `started` is the server's time when the load began. */
export async function recordLoad(
  session: Session,
  schema: string,
  spec: TaskSpec,
  tables: readonly LoadedTable[],
  started: string,
): Promise<LoadRecord> {
  const record = recordOf(spec, tables);
  const { rows, bytes } = record;
  await session.query(
    `INSERT INTO ${quoteTable({ schema, table: LOADS_TABLE })}
     (load_id, pipeline, node, "partition", run, attempt, "tables", "rows", bytes, started_at, committed_at)
     VALUES ($1, $2, $3, '', $4, $5, $6, $7, $8, $9, GETDATE())`,
    [loadId(spec), spec.run.pipeline, spec.node, spec.run.name, spec.attempt, textOf(tables), rows, bytes, started],
  );
  return record;
}

/** Where the longest text of Redshift cannot hold all of it, targets and counts stay and sources go. */
function textOf(tables: readonly LoadedTable[]): string {
  const text = JSON.stringify(tables);
  if (Buffer.byteLength(text) <= TEXT_BYTES_MAX) return text;
  return JSON.stringify(tables.map((table) => ({ ...table, source: "" })));
}
