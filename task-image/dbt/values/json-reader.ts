import { DictValue } from "../../jinja/values/dict-value.ts";
import { floatText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";

/**
 * A JSON text as Python's `json.loads` reads it: whole numbers are ints of any size, all others floats.
 *
 * @throws {SyntaxError} for what is not JSON.
 */
export function readJson(text: string): Value {
  const reviver = (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== "number") return value;
    const source = context?.source ?? floatText(value);
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return toValue(JSON.parse(text, reviver as (key: string, value: unknown) => unknown));
}

function toValue(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (Array.isArray(data)) return data.map(toValue);
  if (typeof data === "object")
    return DictValue.of(Object.entries(data).map(([key, item]) => [key, toValue(item)] as const));
  return data as Value;
}
