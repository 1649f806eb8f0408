import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { refuseTakenTargets } from "../../loading/targets.ts";
import { selectQuery } from "../../sources/postgres/selected-rows.ts";
import type { Session } from "../session.ts";
import { stageSelection } from "./load-rows.ts";
import type { LoadSource } from "./load-source.ts";

/** The rows of one SELECT at a Postgres database. */
export function queryToLoad(spec: SpecOf<"load">, query: string, context: CommandContext): LoadSource {
  const { schema, table = "query" } = spec.work.load.to;
  const target = { schema, table };
  refuseTakenTargets("to.table", [{ source: "the query", target }]);
  const select = (source: Session) => selectQuery(source, query, target);
  return { targets: [target], stage: (destination) => stageSelection(destination, spec, context, select) };
}
