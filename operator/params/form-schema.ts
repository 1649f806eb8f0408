import type { Param, Params } from "../api/params/params.ts";
import { readValue } from "./read-value.ts";

/** A JSON Schema (2020-12) of values, as forms are drawn from. */
export interface FormSchema {
  readonly $schema: "https://json-schema.org/draft/2020-12/schema";
  readonly type: "object";
  readonly properties: Readonly<Record<string, FieldSchema>>;
  /** Parameters that have no default and must be set. */
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

export interface FieldSchema {
  readonly type: "string" | "integer" | "number" | "boolean" | "array";
  readonly title: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: "date";
  readonly minimum?: number;
  readonly maximum?: number;
  /** JSON Schema has no bounds for dates: these are those of OpenAPI's and Ajv's forms. */
  readonly formatMinimum?: string;
  readonly formatMaximum?: string;
  readonly items?: Pick<FieldSchema, "enum" | "pattern">;
}

/** What a form over the parameters of a Pipeline asks for: the fields in the order of the manifest, the Pipeline's words for each. */
export function formSchema(params: Params): FormSchema {
  const entries = Object.entries(params);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(entries.map(([name, param]) => [name, fieldSchema(name, param)])),
    required: entries.filter(([, param]) => param.required && param.default === undefined).map(([name]) => name),
    additionalProperties: false,
  };
}

function fieldSchema(name: string, param: Param): FieldSchema {
  const { type, description, enum: values, pattern } = param;
  const shape = {
    ...(values === undefined ? {} : { enum: values.map((value) => typed(param, value)) }),
    ...(pattern === undefined ? {} : { pattern }),
  };
  return {
    ...typeOf(param),
    title: name,
    ...(description === undefined ? {} : { description }),
    ...(param.default === undefined ? {} : { default: typed(param, param.default) }),
    ...(type === "list" ? { items: shape } : shape),
    ...boundsOf(param),
  };
}

function typeOf({ type }: Param): Pick<FieldSchema, "type" | "format"> {
  if (type === "list") return { type: "array" };
  return type === "date" ? { type: "string", format: "date" } : { type };
}

function boundsOf({ type, min, max }: Param): Partial<FieldSchema> {
  if (type === "date") {
    return {
      ...(min === undefined ? {} : { formatMinimum: String(min) }),
      ...(max === undefined ? {} : { formatMaximum: String(max) }),
    };
  }
  return {
    ...(min === undefined ? {} : { minimum: Number(min) }),
    ...(max === undefined ? {} : { maximum: Number(max) }),
  };
}

/** A value as its type has it; one that is made of the run's times stays a text that a form shows. */
function typed({ type }: Param, value: unknown): unknown {
  const read = type === "list" ? undefined : readValue({ type }, value);
  return read?.ok === true ? read.value : value;
}
