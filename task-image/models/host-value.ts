import { DictValue } from "../jinja/values/dict-value.ts";
import type { Value } from "../jinja/values/value.ts";

/** Data of YAML as a value of templates. Whole numbers become ints; YAML knows no other difference. */
export function fromYaml(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "bigint") return data;
  if (typeof data === "number") return Number.isInteger(data) ? BigInt(data) : data;
  if (Array.isArray(data)) return data.map(fromYaml);
  if (data instanceof Date) return data.toISOString();
  return DictValue.of(Object.entries(data).map(([key, value]) => [key, fromYaml(value)] as const));
}
