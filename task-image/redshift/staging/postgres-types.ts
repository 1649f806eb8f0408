/**
 * Types of a Postgres source as Redshift has them (Database Developer Guide, Data types). What Redshift has no type for travels as
 * text: arrays, ranges, uuid, json, numbers of any length, times longer than a day.
 *
 * | Postgres                       | Redshift                                                       |
 * |--------------------------------|----------------------------------------------------------------|
 * | smallint, integer, bigint      | the same                                                       |
 * | real, double precision         | the same                                                       |
 * | numeric(p,s), p up to 38       | decimal(p,s)                                                   |
 * | boolean, date                  | the same                                                       |
 * | timestamp, timestamptz, time   | the same; Redshift keeps microseconds too                      |
 * | character varying(n), text, …  | varchar(65535): Redshift counts bytes where Postgres counts characters |
 */
const SAME: ReadonlySet<string> = new Set([
  "smallint",
  "integer",
  "bigint",
  "real",
  "double precision",
  "boolean",
  "date",
  "timestamp without time zone",
  "timestamp with time zone",
  "time without time zone",
  "time with time zone",
]);
const NUMERIC = /^numeric\(([0-9]+),([0-9]+)\)$/;
const PRECISION_MAX = 38;
const SCALE_MAX = 37;

/** The type at Redshift for a type as Postgres' format_type writes it. */
export function redshiftType(type: string, text: string): string {
  const plain = type.replace(/\([0-9]\)/, "");
  if (SAME.has(plain)) return plain;
  const [, precision, scale] = NUMERIC.exec(type) ?? [];
  const fits = Number(precision) <= PRECISION_MAX && Number(scale) <= Math.min(SCALE_MAX, Number(precision));
  return fits ? `decimal(${precision},${scale})` : text;
}
