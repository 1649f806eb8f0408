/** Other names of types, and what format_type calls them (PostgreSQL documentation, 8. Data Types, table 8.1). */
export const TYPE_ALIASES: Readonly<Record<string, string>> = {
  int: "integer",
  int4: "integer",
  int8: "bigint",
  int2: "smallint",
  float: "double precision",
  float8: "double precision",
  float4: "real",
  decimal: "numeric",
  bool: "boolean",
  varchar: "character varying",
  char: "character",
  varbit: "bit varying",
  time: "time without time zone",
  timetz: "time with time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
};
