import { TaskFailure } from "../errors.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { keepAlive } from "../postgres/keep-alive.ts";
import { findLoad, type LoadedTable, type LoadRecord, loadId, recordLoad } from "../postgres/load-record.ts";
import { commit, publishTable } from "../postgres/load-transaction.ts";
import { dropLeftParts } from "../postgres/part-table.ts";
import { contractOf, discards } from "../postgres/schema-contract.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import {
  CURSORS_TABLE,
  FILES_TABLE,
  LOADS_TABLE,
  prepareSchema,
  REJECTS_TABLE,
  type StateTable,
} from "../postgres/state-tables.ts";
import { lockTargets } from "../postgres/target-lock.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { repeated, summary } from "./load-outcome.ts";
import type { LoadSource } from "./load-source.ts";

/** The destination ends a session of a dead pod that stands idle in its transaction this long. */
const IDLE_IN_TRANSACTION_MS = 600_000;

/** What a load meets whose files have been cleaned up. */
const GONE: ReadonlySet<string> = new Set(["ManifestMissing", "ExtractReplaced", "NoSuchBucket"]);

/** Loads tables; then, where it is asked for, removes the files that they came from. */
export async function load(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { cleanup = "none" } = spec.work.load.from;
  if (cleanup === "none") return await loadOnce(spec, context);
  const outcome = await loadOnce(spec, context).catch((error: unknown) => {
    // Another pod of this load may have committed and cleaned up since we have looked for its record: then it is there now.
    if (!(error instanceof TaskFailure && GONE.has(error.code))) throw error;
    return loadOnce(spec, context);
  });
  const { cleanUpExtract } = await import("./extract-cleanup.ts");
  return { ...outcome, message: `${outcome.message}; ${await cleanUpExtract(spec, context)}` };
}

/** The road that fits the kind of the warehouse. */
async function loadOnce(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { connection } = spec.work.load.to;
  if (spec.connections[connection]?.kind !== "redshift") return await loadIntoPostgres(spec, context);
  const { loadObjects } = await import("./load-objects.ts");
  return await loadObjects(spec, context);
}

/**
 * Loads tables into Postgres, whatever they come from: all in one transaction of the destination together with the record of
 * the load. A load that has been committed before is not repeated; its record is the outcome.
 */
async function loadIntoPostgres(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { to, from } = spec.work.load;
  await using destination = await openSession(spec, to.connection, context, {
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
  });
  const before = await findDone(destination, spec);
  if (before !== undefined) return repeated(before);
  const source = await sourceOf(spec, context);
  const rival = await beginLoad(destination, spec, source, context);
  if (rival !== undefined) return repeated(rival);
  const staged = await keepAlive(destination, () => source.stage(destination));
  const record = await publish(destination, spec, staged);
  for (const table of record.tables) context.log.info("loaded", { ...table });
  context.log.info("load committed", { loadId: loadId(spec), from: from.connection, to: to.connection });
  return summary(record);
}

/** The road that the rows take, by what `from` names. Each one is imported when it is wanted. */
async function sourceOf(spec: SpecOf<"load">, context: CommandContext): Promise<LoadSource> {
  const { query, files, node, http, tables = [] } = spec.work.load.from;
  if (files !== undefined) return (await import("./load-files.ts")).filesToLoad(spec, files, context);
  if (node !== undefined) return await (await import("./load-extract.ts")).extractToLoad(spec, node, context);
  if (http !== undefined) return (await import("./load-http.ts")).httpToLoad(spec, http, context);
  if (query !== undefined) return (await import("./load-query.ts")).queryToLoad(spec, query, context);
  return await (await import("./load-tables.ts")).tablesToLoad(spec, tables, context);
}

/** Makes the schema ready and answers the record when the load has been committed before: then no source is asked. */
async function findDone(session: Session, spec: SpecOf<"load">): Promise<LoadRecord | undefined> {
  const { schema } = spec.work.load.to;
  try {
    await prepareSchema(session, schema, stateTablesOf(spec));
    return await findLoad(session, schema, loadId(spec));
  } catch (error) {
    throw databaseFailure(error, `preparing schema ${schema} of connection ${session.settings.connection}`);
  }
}

/** kelt's own tables that a load writes to. */
function stateTablesOf({ work }: SpecOf<"load">): readonly StateTable[] {
  const { files, node, http, cursor } = work.load.from;
  const isOfFiles = files !== undefined || node !== undefined;
  const leavesOut = Object.values(contractOf(work.load)).some(discards);
  const tables: readonly (readonly [StateTable, boolean])[] = [
    [LOADS_TABLE, true],
    [FILES_TABLE, isOfFiles],
    [REJECTS_TABLE, isOfFiles || http !== undefined || leavesOut],
    [CURSORS_TABLE, cursor !== undefined || http?.incremental !== undefined],
  ];
  return tables.flatMap(([table, isWritten]) => (isWritten ? [table] : []));
}

/** Begins the transaction and takes the targets. Answers the record when another pod of this load was faster. */
async function beginLoad(
  session: Session,
  spec: SpecOf<"load">,
  { targets }: LoadSource,
  { log }: CommandContext,
): Promise<LoadRecord | undefined> {
  const { schema } = spec.work.load.to;
  try {
    await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    await lockTargets(session, targets, (table) => log.info("waiting for another writer", { table }));
    const rival = await findLoad(session, schema, loadId(spec));
    if (rival === undefined) await dropLeftParts(session, targets);
    return rival;
  } catch (error) {
    throw databaseFailure(error, `taking the targets in schema ${schema} of connection ${session.settings.connection}`);
  }
}

async function publish(
  destination: Session,
  spec: SpecOf<"load">,
  staged: readonly StagedTable[],
): Promise<LoadRecord> {
  const { to } = spec.work.load;
  const tables: LoadedTable[] = [];
  for (const table of staged) tables.push(await publishTable(destination, spec.work.load, table, loadId(spec)));
  const record = await recordLoad(destination, to.schema, spec, tables).catch((error: unknown) => {
    throw databaseFailure(error, `recording the load in ${to.schema}.${LOADS_TABLE}`);
  });
  await commit(destination);
  return record;
}
