import { z } from "zod";
import { QUANTITY } from "./quantity.ts";

/**
 * Builders of schema fields. Each asks for the sentence that becomes the description in the CRD and the reference, and
 * for a bound, because the API server estimates the cost of CEL rules from the largest value a field could hold.
 */

/**
 * A rule over several fields: the CEL expression that the API server evaluates, and, where files must be checked without one,
 * the same as a function. A rule that compares with the old object has no function.
 */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** A CEL expression that says the same with the names of what breaks the rule. */
  readonly messageExpression?: string;
  readonly holds?: (value: Readonly<Record<string, unknown>>) => boolean;
  /** What breaks the rule, in words for the end of the message; only where there is no API server to say it. */
  readonly found?: (value: Readonly<Record<string, unknown>>) => string;
}

interface TextLimits {
  readonly max?: number;
  readonly min?: number;
  readonly pattern?: RegExp;
  /** What is expected, for messages: "expected a duration such as 90s". */
  readonly expected?: string;
  /** Whether a text with an expression passes the pattern: what it stands for is held to the pattern when a run begins. */
  readonly expressions?: boolean;
}

/** A text with an expression such as `$(params.bucket)`. */
const WITH_EXPRESSION = "^\\S*[$][(][A-Za-z_][A-Za-z0-9_.-]*(:[^)]*)?[)]\\S*$";

/** A string of at most `max` (default 256) characters; not empty unless `min` is 0. */
export function text(description: string, { max = 256, min = 1, pattern, expected, expressions }: TextLimits = {}) {
  const bounded = z.string(expected).min(min, expected).max(max);
  if (pattern === undefined) return bounded.meta({ description });
  const wanted = expressions === true ? new RegExp(`${pattern.source}|${WITH_EXPRESSION}`) : pattern;
  return bounded.regex(wanted, expected).meta({ description });
}

/** Name of an object in the same namespace (RFC 1123 subdomain). */
export function objectName(description: string) {
  const expected = "expected the name of an object, in lower-case letters, digits, dashes and dots";
  const pattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  return text(description, { max: 253, pattern, expected });
}

/** A key of a map in the spec: a DNS label, so that it can be part of a Job's name. */
export const entryName = z
  .string()
  .max(40)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "expected a name in lower-case letters, digits and dashes that begins with a letter",
  );

/** A duration such as `90s`, `5m` or `1h30m`. */
export function duration(description: string) {
  const expected = "expected a duration such as 90s, 5m or 1h30m";
  return text(description, { max: 32, pattern: /^([0-9]+(ms|s|m|h|d))+$/, expected });
}

/** A moment, as RFC 3339 writes it. */
export function time(description: string) {
  const expected = "expected a time such as 2026-12-01T06:00:00Z";
  const pattern =
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$/;
  const readable = text(description, { max: 40, pattern, expected }).refine(
    (said) => !pattern.test(said) || !Number.isNaN(Date.parse(said)),
    expected,
  );
  return readable.meta({ description, format: "date-time" });
}

/** A duration that is longer than nothing, as a limit has to be. */
export function positiveDuration(description: string) {
  const expected = "expected a duration above 0, such as 90s, 5m or 1h30m";
  const pattern = /^([0-9]+(ms|s|m|h|d))*[0-9]*[1-9][0-9]*(ms|s|m|h|d)([0-9]+(ms|s|m|h|d))*$/;
  return text(description, { max: 32, pattern, expected });
}

/**
 * A Kubernetes resource quantity such as `250m` or `512Mi`; a whole number may stand without quotation marks, as in Kubernetes'
 * own manifests. The exponent is bounded, so that whoever computes with it need not be afraid of it.
 */
export function quantity(description: string) {
  const expected = "expected a quantity such as 250m, 1 or 512Mi, in quotation marks where it has a decimal point";
  const written = z.string().max(32, expected).regex(QUANTITY, expected);
  return z
    .union([written, z.int(expected).min(0, expected)], expected)
    .meta({ description, "x-kubernetes-int-or-string": true });
}

/** A number, as text where it has a decimal point: floats lose digits between programs, and API conventions have none. */
export function decimal(description: string) {
  const expected = "expected a number such as 3 or '0.5', in quotation marks where it has a decimal point";
  const written = z
    .string()
    .max(32, expected)
    .regex(/^-?[0-9]+(\.[0-9]+)?$/, expected);
  return z.union([written, z.int(expected)], expected).meta({ description, "x-kubernetes-int-or-string": true });
}

/** A share of a whole. */
export function percentage(description: string) {
  const expected = "expected a share of 0% to 100%, such as 5% or 0.1%";
  return text(description, { max: 16, pattern: /^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$/, expected });
}

export function integer(description: string, { min, max }: { readonly min: number; readonly max: number }) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const expected = `expected a whole number ${range}`;
  return z.int(expected).min(min, expected).max(max, expected).meta({ description });
}

export function flag(description: string) {
  return z.boolean().meta({ description });
}

export function oneOf<const T extends readonly [string, ...string[]]>(description: string, values: T) {
  return z.enum(values).meta({ description });
}

export function list<T extends z.ZodType>(
  description: string,
  items: T,
  { min = 1, max }: { readonly min?: number; readonly max: number },
) {
  return z.array(items).min(min).max(max).meta({ description, "x-kubernetes-list-type": "atomic" });
}

/** A map keyed by name. kustomize and server-side apply patch one entry of it by its key. */
export function map<T extends z.ZodType>(
  description: string,
  values: T,
  { max, key = entryName }: { readonly max: number; readonly key?: z.ZodString },
) {
  return z.record(key, values).meta({ description, maxProperties: max });
}

/** An object whose unknown fields are refused, with rules over its fields. */
export function object<T extends z.ZodRawShape>(description: string, shape: T, rules: readonly CelRule[] = []) {
  let schema = z.strictObject(shape);
  for (const { holds, message, found } of rules) {
    const error = (value: unknown) =>
      found === undefined ? message : `${message}; ${found(value as Readonly<Record<string, unknown>>)}`;
    if (holds !== undefined) schema = schema.refine(holds, { error: ({ input }) => error(input) });
  }
  const validations = rules.map(({ rule, message, messageExpression }) => ({
    rule,
    message,
    ...(messageExpression === undefined ? {} : { messageExpression }),
  }));
  return schema.meta({ description, ...(rules.length === 0 ? {} : { "x-kubernetes-validations": validations }) });
}

/** The rule that exactly one of several optional sibling fields is set. */
export function exactlyOne(names: readonly string[]): CelRule {
  const set = names.map((name) => `has(self.${name})`).join(", ");
  const present = (value: Readonly<Record<string, unknown>>) => names.filter((name) => value[name] !== undefined);
  return {
    rule: `[${set}].exists_one(set, set)`,
    message: `exactly one of ${names.join(", ")} must be set`,
    holds: (value) => present(value).length === 1,
    found: (value) => `found ${present(value).join(" and ") || "none of them"}`,
  };
}
