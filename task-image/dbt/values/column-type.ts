import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import { DatetimeValue, DateValue } from "./datetime.ts";
import { DecimalValue } from "./decimal.ts";
import { isoDate, isoDatetime } from "./iso-time.ts";

/** The types that dbt gives to the columns of a table, in the order in which it tries them. */
export type ColumnType = "Integer" | "Number" | "Date" | "DateTime" | "Boolean" | "Text";

/** Undefined for a value that does not fit the type. */
type Cast = (value: Value) => Value | undefined;

const isNull = (text: string) => /^\s*(?:null)?\s*$/i.test(text);
/** Signs of money that agate takes away from numbers. */
const CURRENCY = /^[؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫]+|[؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫]+$/gu;

function integer(value: Value): Value | undefined {
  return typeof value === "bigint" || value === null ? value : undefined;
}

function number(value: Value): Value | undefined {
  if (value === null || value instanceof DecimalValue) return value;
  if (typeof value === "bigint" || typeof value === "number") return DecimalValue.of(value) ?? value;
  if (typeof value !== "string") return undefined;
  return isNull(value) ? null : writtenNumber(value.trim().replace(/^%+|%+$/g, ""));
}

/** A number as people write it into spreadsheets: `$1,000`, `-5 %`, `1_000`. A sign may stand before the money's and behind it. */
function writtenNumber(text: string): Value | undefined {
  const isNegative = text.startsWith("-");
  const bare = text
    .slice(isNegative ? 1 : 0)
    .replace(CURRENCY, "")
    .replaceAll(",", "")
    .trim();
  if (/^[-+]?(?:nan|inf|infinity)$/i.test(bare)) return /nan/i.test(bare) ? Number.NaN : Number.POSITIVE_INFINITY;
  const found = DecimalValue.parse(bare.replace(/(?<=\d)_(?=\d)/g, ""));
  return isNegative ? found?.number().negated() : found;
}

function date(value: Value): Value | undefined {
  if (value === null || value instanceof DateValue) return value;
  if (typeof value !== "string") return undefined;
  return isNull(value) ? null : isoDate(padded(value.trim()));
}

/** `2024-01-31 9:05:00`, as strptime reads it. */
function datetime(value: Value): Value | undefined {
  if (typeof value !== "string" || isNull(value)) return isoTimestamp(value);
  const text = value.trim();
  return /^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}$/.test(text) ? isoDatetime(padded(text)) : undefined;
}

/** `2024-01-31T09:05:00+02:00`. A column has this form or the other one. */
function isoTimestamp(value: Value): Value | undefined {
  if (value === null || value instanceof DatetimeValue) return value;
  if (value instanceof DateValue) return new DatetimeValue(value.micros);
  if (typeof value !== "string") return undefined;
  if (isNull(value)) return null;
  const text = value.trim().replace(/^(\d{4})(\d\d)(\d\d)T/, "$1-$2-$3T");
  return text.includes("T") ? isoDatetime(text) : undefined;
}

function boolean(value: Value): Value | undefined {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "bigint") return value === 1n ? true : value === 0n ? false : undefined;
  if (typeof value !== "string") return undefined;
  const word = value.replaceAll(",", "").trim().toLowerCase();
  if (isNull(word)) return null;
  return { true: true, false: false }[word];
}

/** strptime takes single digits where ISO has two. */
function padded(text: string): string {
  return text.replace(
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2}))?$/,
    (_, year, ...rest: (string | undefined)[]) => {
      const [month, day, hour, minute, second] = rest.slice(0, 5).map((part) => part?.padStart(2, "0"));
      return `${year}-${month}-${day}${hour === undefined ? "" : ` ${hour}:${minute}:${second}`}`;
    },
  );
}

const CASTS: readonly (readonly [ColumnType, Cast])[] = [
  ["Integer", integer],
  ["Number", number],
  ["Date", date],
  ["DateTime", datetime],
  ["DateTime", isoTimestamp],
  ["Boolean", boolean],
];

export interface TypedColumn {
  readonly type: ColumnType;
  readonly cells: readonly Value[];
}

/**
 * The first type that all values of a column have. A text of a query stays what it is; the texts of a file are read, and `null` and
 * nothing at all are None there.
 */
export function typedColumn(values: readonly Value[], from: "query" | "file", isText = false): TypedColumn {
  const mayBeOther = !isText && !(from === "query" && values.some((value) => typeof value === "string"));
  for (const [type, cast] of mayBeOther ? CASTS : []) {
    const cells = castAll(values, cast);
    if (cells !== undefined) return { type, cells };
  }
  return { type: "Text", cells: values.map((value) => textOf(value, from)) };
}

function textOf(value: Value, from: "query" | "file"): Value {
  if (value === null) return null;
  if (from === "file" && typeof value === "string" && isNull(value)) return null;
  return toText(value);
}

function castAll(values: readonly Value[], cast: Cast): Value[] | undefined {
  const cells: Value[] = [];
  for (const value of values) {
    const found = cast(value);
    if (found === undefined) return undefined;
    cells.push(found);
  }
  return cells;
}
