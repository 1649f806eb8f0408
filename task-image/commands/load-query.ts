import { databaseFailure } from "../postgres/failure.ts";
import type { TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import { beginQuerySnapshot } from "../sources/postgres-query.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { stageSelection } from "./load-rows.ts";
import { type LoadSource, refuseTakenTargets } from "./load-source.ts";
import type { SelectedRows } from "./selected-rows.ts";

/** The rows of one SELECT at a Postgres database. */
export function queryToLoad(spec: SpecOf<"load">, query: string, context: CommandContext): LoadSource {
  const { schema, table = "query" } = spec.work.load.to;
  const target = { schema, table };
  refuseTakenTargets("to.table", [{ source: "the query", target }]);
  const select = (source: Session) => selectQuery(source, query, target);
  return { targets: [target], stage: (destination) => stageSelection(destination, spec, context, select) };
}

/** Begins a snapshot and describes the rows of a query in it. */
export async function selectQuery(source: Session, query: string, target: TableName): Promise<readonly SelectedRows[]> {
  const { connection } = source.settings;
  const rows = await beginQuerySnapshot(source, query).catch((error: unknown) => {
    throw databaseFailure(error, `reading the query of connection ${connection}`);
  });
  return [{ name: `query of ${connection}`, rows, target }];
}
