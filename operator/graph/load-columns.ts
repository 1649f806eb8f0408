import { nearestName } from "../api/nearest-name.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import { listed } from "./listing.ts";
import { mayHaveTable, tablesOfLoad } from "./load-tables.ts";
import type { Problem } from "./problem.ts";

type Load = NonNullable<PipelineSpec["nodes"][string]["load"]>;

/** No warehouse keeps more digits. */
const DIGITS_MAX = 1000;

/**
 * What `load.columns`, `load.rename` and `load.key` cannot mean: tables and columns that nothing brings, and types that no warehouse has.
 * Which tables a pattern finds, and which columns a header or a key of JSON names, shows when it has run.
 */
export function findLoadColumnProblems({ nodes }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, { load }]): Problem[] => {
    if (load === undefined) return [];
    return [...unknownTables(name, load, nodes), ...unknownColumns(name, load), ...impossibleTypes(name, load)];
  });
}

function unknownTables(node: string, load: Load, nodes: PipelineSpec["nodes"]): Problem[] {
  const tables = tablesOfLoad(load, nodes);
  if (tables === undefined) return [];
  const { columns, rename } = load;
  return Object.entries({ columns, rename }).flatMap(([field, said = {}]) =>
    Object.keys(said)
      .filter((table) => !mayHaveTable(tables, table))
      .map((table) => {
        const known = [...tables.names, ...tables.patterns];
        const near = nearestName(table, tables.names);
        const advice = near === undefined ? `it has: ${listed(known, 300)}` : `did you mean ${near}?`;
        const message = `the load has no table ${table}; ${advice}`;
        return { reason: "InvalidSpec", path: ["spec", "nodes", node, "load", field, table], message } as const;
      }),
  );
}

/** Columns that have another name by then, and those of files whose columns the manifest itself names. */
function unknownColumns(node: string, load: Load): Problem[] {
  const { columns = {}, key = [] } = load;
  const path = ["spec", "nodes", node, "load"];
  const declared = Object.entries(columns).flatMap(([table, types]) =>
    Object.keys(types).flatMap((column): Problem[] => {
      const message = columnProblem(load, table, column);
      return message === undefined
        ? []
        : [{ reason: "InvalidSpec", path: [...path, "columns", table, column], message }];
    }),
  );
  const tables = Object.keys(load.from.files ?? {});
  const keys = key.flatMap((column, index): Problem[] => {
    const message = tables.map((table) => columnProblem(load, table, column)).find((found) => found !== undefined);
    return message === undefined ? [] : [{ reason: "InvalidSpec", path: [...path, "key", index], message }];
  });
  return [...declared, ...keys];
}

function columnProblem({ from, rename = {} }: Load, table: string, column: string): string | undefined {
  const renamed = new Map(Object.entries(rename[table] ?? {}));
  const names = [...renamed.values()];
  if (names.includes(column)) return undefined;
  const now = renamed.get(column);
  if (now !== undefined) return `load.rename gives column ${column} of ${table} the name ${now}; use that one`;
  const csv = from.format?.csv;
  if (csv?.header !== false) return undefined;
  if (csv.columns === undefined) {
    return /^column_[1-9][0-9]*$/.test(column)
      ? undefined
      : `files without a header have the columns column_1, column_2 and so on, and not ${column}; name them in load.from.format.csv.columns`;
  }
  if (csv.columns.includes(column)) return undefined;
  return `load.from.format.csv.columns names no column ${column}; it has: ${listed(csv.columns, 300)}`;
}

function impossibleTypes(node: string, { columns = {} }: Load): Problem[] {
  return Object.entries(columns).flatMap(([table, types]) =>
    Object.entries(types).flatMap(([column, type]): Problem[] => {
      const message = problemOfType(type);
      const path = ["spec", "nodes", node, "load", "columns", table, column];
      return message === undefined ? [] : [{ reason: "InvalidSpec", path, message }];
    }),
  );
}

function problemOfType(type: string): string | undefined {
  const [, name = "", first] = /^([A-Za-z_ ]+?) ?(?:\(([0-9]+)[^)]*\))?(?:\[\])*$/.exec(type) ?? [];
  if (/^(?:small|big)?serial[248]?$/i.test(name)) {
    return `${type} is a column that numbers itself, and no type: write integer or bigint`;
  }
  if (first === undefined) return undefined;
  const isText = /^(?:national )?(?:varchar|char|character|character varying|bit|bit varying|varbit)$/i.test(name);
  if (isText && Number(first) === 0) return `expected a length of at least 1, found ${type}`;
  const isNumber = /^(?:numeric|decimal|dec|number)$/i.test(name);
  if (!isNumber || (Number(first) >= 1 && Number(first) <= DIGITS_MAX)) return undefined;
  return `expected 1 to ${DIGITS_MAX} digits, found ${type}`;
}
