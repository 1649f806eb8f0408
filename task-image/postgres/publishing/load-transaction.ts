import { ConfigurationError } from "../../errors.ts";
import { checkKeys } from "../../loading/key-check.ts";
import { requireKey } from "../../loading/keys.ts";
import { type LoadedTable, loadedTable } from "../../loading/load-record.ts";
import { expectRows } from "../../loading/row-counts.ts";
import { outsideStatement, type RowRange, refuseOutside, withinRange } from "../../loading/row-range.ts";
import { isKeyed, type Writing } from "../../loading/writing.ts";
import { quoteIdentifier, quoteTable, showTable } from "../../sql/identifier.ts";
import { copy } from "../copy.ts";
import { databaseFailure, isServerError, serverMessage } from "../failure.ts";
import type { Session } from "../session.ts";
import { statementsOf } from "../statements.ts";
import { expectDeleted } from "./deleted-rows.ts";
import { createStagingStatement, planPublication, rangeColumn, stagingTable } from "./publication.ts";
import { type HeldTable, holdContract } from "./staged-contract.ts";
import type { LandingTable, StagedTable } from "./staged-table.ts";
import { lockTable, readTarget, type Target } from "./target.ts";

/** A table of a Postgres source that is going to be loaded. */
export interface IncomingTable extends LandingTable {
  readonly format: "binary" | "text";
  /** The source's `COPY … TO STDOUT` in that format; its columns are in the order of `columns`. */
  readonly copyOut: string;
}

/** Refuses before any row moves what publishing would refuse after the last one. */
export async function checkTarget(session: Session, writing: Writing, table: LandingTable): Promise<void> {
  planPublication(writing, table, await readTarget(session, table.target));
}

/** Copies one table into a staging table, and counts the rows at both ends. */
export async function stageTable(
  source: Session,
  destination: Session,
  table: IncomingTable,
  onBytes: (bytes: number) => void,
): Promise<StagedTable> {
  const { target, format } = table;
  const place = `loading ${table.source} into ${showTable(target)}`;
  // Frozen rows need no second write by vacuum; allowed because the table is as young as the transaction.
  const copyIn = `COPY ${quoteTable(stagingTable(target))} FROM STDIN (FORMAT ${format}, FREEZE)`;
  try {
    await destination.query(createStagingStatement(target, table.columns));
    const statements = { from: source, out: table.copyOut, to: destination, in: copyIn };
    const { rowsRead, rowsWritten, bytes } = await copy(statements, onBytes);
    expectRows(place, rowsRead, "read from the source", rowsWritten, "written to the staging table");
    return { ...table, rows: rowsWritten, bytes };
  } catch (error) {
    throw databaseFailure(error, place);
  }
}

/** Makes the staged rows the target's rows, inside the transaction. `loadId` is for what the schema contract leaves out. */
export async function publishTable(
  session: Session,
  writing: Writing,
  incoming: StagedTable,
  loadId: string,
): Promise<LoadedTable> {
  const { target } = incoming;
  const place = `publishing ${showTable(target)}`;
  try {
    const empties = writing.mode === "replace" || writing.mode === "truncate";
    if (empties && (await readTarget(session, target)) !== undefined) await lockTable(session, target);
    const existing = await readTarget(session, target);
    const staged = await holdContract(session, writing, incoming, { loadId, target: existing });
    if (isKeyed(writing)) await checkStagedKeys(session, writing, staged);
    if (writing.range !== undefined) await checkStagedRange(session, writing.range, staged, existing);
    const publication = planPublication(writing, staged, existing);
    for (const statement of publication.statements) await session.query(statement);
    if (publication.deleted !== undefined) await expectDeleted(session, target, publication.deleted);
    if (publication.insert !== undefined) await fillTarget(session, writing, staged, publication.insert);
    return loadedTable(staged, publication.kind);
  } catch (error) {
    throw pendingEvents(error, place) ?? databaseFailure(error, place);
  }
}

/** Inserts the staged rows, which the server counts, and drops where they were. */
async function fillTarget(session: Session, { mode }: Writing, staged: StagedTable, insert: string): Promise<void> {
  const { target, rows } = staged;
  const { rowCount } = await session.query(insert);
  const done = mode === "merge" ? "merged into" : "inserted into";
  const keys = mode === "merge" ? "it holds a key more than once, or " : "";
  const found = `${done} ${showTable(target)} (${keys}a trigger or rule of it changes what is inserted)`;
  expectRows(`publishing ${showTable(target)}`, rows, "staged", rowCount ?? 0, found);
  await session.query(`DROP TABLE ${quoteTable(stagingTable(target))}`);
}

/** 55006 comes from other sessions and passes, except here: a table with deferred triggers that wait for COMMIT cannot be altered. */
function pendingEvents(error: unknown, place: string): ConfigurationError | undefined {
  if (!isServerError(error) || error.code !== "55006") return undefined;
  return new ConfigurationError(
    "TableInUse",
    `${place}: ${serverMessage(error)}. Drop deferred triggers and constraints of the table, or give it the columns of the source with ALTER TABLE`,
    { cause: error },
  );
}

async function checkStagedKeys(session: Session, { mode, key = [] }: Writing, staged: StagedTable): Promise<void> {
  const { target, columns } = staged;
  requireKey(target, key, columns);
  const staging = quoteTable(stagingTable(target));
  await checkKeys(statementsOf(session), { staging, target, key, isUnique: mode === "merge", narrowing: "select" });
}

/** As the target is going to hold the values. */
async function checkStagedRange(
  session: Session,
  range: RowRange,
  staged: HeldTable,
  existing: Target | undefined,
): Promise<void> {
  const column = rangeColumn(range, staged, existing);
  const value = `CAST(${quoteIdentifier(column.name)} AS ${column.type})`;
  const statement = outsideStatement(quoteTable(stagingTable(staged.target)), value, withinRange(range, column, value));
  const { rows } = await session.query<{ shown: string; times: string }>(statement);
  refuseOutside(range, staged.target, rows);
}
