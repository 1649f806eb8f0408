import { Budget, DBT_LIMITS } from "../../../task-image/jinja/budget.ts";
import { parseDbtTemplate } from "../../../task-image/jinja/reading/template-parser.ts";
import { type RenderOptions, renderNative, renderTemplate } from "../../../task-image/jinja/running/interpreter.ts";
import { TemplateError } from "../../../task-image/jinja/template-error.ts";
import type { Value } from "../../../task-image/jinja/values/value.ts";
import { globalScope } from "./global-scope.ts";

/** Variables that a template sees. */
export type Values = Readonly<Record<string, Value>>;

/** The text of a template with dbt's blocks. */
export function renderDbt(source: string, values: Values = {}, options?: RenderOptions): string {
  const template = parseDbtTemplate("t.sql", source);
  return renderTemplate(template, globalScope(Object.entries(values)), new Budget(DBT_LIMITS), options).text;
}

/** The value of a template, as dbt reads it from YAML. */
export function nativeDbt(source: string, values: Values = {}): Value {
  return renderNative(parseDbtTemplate("t.sql", source), globalScope(Object.entries(values)), new Budget(DBT_LIMITS));
}

/** The error that something ends with, as people read it. */
export function dbtErrorOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateError) return error.toString();
    throw error;
  }
  throw new Error("expected an error");
}
