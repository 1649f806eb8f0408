import { Budget, type Limits } from "../../../task-image/jinja/budget.ts";
import { parseTemplate } from "../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../task-image/jinja/running/interpreter.ts";
import type { Rendering } from "../../../task-image/jinja/running/rendering.ts";
import { TemplateError } from "../../../task-image/jinja/template-error.ts";
import { globalScope } from "./global-scope.ts";

/** The text that a template gives. */
export function render(source: string): string {
  return renderMapped(source).text;
}

/** The text that a template of the file `t.sql` gives, with its source map. */
export function renderMapped(source: string, limits?: Limits): Rendering {
  return renderTemplate(parseTemplate("t.sql", source), globalScope([]), new Budget(limits));
}

/** The error that reading or rendering a template ends with, as people read it. */
export function errorOf(source: string, limits?: Limits): string {
  try {
    renderMapped(source, limits);
  } catch (error) {
    if (error instanceof TemplateError) return error.toString();
    throw error;
  }
  throw new Error(`expected an error, but this renders: ${source}`);
}
