import { ConfigurationError, DataError } from "../errors.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { isStateTable } from "./state-tables.ts";

/** Throws a ConfigurationError when two sources would go to one table, or one to a table of kelt's own. `field` is theirs. */
export function refuseTakenTargets(
  field: string,
  pairs: readonly { readonly source: string; readonly target: TableName }[],
): void {
  const sources = new Map<string, string>();
  for (const { source, target } of pairs) {
    const rival = sources.get(target.table);
    if (rival !== undefined || isStateTable(target.table)) {
      const what = rival === undefined ? "kelt's own table" : `the target of ${rival} too`;
      throw new ConfigurationError(
        "TargetTaken",
        `${field}: ${source} would go to ${showTable(target)}, which is ${what}. Load it by another node into another schema`,
      );
    }
    sources.set(target.table, source);
  }
}

/** How long a name may be that a warehouse keeps. */
export interface NameLimit {
  readonly warehouse: string;
  readonly max: number;
  readonly unit: "bytes" | "characters";
}

/** Throws a ConfigurationError for a schema or table whose name is longer than the warehouse keeps. */
export function refuseLongNames({ schema, table }: TableName, { warehouse, max, unit }: NameLimit): void {
  const long = [schema, table].find((name) => (unit === "bytes" ? Buffer.byteLength(name) : name.length) > max);
  if (long === undefined) return;
  throw new ConfigurationError(
    "NameTooLong",
    `expected names of at most ${max} ${unit}, which is what ${warehouse} keeps, found "${long}". Name load.to.schema or the table otherwise`,
  );
}

/** The failure of a target that is something else than a table; `what` says with its article what it is. */
export function notATable(target: TableName, what: string): ConfigurationError {
  return new ConfigurationError(
    "NotATable",
    `target ${showTable(target)} is ${what}, expected a table or nothing. Drop or rename it, or load into another schema`,
  );
}

/** The failure of columns that `load.columns` or `load.rename` names (`said`) and the files do not have; they have those of `found`. */
export function missingColumns(target: TableName, said: string, found: readonly string[]): DataError {
  return new DataError(
    "MissingColumns",
    `loading ${showTable(target)}: ${said}, which the files do not have; they have: ${found.join(", ")}`,
  );
}
