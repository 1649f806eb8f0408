import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import { DatetimeValue, DateValue, TimeValue } from "../values/datetime.ts";
import { DecimalValue } from "../values/decimal.ts";
import { fail } from "../values/host-function.ts";
import { TimedeltaValue } from "../values/timedelta.ts";

/**
 * Values written into a statement at its `%s`, as psycopg2 writes them.
 *
 * @throws {EvaluationError} when there are more places than values, or fewer.
 */
export function bindValues(
  sql: string,
  values: readonly Value[],
  textLiteral: (text: string) => string = postgresText,
): string {
  let next = 0;
  const bound = sql.replace(/%[s%]/g, (mark) => {
    if (mark === "%%") return "%";
    if (next >= values.length) fail(`the statement has more places than its ${values.length} values`);
    next += 1;
    return literalOf(values[next - 1] ?? null, textLiteral);
  });
  if (next < values.length) fail(`the statement has ${next} places for ${values.length} values`);
  return bound;
}

export function literalOf(value: Value, textLiteral: (text: string) => string = postgresText): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return `'${toText(value)}'::numeric`;
  if (typeof value === "bigint" || typeof value === "number" || value instanceof DecimalValue) return toText(value);
  if (value instanceof DateValue) return `'${value.text}'::date`;
  if (value instanceof DatetimeValue)
    return `'${value.isoText("T")}'::timestamp${value.zone === undefined ? "" : "tz"}`;
  if (value instanceof TimeValue) return `'${value.text}'::time`;
  if (value instanceof TimedeltaValue) return `'${value.text}'::interval`;
  return textLiteral(toText(value));
}

/** A text as psycopg2 writes it. */
export function postgresText(text: string): string {
  const quoted = text.replaceAll("'", "''").replaceAll("\\", "\\\\");
  return `${text.includes("\\") ? " E" : ""}'${quoted}'`;
}
