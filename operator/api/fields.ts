import { z } from "zod";

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
  readonly holds?: (value: Readonly<Record<string, unknown>>) => boolean;
}

interface TextLimits {
  readonly max?: number;
  readonly min?: number;
  readonly pattern?: RegExp;
}

/** A string of at most `max` (default 256) characters; not empty unless `min` is 0. */
export function text(description: string, { max = 256, min = 1, pattern }: TextLimits = {}) {
  const bounded = z.string().min(min).max(max);
  return (pattern === undefined ? bounded : bounded.regex(pattern)).meta({ description });
}

/** Name of an object in the same namespace (RFC 1123 subdomain). */
export function objectName(description: string) {
  return text(description, { max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/ });
}

/** A key of a map in the spec: a DNS label, so that it can be part of a Job's name. */
export const entryName = z
  .string()
  .max(40)
  .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);

/** A duration such as `90s`, `5m` or `1h30m`. */
export function duration(description: string) {
  return text(description, { max: 32, pattern: /^([0-9]+(ms|s|m|h|d))+$/ });
}

/** A Kubernetes resource quantity such as `250m` or `512Mi`. */
export function quantity(description: string) {
  return text(description, { max: 32, pattern: /^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/ });
}

export function integer(description: string, { min, max }: { readonly min: number; readonly max: number }) {
  return z.int().min(min).max(max).meta({ description });
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
  for (const { holds, message } of rules) {
    if (holds !== undefined) schema = schema.refine(holds, { error: message });
  }
  const validations = rules.map(({ rule, message }) => ({ rule, message }));
  return schema.meta({ description, ...(rules.length === 0 ? {} : { "x-kubernetes-validations": validations }) });
}

/** The rule that exactly one of several optional sibling fields is set. */
export function exactlyOne(names: readonly string[]): CelRule {
  const set = names.map((name) => `has(self.${name})`).join(", ");
  return {
    rule: `[${set}].exists_one(set, set)`,
    message: `exactly one of ${names.join(", ")} must be set`,
    holds: (value) => names.filter((name) => value[name] !== undefined).length === 1,
  };
}
