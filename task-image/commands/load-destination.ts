import { databaseFailure } from "../postgres/failure.ts";
import { refuseLongName, type TableName } from "../postgres/identifier.ts";
import { dropLeftShares } from "../postgres/load-parts.ts";
import { findLoad, type LoadedTable, type LoadRecord, loadId, recordLoad } from "../postgres/load-record.ts";
import { publishTable } from "../postgres/load-transaction.ts";
import { forgetOtherFiles } from "../postgres/loaded-files.ts";
import { dropLeftParts } from "../postgres/part-table.ts";
import { contractOf, discards } from "../postgres/schema-contract.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import {
  CURSORS_TABLE,
  FILES_TABLE,
  LOADS_TABLE,
  PARTS_TABLE,
  prepareSchema,
  REJECTS_TABLE,
  type StateTable,
} from "../postgres/state-tables.ts";
import { lockTargets } from "../postgres/target-lock.ts";
import { takesRowsAway } from "../warehouse/loaded-objects.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** The destination ends a session of a dead pod that stands idle in its transaction this long. */
const IDLE_IN_TRANSACTION_MS = 600_000;

/** The session that a load is written by. */
export function openDestination(spec: SpecOf<"load">, context: CommandContext): Promise<Session> {
  return openSession(spec, spec.work.load.to.connection, context, { idleInTransactionMs: IDLE_IN_TRANSACTION_MS });
}

/** Makes the schema ready and answers the record when the load has been committed before: then no source is asked. */
export async function findDone(session: Session, spec: SpecOf<"load">): Promise<LoadRecord | undefined> {
  const { schema } = spec.work.load.to;
  refuseLongName({ schema });
  try {
    await prepareSchema(session, schema, stateTablesOf(spec.work.load));
    return await findLoad(session, schema, loadId(spec));
  } catch (error) {
    throw databaseFailure(error, `preparing schema ${schema} of connection ${session.settings.connection}`);
  }
}

function isOfFiles({ from }: SpecOf<"load">["work"]["load"]): boolean {
  return from.files !== undefined || from.node !== undefined;
}

/** kelt's own tables that a load writes to. */
function stateTablesOf(load: SpecOf<"load">["work"]["load"]): readonly StateTable[] {
  const { http, cursor } = load.from;
  const leavesOut = Object.values(contractOf(load)).some(discards);
  const tables: readonly (readonly [StateTable, boolean])[] = [
    [LOADS_TABLE, true],
    [FILES_TABLE, isOfFiles(load)],
    [REJECTS_TABLE, isOfFiles(load) || http !== undefined || leavesOut],
    [CURSORS_TABLE, cursor !== undefined || http?.incremental !== undefined],
    [PARTS_TABLE, load.fanOut !== undefined],
  ];
  return tables.flatMap(([table, isWritten]) => (isWritten ? [table] : []));
}

/**
 * Begins the transaction, takes the targets and takes away what dead loads left of them. Answers the record when another pod of
 * this load was faster.
 */
export async function beginLoad(
  session: Session,
  spec: SpecOf<"load">,
  targets: readonly TableName[],
  { log }: CommandContext,
): Promise<LoadRecord | undefined> {
  const { schema } = spec.work.load.to;
  for (const target of targets) refuseLongName(target);
  try {
    await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    await lockTargets(session, targets, (table) => log.info("waiting for another writer", { table }));
    const rival = await findLoad(session, schema, loadId(spec));
    if (rival === undefined) {
      await dropLeftParts(session, targets);
      await dropLeftShares(session, schema, targets);
    }
    return rival;
  } catch (error) {
    throw databaseFailure(error, `taking the targets in schema ${schema} of connection ${session.settings.connection}`);
  }
}

/** Publishes every staged table and writes the record of the load, all of it still to be committed. */
export async function publishAll(
  session: Session,
  spec: SpecOf<"load">,
  staged: readonly StagedTable[],
): Promise<LoadRecord> {
  const { to } = spec.work.load;
  const tables: LoadedTable[] = [];
  for (const table of staged) tables.push(await publishOne(session, spec, table));
  return await recordLoad(session, to.schema, spec, tables).catch((error: unknown) => {
    throw databaseFailure(error, `recording the load in ${to.schema}.${LOADS_TABLE}`);
  });
}

/** Publishes one table. Files whose rows are not in it any more count as new again. */
async function publishOne(session: Session, spec: SpecOf<"load">, table: StagedTable): Promise<LoadedTable> {
  const { load } = spec.work;
  const published = await publishTable(session, load, table, loadId(spec));
  const isAlone = published.published === "created" || takesRowsAway(load);
  if (isAlone && isOfFiles(load)) await forgetOtherFiles(session, table.target, loadId(spec));
  return published;
}

/** Tells of every table of a load that has just been committed. */
export function logCommitted(spec: SpecOf<"load">, record: LoadRecord, { log }: CommandContext): void {
  const { from, to } = spec.work.load;
  for (const table of record.tables) log.info("loaded", { ...table });
  log.info("load committed", { loadId: loadId(spec), from: from.connection, to: to.connection });
}
