import type { TaskSpec } from "#api/task.ts";
import { type LoadedTable, type LoadRecord, loadId, recordOf } from "./load-record.ts";
import { LOADS_TABLE } from "./state-tables.ts";
import { type Dialect, insertRows, ownName, ownTable, type WarehouseSession } from "./warehouse-session.ts";

/** The record of a load that has been committed, by whichever attempt. */
export async function findLoad(session: WarehouseSession, schema: string, id: string): Promise<LoadRecord | undefined> {
  const { dialect } = session;
  const columns = ["attempt", "rows", "bytes", "tables"].map((name) => ownName(dialect, name));
  const [row] = await session.select(
    `SELECT ${columns.join(", ")} FROM ${ownTable(dialect, schema, LOADS_TABLE)} WHERE ${ownName(dialect, "load_id")} = ${dialect.value(1)}`,
    [id],
  );
  if (row === undefined) return undefined;
  const { attempt, rows, bytes, tables } = row;
  return { attempt: Number(attempt), rows: Number(rows), bytes: Number(bytes), tables: tablesOf(tables) };
}

/** Postgres' driver reads JSON; other warehouses keep it as text. */
function tablesOf(tables: unknown): readonly LoadedTable[] {
  return (typeof tables === "string" ? JSON.parse(tables) : tables) as readonly LoadedTable[];
}

const COLUMNS = [
  "load_id",
  "pipeline",
  "node",
  "partition",
  "run",
  "attempt",
  "tables",
  "rows",
  "bytes",
  "started_at",
  "committed_at",
];

/**
 * Writes the record into the transaction of the rows: both are committed, or neither is. `started` is the server's time when the load
 * began, as the server reads it.
 */
export async function recordLoad(
  session: WarehouseSession,
  schema: string,
  spec: TaskSpec,
  tables: readonly LoadedTable[],
  started: string,
): Promise<LoadRecord> {
  const { dialect } = session;
  const { run, node, attempt } = spec;
  const record = recordOf(spec, tables);
  const { rows, bytes } = record;
  const partition = "";
  const text = textOf(dialect, tables);
  const row = [loadId(spec), run.pipeline, node, partition, run.name, attempt, text, rows, bytes, { moment: started }];
  await insertRows(session, ownTable(dialect, schema, LOADS_TABLE), COLUMNS, [row]);
  return record;
}

/** Where the longest text of the warehouse cannot hold all of it, targets and counts stay and sources go. */
function textOf({ textBytesMax = Number.POSITIVE_INFINITY }: Dialect, tables: readonly LoadedTable[]): string {
  const text = JSON.stringify(tables);
  if (Buffer.byteLength(text) <= textBytesMax) return text;
  return JSON.stringify(tables.map((table) => ({ ...table, source: "" })));
}
