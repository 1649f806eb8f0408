import { beginQuerySnapshot } from "../sources/postgres-query.ts";
import { databaseFailure } from "../warehouse/failure.ts";
import type { TableName } from "../warehouse/identifier.ts";
import type { StagedTable } from "../warehouse/load-transaction.ts";
import { openSession, type Session } from "../warehouse/session.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { stageRows } from "./load-rows.ts";
import { type LoadSource, refuseTakenTargets } from "./load-source.ts";

/** The rows of one SELECT at a Postgres database. */
export function queryToLoad(spec: SpecOf<"load">, query: string, context: CommandContext): LoadSource {
  const { schema, table = "query" } = spec.work.load.to;
  const target = { schema, table };
  refuseTakenTargets("to.table", [{ source: "the query", target }]);
  return { targets: [target], stage: (destination) => stageQuery(destination, spec, { query, target, context }) };
}

async function stageQuery(
  destination: Session,
  spec: SpecOf<"load">,
  { query, target, context }: { readonly query: string; readonly target: TableName; readonly context: CommandContext },
): Promise<readonly StagedTable[]> {
  const { connection } = spec.work.load.from;
  await using source = await openSession(spec, connection, context, { readOnly: true });
  const rows = await beginQuerySnapshot(source, query).catch((error: unknown) => {
    throw databaseFailure(error, `reading the query of connection ${connection}`);
  });
  const selected = [{ name: `query of ${connection}`, rows, target }];
  return await stageRows(source, destination, spec, { selected, context });
}
