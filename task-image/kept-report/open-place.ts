import { manifestKey } from "#api/extract.ts";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { warehouseOf } from "../warehouses.ts";
import type { Keeper, ReportPlace } from "./report-place.ts";
import { reportTable } from "./report-table.ts";

type Context = Pick<CommandContext, "signal" | "redactor" | "environment">;

/**
 * Opens the place where a node's reports outlive its pods; undefined where it has none.
 *
 * | verb      | place                                                                            |
 * |-----------|----------------------------------------------------------------------------------|
 * | load      | `_kelt_reports` of the schema that it loads into                                 |
 * | transform | `_kelt_reports` of the schema of its models                                      |
 * | test      | `_kelt_reports` of the schema of the first table that a check names with one     |
 * | extract   | an object beside the manifest; none where files stay in the pod                  |
 * | connect   | none                                                                             |
 */
export async function openPlace(spec: TaskSpec, keeper: Keeper, context: Context): Promise<ReportPlace | undefined> {
  const { work } = spec;
  switch (work.verb) {
    case "load":
      return await openTable(spec, work.load.to, keeper, context);
    case "transform":
      return await openTable(spec, work.transform, keeper, context);
    case "test": {
      const schema = work.test.checks.flatMap(({ table }) => /^([^".]+)\.[^".]+$/.exec(table ?? "")?.[1] ?? [])[0];
      if (schema === undefined) return undefined;
      return await openTable(spec, { connection: work.test.connection, schema }, keeper, context);
    }
    case "extract": {
      const { to } = work.extract;
      if (to.connection === undefined) return undefined;
      const [{ openObjectStore }, { reportObject }] = await Promise.all([
        import("../object-store/opening.ts"),
        import("./report-object.ts"),
      ]);
      return reportObject(await openObjectStore(spec, to.connection, context), manifestKey(to), keeper);
    }
    default:
      return undefined;
  }
}

interface Schema {
  readonly connection: string;
  readonly schema: string;
}

/** By a session of its own: that of the command is closed, or was lost. */
async function openTable(
  spec: TaskSpec,
  { connection, schema }: Schema,
  keeper: Keeper,
  context: Context,
): Promise<ReportPlace> {
  const { open } = await warehouseOf(spec.connections[connection]?.kind);
  const session = await open(spec, connection, context);
  const table = reportTable(session, session.dialect.fold(schema), keeper);
  return { ...table, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
}
