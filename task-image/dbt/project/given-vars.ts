import type { Data, DataMap } from "./data.ts";

/** Variables of JSON, as dbt's YAML has them: whole numbers are integers. */
export function givenVars(vars: Readonly<Record<string, unknown>>): DataMap {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, dataOf(value)] as const));
}

function dataOf(value: unknown): Data {
  if (Array.isArray(value)) return value.map(dataOf);
  if (typeof value === "object" && value !== null) return givenVars(value as Readonly<Record<string, unknown>>);
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  return typeof value === "string" || typeof value === "boolean" ? value : null;
}
