import { beginSnapshot, copyFormat, copyOutStatement } from "../sources/postgres-table.ts";
import { databaseFailure } from "../warehouse/failure.ts";
import { parseTableName, showTable, type TableName } from "../warehouse/identifier.ts";
import { checkTarget, type IncomingTable, type StagedTable, stageTable } from "../warehouse/load-transaction.ts";
import { openSession, type Session } from "../warehouse/session.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { type LoadSource, refuseTakenTargets } from "./load-source.ts";

/** Tables of a Postgres database, all of them from one snapshot. */
export function tablesToLoad(spec: SpecOf<"load">, context: CommandContext): LoadSource {
  const { from, to } = spec.work.load;
  const pairs = from.tables.map((name) => {
    const source = parseTableName(name, from.schema);
    return { source: showTable(source), target: { schema: to.schema, table: source.table } };
  });
  refuseTakenTargets("from.tables", pairs);
  const targets = pairs.map(({ target }) => target);
  return { targets, stage: (destination) => stageTables(destination, spec, targets, context) };
}

/** Copies every table. The source's transaction ends with the last row, before anything is published. */
async function stageTables(
  destination: Session,
  spec: SpecOf<"load">,
  targets: readonly TableName[],
  context: CommandContext,
): Promise<readonly StagedTable[]> {
  const { from } = spec.work.load;
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  const tables = await describeSource(source, from, targets);
  for (const table of tables) await checkTarget(destination, spec.work.load, table);
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
