import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { ConfigurationError } from "../../errors.ts";
import { type LoadedTable, type LoadRecord, loadId } from "../../loading/load-record.ts";
import { findLoad, recordLoad } from "../../loading/load-table.ts";
import { contractOf, discards } from "../../loading/schema-contract.ts";
import {
  CURSORS_TABLE,
  FILES_TABLE,
  LOADS_TABLE,
  PARTS_TABLE,
  REJECTS_TABLE,
  type StateTable,
} from "../../loading/state-tables.ts";
import { takesRowsAway } from "../../loading/writing.ts";
import { IDENTIFIER_BYTES_MAX, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import { dropLeftShares } from "../parts/load-parts.ts";
import { openSession, type Session } from "../session.ts";
import { dropLeftParts } from "../staging/part-table.ts";
import { statementsOf } from "../statements.ts";
import { publishTable } from "./load-transaction.ts";
import { forgetOtherFiles } from "./loaded-files.ts";
import type { StagedTable } from "./staged-table.ts";
import { prepareSchema } from "./state-tables.ts";
import { lockTargets } from "./target-lock.ts";

/** The destination ends a session of a dead pod that stands idle in its transaction this long. */
const IDLE_IN_TRANSACTION_MS = 600_000;

/** A text that Postgres reads as the moment in which the transaction began (PostgreSQL documentation, "Date/Time Types", special values). */
const TRANSACTION_START = "now";

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
    return await findLoad(statementsOf(session), schema, loadId(spec));
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
    const rival = await findLoad(statementsOf(session), schema, loadId(spec));
    if (rival === undefined) {
      await dropLeftParts(session, targets);
      await dropLeftShares(session, schema, targets);
    }
    return rival;
  } catch (error) {
    throw databaseFailure(error, `taking the targets in schema ${schema} of connection ${session.settings.connection}`);
  }
}

/** Writes the record of the load, still to be committed. */
export function recordTables(
  session: Session,
  spec: SpecOf<"load">,
  tables: readonly LoadedTable[],
): Promise<LoadRecord> {
  const { schema } = spec.work.load.to;
  return recordLoad(statementsOf(session), schema, spec, tables, TRANSACTION_START).catch((error: unknown) => {
    throw databaseFailure(error, `recording the load in ${schema}.${LOADS_TABLE}`);
  });
}

/** Publishes one table. Files whose rows are not in it any more count as new again. */
export async function publishOne(session: Session, spec: SpecOf<"load">, table: StagedTable): Promise<LoadedTable> {
  const { load } = spec.work;
  const published = await publishTable(session, load, table, loadId(spec));
  const isAlone = published.published === "created" || takesRowsAway(load);
  if (isAlone && isOfFiles(load)) await forgetOtherFiles(session, table.target, loadId(spec));
  return published;
}

/** Throws a ConfigurationError for a schema or table whose name Postgres would cut: two of them could become one. */
function refuseLongName(table: Partial<TableName>): void {
  for (const [what, name = ""] of Object.entries(table)) {
    const bytes = Buffer.byteLength(name);
    if (bytes <= IDENTIFIER_BYTES_MAX) continue;
    throw new ConfigurationError(
      "NameTooLong",
      `load.to: expected names of at most ${IDENTIFIER_BYTES_MAX} bytes, which is what Postgres keeps, found the ${what} "${name}" of ${bytes}. Name it otherwise`,
    );
  }
}
