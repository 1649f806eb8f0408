import type { ColumnData } from "./column.ts";

/** What the columns of a warehouse have of their own. */
export interface ColumnDialect {
  /** The name of its class in dbt's adapter: macros compare it. */
  readonly columnName: string;
  /** Types in small letters. */
  readonly integers: ReadonlySet<string>;
  readonly numerics: ReadonlySet<string>;
  readonly floats: ReadonlySet<string>;
  /** What a string is as long as where its length is not known. */
  readonly stringSize: number;
  /** Whether a string's type is written without a length. */
  keepsType(column: ColumnData): boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const FLOATS = new Set(["real", "float4", "float", "double precision", "float8", "double"]);

/** dbt's `Column`, which adapters take unless they have one of their own. */
export const BASE_COLUMNS: ColumnDialect = {
  columnName: "Column",
  integers: words("smallint integer bigint smallserial serial bigserial int2 int4 int8 serial2 serial4 serial8"),
  numerics: words("numeric decimal"),
  floats: FLOATS,
  stringSize: 256,
  keepsType: () => false,
};

/** Postgres leaves `text`, and `character varying` without a length, as they are. */
export const POSTGRES_COLUMNS: ColumnDialect = {
  ...BASE_COLUMNS,
  columnName: "PostgresColumn",
  keepsType: ({ dtype, size }) => {
    const lower = dtype.toLowerCase();
    return lower === "text" || (lower === "character varying" && size === null);
  },
};
