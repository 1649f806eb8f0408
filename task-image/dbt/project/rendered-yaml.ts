import { Budget, DBT_LIMITS, type Limits } from "../../jinja/budget.ts";
import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderNative } from "../../jinja/running/interpreter.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { TemplateError } from "../../jinja/template-error.ts";
import { type Data, isMap } from "./data.ts";
import { hasTemplate } from "./template-functions.ts";
import { toData } from "./template-values.ts";
import type { DataPath, YamlDocument } from "./yaml-document.ts";

/** Whether the text at a path is a template for the reader of YAML, or for somebody later. */
export type IsRendered = (path: DataPath) => boolean;

interface Rendering {
  readonly document: YamlDocument;
  readonly scope: Scope;
  readonly isRendered: IsRendered;
  /** Of each text; those of dbt's templates where they are missing. */
  readonly limits?: Limits;
}

/**
 * A value of YAML with its templates rendered. One expression alone keeps its type, as in dbt: `"{{ 1 + 1 }}"` is a number.
 *
 * @throws {ProblemError} for a template that cannot be rendered, with the place of its value.
 */
export function renderYaml(data: Data, path: DataPath, { document, scope, isRendered, limits }: Rendering): Data {
  const render = (value: Data, at: DataPath): Data => {
    if (Array.isArray(value)) return value.map((item: Data, index) => render(item, [...at, index]));
    if (isMap(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, render(item, [...at, key])]));
    if (typeof value !== "string" || !isRendered(at)) return value;
    return renderText(value, scope, () => document.position(at), limits);
  };
  return render(data, path);
}

/** One text of YAML. A text without a template loses one newline at its end, as a template does. */
export function renderText(text: string, scope: Scope, position: () => Position, limits: Limits = DBT_LIMITS): Data {
  if (!hasTemplate(text)) return text.replace(/\n$/, "");
  const at = position();
  try {
    return toData(renderNative(parseDbtTemplate(at.file, text), scope, new Budget(limits)));
  } catch (error) {
    if (error instanceof TemplateError) throw new ProblemError(error.message, at);
    throw error;
  }
}
