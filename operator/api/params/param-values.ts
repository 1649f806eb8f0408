import { z } from "zod";

export const PARAM_TYPES = ["string", "integer", "number", "boolean", "date", "list"] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

export const PARAMS_MAX = 64;
/** Items of a list, and values of an enum. */
export const ITEMS_MAX = 256;
export const PARAM_TEXT_MAX = 4096;
/** All values of a run together as JSON, in bytes: they stand in its status. */
export const PARAMS_BYTES_MAX = 16 * 1024;

type Scalar = string | number | boolean;
/** What a parameter can stand for. A date is a text such as 2026-12-01. */
export type ParamValue = Scalar | readonly Scalar[];

/** A name that CEL, dbt and the environment take as well. */
export const paramName = z
  .string()
  .max(40)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "expected a name in letters, digits and underscores that does not begin with a digit",
  );

export function isScalar(found: unknown): found is Scalar {
  return (
    typeof found === "boolean" || typeof found === "string" || (typeof found === "number" && Number.isFinite(found))
  );
}

export function isParamValue(found: unknown): found is ParamValue {
  return isScalar(found) || (Array.isArray(found) && found.every(isScalar));
}

/** Any type of value: the API server has no word for a choice of types. */
export const anyValue = (description: string, isValue: (found: unknown) => boolean, expected: string) =>
  z.unknown().refine(isValue, expected).meta({ description, "x-kubernetes-preserve-unknown-fields": true });
export const SCALAR = "expected a text, a number, true or false";

/** Values of parameters by name. What they are is the Pipeline's to say, so that the API server checks nothing but their number. */
export function paramValues(description: string) {
  const value = z.unknown().refine(isParamValue, `${SCALAR}, or a list of these`);
  return z.record(paramName, value).meta({
    description,
    maxProperties: PARAMS_MAX,
    "x-kubernetes-preserve-unknown-fields": true,
  });
}
