import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { refuseTakenTargets } from "../../loading/targets.ts";
import { selectTables } from "../../sources/postgres/selected-rows.ts";
import { findTables, isTablePattern } from "../../sources/postgres/table-pattern.ts";
import { parseTableName, showTable, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import { openSession, type Session } from "../session.ts";
import { stageSelection } from "./load-rows.ts";
import type { LoadSource } from "./load-source.ts";

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
  context.progress.items(
    "table",
    targets.map((target) => showTable(target)),
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
