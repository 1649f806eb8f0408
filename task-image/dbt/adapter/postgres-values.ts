import { toJson } from "../../jinja/values/json-text.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import { DecimalValue } from "../values/decimal.ts";
import { isoDate, isoDatetime, isoTime } from "../values/iso-time.ts";
import { readJson } from "../values/json-reader.ts";
import { TimedeltaValue } from "../values/timedelta.ts";
import { DAY_MICROS } from "../values/wall-clock.ts";

/** Types by number (pg_type.dat): psycopg2's name, what Python gets, and the type of an array's elements. */
interface PostgresType {
  readonly name: string;
  readonly read?: (cell: string) => Value;
  readonly elements?: number;
}

const integer = (cell: string): Value => BigInt(cell);
const float = (cell: string): Value => Number(cell);
const numeric = (cell: string): Value => DecimalValue.parse(cell) ?? cell;
const boolean = (cell: string): Value => cell === "t";
const json = (cell: string): Value => readJson(cell);

const TYPES: ReadonlyMap<number, PostgresType> = new Map<number, PostgresType>([
  [16, { name: "BOOLEAN", read: boolean }],
  [17, { name: "BINARY" }],
  [18, { name: "STRING" }],
  [19, { name: "STRING" }],
  [20, { name: "LONGINTEGER", read: integer }],
  [21, { name: "INTEGER", read: integer }],
  [23, { name: "INTEGER", read: integer }],
  [25, { name: "STRING" }],
  [26, { name: "ROWID", read: integer }],
  [114, { name: "JSON", read: json }],
  [700, { name: "FLOAT", read: float }],
  [701, { name: "FLOAT", read: float }],
  [1042, { name: "STRING" }],
  [1043, { name: "STRING" }],
  [1082, { name: "DATE", read: (cell) => isoDate(cell) ?? cell }],
  [1083, { name: "TIME", read: (cell) => isoTime(cell) ?? cell }],
  [1114, { name: "DATETIME", read: (cell) => isoDatetime(cell) ?? cell }],
  [1184, { name: "DATETIMETZ", read: (cell) => isoDatetime(cell) ?? cell }],
  [1186, { name: "INTERVAL", read: (cell) => interval(cell) ?? cell }],
  [1266, { name: "TIME", read: (cell) => isoTime(cell) ?? cell }],
  [1700, { name: "DECIMAL", read: numeric }],
  [3802, { name: "JSONB", read: json }],
  [704, { name: "INTERVAL" }],
  [705, { name: "UNKNOWN" }],
  [1000, { name: "BOOLEANARRAY", elements: 16 }],
  [1005, { name: "INTEGERARRAY", elements: 21 }],
  [1007, { name: "INTEGERARRAY", elements: 23 }],
  [1016, { name: "LONGINTEGERARRAY", elements: 20 }],
  [1021, { name: "FLOATARRAY", elements: 700 }],
  [1022, { name: "FLOATARRAY", elements: 701 }],
  [1231, { name: "DECIMALARRAY", elements: 1700 }],
  [1002, { name: "STRINGARRAY", elements: 18 }],
  [1003, { name: "STRINGARRAY", elements: 19 }],
  [1009, { name: "STRINGARRAY", elements: 25 }],
  [1014, { name: "STRINGARRAY", elements: 1042 }],
  [1015, { name: "STRINGARRAY", elements: 1043 }],
  [1115, { name: "DATETIMEARRAY", elements: 1114 }],
  [1182, { name: "DATEARRAY", elements: 1082 }],
  [1183, { name: "TIMEARRAY", elements: 1083 }],
  [1185, { name: "DATETIMETZARRAY", elements: 1184 }],
  [1187, { name: "INTERVALARRAY", elements: 1186 }],
]);

export function postgresTypeName(type: number): string {
  return TYPES.get(type)?.name ?? `unknown type_code ${type}`;
}

/** A cell as psycopg2 reads it, with lists and documents as dbt writes them into tables: as JSON. */
export function postgresValue(cell: string, type: number): Value {
  const known = TYPES.get(type);
  if (known?.elements !== undefined) return toJson(jsonReady(readArray(cell, known.elements)), 0);
  const value = known?.read?.(cell) ?? cell;
  return typeof value === "object" && (type === 114 || type === 3802) ? toJson(jsonReady(value), 0) : value;
}

/** dbt's encoder writes decimals as numbers and everything else that JSON does not have as text. */
function jsonReady(value: Value): Value {
  if (Array.isArray(value)) return value.map(jsonReady);
  if (value instanceof DecimalValue) return value.number().value;
  return typeof value === "object" && value !== null && "isoText" in value ? toText(value) : value;
}

/** The text form of an array (PostgreSQL documentation, 8.15.6), of one dimension or more. */
function readArray(text: string, elements: number): Value[] {
  const token = /[{},]|"(?:[^"\\]|\\[\s\S])*"|[^{},"]+/g;
  const lists: Value[][] = [[]];
  for (const [sign] of text.slice(Math.max(0, text.indexOf("{"))).matchAll(token)) {
    if (sign === "{") lists.push([]);
    else if (sign === "}") lists.at(-2)?.push(lists.pop() ?? []);
    else if (sign !== ",") lists.at(-1)?.push(readElement(sign, elements));
  }
  const list = lists[0]?.[0];
  return Array.isArray(list) ? list : [];
}

/** An element in quotes is a value, whatever it says; NULL without them is not. */
function readElement(written: string, type: number): Value {
  if (written === "NULL") return null;
  return postgresValue(written.startsWith('"') ? written.slice(1, -1).replace(/\\([\s\S])/g, "$1") : written, type);
}

/** An interval in Postgres' own style: years have 365 days and months 30, as psycopg2 counts. */
function interval(text: string): TimedeltaValue | undefined {
  const clock = /(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  const units = [...text.matchAll(/(-?\d+) (year|mon|day)s?/g)];
  if (clock === null && units.length === 0) return undefined;
  const days = units.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unit === "year" ? 365 : unit === "mon" ? 30 : 1),
    0,
  );
  const [, sign, hours = 0, minutes = 0, seconds = 0, fraction = ""] = clock ?? [];
  const whole = BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000n;
  const micros = whole + BigInt(fraction.padEnd(6, "0") || 0);
  return new TimedeltaValue(BigInt(days) * DAY_MICROS + (sign === "-" ? -micros : micros));
}
