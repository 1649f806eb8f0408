import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { ObjectValue, TupleValue, UndefinedValue, type Value } from "../../jinja/values/value.ts";
import type { Data } from "./data.ts";

/** Data as templates see it. */
export function toValue(data: Data | undefined): Value {
  if (data === null || data === undefined) return null;
  if (Array.isArray(data)) return data.map(toValue);
  if (typeof data !== "object") return data;
  return DictValue.of(Object.entries(data).map(([key, value]) => [key, toValue(value)] as const));
}

/** What a template gives, as data: what JSON does not know becomes its text, and what is undefined None. */
export function toData(value: Value): Data {
  if (value === null || value instanceof UndefinedValue) return null;
  if (Array.isArray(value)) return value.map(toData);
  if (value instanceof TupleValue) return value.items.map(toData);
  if (value instanceof DictValue) {
    return Object.fromEntries(value.entries().map(([key, item]) => [toText(key), toData(item)]));
  }
  if (value instanceof ObjectValue && value.items !== undefined) return value.items().map(toData);
  return typeof value === "object" ? toText(value) : value;
}
