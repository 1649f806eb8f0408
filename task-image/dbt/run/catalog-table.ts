import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import { DecimalValue } from "../values/decimal.ts";
import { fail } from "../values/host-function.ts";
import type { TableValue } from "../values/table.ts";

/** A column as the database has it. */
export interface CatalogColumn {
  readonly type: string;
  /** Its place in the relation: from 1, with gaps where columns were dropped. */
  readonly index: number;
  readonly name: string;
  readonly comment: string | null;
}

export interface CatalogStat {
  readonly id: string;
  readonly label: string;
  readonly value: CatalogValue;
  readonly include: boolean;
  readonly description: string | null;
}

type CatalogValue = string | number | boolean | null;

/** A relation as the database has it: an entry of catalog.json v1. */
export interface CatalogTable {
  readonly metadata: {
    /** `BASE TABLE`, `VIEW`, …. */
    readonly type: string;
    readonly schema: string;
    readonly name: string;
    readonly database: string | null;
    readonly comment: string | null;
    readonly owner: string | null;
  };
  readonly columns: Readonly<Record<string, CatalogColumn>>;
  readonly stats: Readonly<Record<string, CatalogStat>>;
}

type Row = ReadonlyMap<string, Value>;

/** Relations, of the rows that the macro `get_catalog` answers: one for each column, in the order of columns. */
export function catalogTables(table: TableValue): readonly CatalogTable[] {
  const found = new Map<string, { table: CatalogTable; columns: Record<string, CatalogColumn> }>();
  for (const cells of table.cells) {
    const row = new Map(table.names.map((name, index) => [name, cells[index] ?? null] as const));
    const key = JSON.stringify(["database", "schema", "name"].map((part) => textIn(row, `table_${part}`)));
    const known = found.get(key) ?? begun(row);
    found.set(key, known);
    const column = columnOf(row);
    known.columns[column.name] = column;
  }
  return [...found.values()].map(({ table: each }) => each);
}

function begun(row: Row) {
  const columns: Record<string, CatalogColumn> = {};
  return { table: { metadata: metadataOf(row), columns, stats: statsOf(row) }, columns };
}

function metadataOf(row: Row): CatalogTable["metadata"] {
  return {
    type: needed(row, "table_type"),
    schema: needed(row, "table_schema"),
    name: needed(row, "table_name"),
    database: textIn(row, "table_database"),
    comment: textIn(row, "table_comment"),
    owner: textIn(row, "table_owner"),
  };
}

function columnOf(row: Row): CatalogColumn {
  return {
    type: needed(row, "column_type"),
    index: Number(needed(row, "column_index")),
    name: needed(row, "column_name"),
    comment: textIn(row, "column_comment"),
  };
}

/** Columns such as `stats:bytes:label`, for warehouses that count something. */
const STAT = /^stats:([^:]+):(?:label|value|description|include)$/;

function statsOf(row: Row): Record<string, CatalogStat> {
  const ids = new Set([...row.keys()].flatMap((name) => STAT.exec(name)?.[1] ?? []));
  const stats: Record<string, CatalogStat> = {};
  for (const id of [...ids].sort()) {
    const at = (key: string) => catalogValue(row.get(`stats:${id}:${key}`) ?? null);
    const [label, value, description] = [at("label"), at("value"), at("description")];
    if (at("include") !== true || typeof label !== "string") continue;
    stats[id] = { id, label, value, include: true, description: description === null ? null : String(description) };
  }
  const has = Object.keys(stats).length > 0;
  stats.has_stats = { id: "has_stats", label: "Has Stats?", value: has, include: false, description: HAS_STATS };
  return stats;
}

const HAS_STATS = "Indicates whether there are statistics for this table";

function catalogValue(value: Value): CatalogValue {
  if (value instanceof DecimalValue || typeof value === "bigint") return Number(toText(value));
  return value === null || typeof value === "boolean" || typeof value === "number" ? value : toText(value);
}

function textIn(row: Row, name: string): string | null {
  const value = row.get(name) ?? null;
  return value === null ? null : toText(value);
}

function needed(row: Row, name: string): string {
  return textIn(row, name) ?? fail(`the macro get_catalog answered a row without '${name}'`);
}
