/** Types of a Postgres table that was extracted, by Snowflake's types that hold all of their values; the others are text. */
const TYPES: Readonly<Record<string, string>> = {
  smallint: "NUMBER(38,0)",
  integer: "NUMBER(38,0)",
  bigint: "NUMBER(38,0)",
  real: "FLOAT",
  "double precision": "FLOAT",
  boolean: "BOOLEAN",
  date: "DATE",
  "timestamp without time zone": "TIMESTAMP_NTZ",
  "timestamp with time zone": "TIMESTAMP_TZ",
  json: "VARIANT",
  jsonb: "VARIANT",
};

/** The type for values of a Postgres type; undefined where the values have to say it: a numeric may have any number of digits. */
export function typeOfPostgres(type: string): string | undefined {
  const [, precision = 0, scale = 0] = /^numeric\((\d+),(\d+)\)$/.exec(type)?.map(Number) ?? [];
  if (precision > 0) return precision <= 38 ? `NUMBER(${precision},${scale})` : "VARCHAR";
  if (type === "numeric") return undefined;
  // Fewer digits of a second are held too.
  return TYPES[type.replace(/\(\d+\)/, "")] ?? "VARCHAR";
}
