import { databaseFailure } from "../postgres/failure.ts";
import { parseTableName, showTable, type TableName } from "../postgres/identifier.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { beginTableSnapshot } from "../sources/postgres-table.ts";
import { findTables, isTablePattern } from "../sources/table-pattern.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { stageSelection } from "./load-rows.ts";
import { type LoadSource, refuseTakenTargets } from "./load-source.ts";
import type { SelectedRows } from "./selected-rows.ts";

/** Tables of a Postgres database, all of them from one snapshot. Patterns are looked up now. */
export async function tablesToLoad(
  spec: SpecOf<"load">,
  names: readonly string[],
  context: CommandContext,
): Promise<LoadSource> {
  const { from, to } = spec.work.load;
  const tables = names.some(isTablePattern)
    ? await findInSource(spec, names, context)
    : names.map((name) => parseTableName(name, from.schema));
  const targets = tables.map(({ table }) => ({ schema: to.schema, table }));
  refuseTakenTargets(
    "from.tables",
    tables.map((table) => ({ source: showTable(table), target: { schema: to.schema, table: table.table } })),
  );
  const select = (source: Session) => selectTables(source, tables, to.schema);
  return { targets, stage: (destination) => stageSelection(destination, spec, context, select) };
}

async function findInSource(
  spec: SpecOf<"load">,
  names: readonly string[],
  context: CommandContext,
): Promise<readonly TableName[]> {
  const { connection, schema } = spec.work.load.from;
  await using source = await openSession(spec, connection, context, { readOnly: true });
  return await findTables(source, names, schema).catch((error: unknown) => {
    throw databaseFailure(error, `listing tables of connection ${connection}`);
  });
}

/** Begins a snapshot and describes the tables in it. */
export async function selectTables(
  source: Session,
  tables: readonly TableName[],
  schema: string,
): Promise<readonly SelectedRows[]> {
  const described = await beginTableSnapshot(source, tables).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${source.settings.connection}`);
  });
  return described.map((table) => ({
    name: showTable(table),
    rows: table,
    target: { schema, table: table.table },
    table,
  }));
}
