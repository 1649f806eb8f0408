import { z } from "zod";

/** A CEL rule as a CustomResourceDefinition holds it. */
export interface Validation {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

/** A structural schema of a CustomResourceDefinition: OpenAPI v3 without what the API server refuses. */
export interface StructuralSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: StructuralSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: StructuralSchema;
  readonly maxProperties?: number;
  readonly "x-kubernetes-validations"?: readonly Validation[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** A schema as zod hands it to `override`, which changes it in place. */
type Draft = { [key: string]: unknown; anyOf?: readonly Record<string, unknown>[] };

/**
 * The structural schema of what users write for `type`: defaults stay out of `required`, every reference is inlined.
 * Throws on a type that no structural schema can say, such as one that refers to itself.
 */
export function structuralSchema(type: z.ZodType): StructuralSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    cycles: "throw",
    override: ({ zodSchema, jsonSchema }) => restructure(zodSchema, jsonSchema as Draft),
  });
  return schema as StructuralSchema;
}

function restructure(type: z.core.$ZodType, draft: Draft): void {
  // The API server prunes unknown fields by itself and refuses these two beside `properties`.
  if (draft.additionalProperties === false) delete draft.additionalProperties;
  delete draft.propertyNames;
  if (draft.type === "integer") draft.format = "int64";
  if (draft["x-kubernetes-int-or-string"] === true) joinIntOrString(draft);
  if (!(type instanceof z.ZodRecord)) return;
  // Values without a schema have no CEL rules either; those of the object around them can compare it as a whole.
  if (draft["x-kubernetes-preserve-unknown-fields"] === true) delete draft.additionalProperties;
  else addKeyRule(type, draft);
}

/** `x-kubernetes-int-or-string` stands for the union, so the union itself must go; the bound and the shape of its text stay. */
function joinIntOrString(draft: Draft): void {
  const text = draft.anyOf?.find((option) => option.type === "string");
  if (text?.maxLength !== undefined) draft.maxLength = text.maxLength;
  if (text?.pattern !== undefined) draft.pattern = text.pattern;
  delete draft.anyOf;
}

/**
 * OpenAPI v3 has no word for the keys of a map, so a rule bounds those that become a part of another object's name. Keys without
 * a shape of their own (tables, columns, variables) are left to the operator: a rule for a map within a map within the map of nodes
 * is over the API server's cost limit.
 */
function addKeyRule(type: z.ZodRecord, draft: Draft): void {
  const { maxLength, pattern } = z.toJSONSchema(type.keyType as z.ZodType);
  if (pattern === undefined) return;
  const rule: Validation = {
    rule: `self.all(key, size(key) <= ${maxLength} && key.matches('${pattern}'))`,
    message: `a key has at most ${maxLength} characters and the shape ${pattern}`,
  };
  const rules = (draft["x-kubernetes-validations"] ?? []) as readonly Validation[];
  if (!rules.some((other) => other.rule === rule.rule)) draft["x-kubernetes-validations"] = [...rules, rule];
}
