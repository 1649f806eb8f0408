import { plain } from "../../jinja/running/parameters.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, type CallSite, type Stored, type Value } from "../../jinja/values/value.ts";
import { convertType } from "../adapter/convert-type.ts";
import { RelationValue } from "../adapter/relation.ts";
import type { NodeContext } from "../context/node-context.ts";
import type { RunWorld } from "../context/run-world.ts";
import { DatetimeValue } from "../values/datetime.ts";
import { DecimalValue } from "../values/decimal.ts";
import { argument, fail } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";

/** Fewer rows than this go in by dbt's own macro, with dbt's own statements. */
const ROWS_MIN = 1000;
/** The macro that writes a seed's rows, and those that it is dispatched to. */
const LOADING = ["load_csv_rows", "postgres__load_csv_rows", "default__load_csv_rows"];
const DBT_PACKAGES = new Set(["dbt", "dbt_postgres"]);

/**
 * `load_csv_rows` for large seeds: dbt's macro goes through a seed cell by cell, and COPY does the same in a fraction of the time. The
 * project's own macro stands where it has one, and dbt's where a value means something else in COPY than in INSERT.
 */
export function copyingSeeds(
  { library, adapter }: RunWorld,
  packageName: string,
  context: () => NodeContext,
): ReadonlyMap<string, Stored> {
  const isDbts =
    adapter.warehouse.copiesSeeds &&
    LOADING.every((name) => DBT_PACKAGES.has(library.find(name, packageName)?.packageName ?? "dbt"));
  const definition = library.find("load_csv_rows", packageName);
  if (!isDbts || definition === undefined) return new Map();
  const load = new CallableValue("load_csv_rows", (given, site) => {
    const table = argument(given, 1, "agate_table");
    const { namespace } = context();
    if (!(table instanceof TableValue) || table.cells.length < ROWS_MIN || !isCopied(table)) {
      return namespace.bound(definition).call(given, site);
    }
    const relation = plain(context().scope.get("this") ?? null);
    const columns = called(
      context(),
      "get_seed_column_quoted_csv",
      [argument(given, 0, "model") ?? null, table.attribute("column_names") ?? null],
      site,
    );
    const target = relation instanceof RelationValue ? relation.render() : fail("a seed has no relation");
    const sql = `copy ${target} (${columns}) from stdin with (format csv)`;
    adapter.connection.copy(sql, csvOf(table));
    return sql;
  });
  return new Map([["load_csv_rows", load]]);
}

function called(context: NodeContext, name: string, positional: readonly Stored[], site: CallSite): string {
  const macro = context.scope.get(name);
  if (!(macro instanceof CallableValue)) return fail(`there is no macro '${name}'`);
  return toText(plain(macro.call({ positional, named: new Map() }, site))).trim();
}

/** A time with a zone becomes one without in INSERT by the session's zone, and by leaving it out in COPY; NaN has no integer. */
function isCopied({ cells }: TableValue): boolean {
  return cells.every((row) =>
    row.every((cell) => typeof cell !== "number" && !(cell instanceof DatetimeValue && cell.zone !== undefined)),
  );
}

function csvOf(table: TableValue): string {
  const isInteger = table.types.map((_, index) => convertType(table, index) === "integer");
  const line = (row: readonly Value[]) => row.map((cell, index) => csvCell(cell, isInteger[index] === true)).join(",");
  return `${table.cells.map(line).join("\n")}\n`;
}

/** An empty cell without quotes is NULL. */
function csvCell(cell: Value, isInteger: boolean): string {
  if (cell === null) return "";
  if (isInteger && cell instanceof DecimalValue) return String(cell.number().value);
  return typeof cell === "string" ? `"${cell.replaceAll('"', '""')}"` : toText(cell);
}
