import { ConfigurationError } from "../errors.ts";
import { beginSnapshot, copyFormat, copyOutStatement } from "../sources/postgres-table.ts";
import { databaseFailure } from "../warehouse/failure.ts";
import { parseTableName, showTable, type TableName } from "../warehouse/identifier.ts";
import {
  findLoad,
  LOADS_TABLE,
  type LoadedTable,
  type LoadRecord,
  loadId,
  prepareSchema,
  recordLoad,
} from "../warehouse/load-record.ts";
import {
  checkTarget,
  commit,
  type IncomingTable,
  publishTable,
  type StagedTable,
  stageTable,
} from "../warehouse/load-transaction.ts";
import { openSession, type Session } from "../warehouse/session.ts";
import { lockTargets } from "../warehouse/target-lock.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/** The destination ends a session of a dead pod that stands idle in its transaction this long. */
const IDLE_IN_TRANSACTION_MS = 600_000;

/**
 * Copies tables from Postgres to Postgres: all of them from one snapshot, in one transaction of the destination together with
 * the record of the load. A load that has been committed before is not repeated; its record is the outcome.
 */
export async function load(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { to, from } = spec.work.load;
  const targets = targetsOf(spec);
  await using destination = await openSession(spec, to.connection, context, {
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
  });
  const done = await beginLoad(destination, spec, targets, context);
  if (done !== undefined)
    return { ...summary(done), message: `${summary(done).message}, loaded by attempt ${done.attempt}` };
  const staged = await stageTables(destination, spec, targets, context);
  const record = await publish(destination, spec, staged);
  for (const table of record.tables) context.log.info("loaded", { ...table });
  context.log.info("load committed", { loadId: loadId(spec), from: from.connection, to: to.connection });
  return summary(record);
}

/** The target of every table. Throws a ConfigurationError when two tables would go to the same one. */
function targetsOf(spec: SpecOf<"load">): readonly TableName[] {
  const { from, to } = spec.work.load;
  const sources = new Map<string, string>();
  return from.tables.map((name) => {
    const source = parseTableName(name, from.schema);
    const target = { schema: to.schema, table: source.table };
    const rival = sources.get(target.table);
    if (rival !== undefined || target.table === LOADS_TABLE) {
      const what = rival === undefined ? "kelt's own table" : `the target of ${rival} too`;
      throw new ConfigurationError(
        "TargetTaken",
        `from.tables: ${showTable(source)} would go to ${showTable(target)}, which is ${what}. Load it by another node into another schema`,
      );
    }
    sources.set(target.table, showTable(source));
    return target;
  });
}

/** Begins the transaction and takes the targets. Answers the record when the load has been committed before. */
async function beginLoad(
  session: Session,
  spec: SpecOf<"load">,
  targets: readonly TableName[],
  { log }: CommandContext,
): Promise<LoadRecord | undefined> {
  const { schema } = spec.work.load.to;
  try {
    await prepareSchema(session, schema);
    await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    await lockTargets(session, targets, (table) => log.info("waiting for another writer", { table }));
    return await findLoad(session, schema, loadId(spec));
  } catch (error) {
    throw databaseFailure(error, `preparing schema ${schema} of connection ${session.settings.connection}`);
  }
}

/** Copies every table. The source's transaction ends with the last row, before anything is published. */
async function stageTables(
  destination: Session,
  spec: SpecOf<"load">,
  targets: readonly TableName[],
  context: CommandContext,
): Promise<readonly StagedTable[]> {
  const { from, mode } = spec.work.load;
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  const tables = await describeSource(source, from, targets);
  for (const table of tables) await checkTarget(destination, mode, table);
  const staged: StagedTable[] = [];
  for (const table of tables) {
    const progress = { item: showTable(table.target), done: staged.length, total: tables.length };
    const rows = sum(staged.map((before) => before.rows));
    const bytesBefore = sum(staged.map((before) => before.bytes));
    const report = (bytes: number) => context.progress.report({ ...progress, rows, bytes: bytesBefore + bytes });
    report(0);
    staged.push(await stageTable(source, destination, table, report));
  }
  return staged;
}

async function describeSource(
  session: Session,
  from: SpecOf<"load">["work"]["load"]["from"],
  targets: readonly TableName[],
): Promise<readonly IncomingTable[]> {
  const sources = await beginSnapshot(session, from.tables, from.schema).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${from.connection}`);
  });
  return sources.flatMap((table, index) => {
    const target = targets[index];
    if (target === undefined) return [];
    const format = copyFormat(table);
    const copyOut = copyOutStatement(table, `FORMAT ${format}`);
    return [{ source: showTable(table), target, columns: table.columns, format, copyOut }];
  });
}

async function publish(
  destination: Session,
  spec: SpecOf<"load">,
  staged: readonly StagedTable[],
): Promise<LoadRecord> {
  const { mode, to } = spec.work.load;
  const tables: LoadedTable[] = [];
  for (const table of staged) tables.push(await publishTable(destination, mode, table));
  const record = await recordLoad(destination, to.schema, spec, tables).catch((error: unknown) => {
    throw databaseFailure(error, `recording the load in ${to.schema}.${LOADS_TABLE}`);
  });
  await commit(destination);
  return record;
}

function summary({ tables, rows, bytes }: LoadRecord): Outcome {
  const what = tables.length === 1 ? "1 table" : `${tables.length} tables`;
  return { message: `${what}, ${rows.toLocaleString("en-US")} rows`, rows, bytes };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
