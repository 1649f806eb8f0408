import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderTemplate } from "../../jinja/running/interpreter.ts";
import { TemplateError } from "../../jinja/template-error.ts";
import type { Reference } from "./draft.ts";
import type { RefArgs } from "./node.ts";
import { type ParseWorld, parseScope } from "./parse-context.ts";

/** What a text such as `ref('films')` refers to. */
export interface TextReferences {
  readonly refs: Reference<RefArgs>[];
  readonly sources: Reference<readonly [string, string]>[];
}

/**
 * What calls of ref() and source() that stand in a properties file as text refer to: `depends_on` of an exposure, `input` of a unit
 * test, `to` of a constraint.
 *
 * @throws {ProblemError} where the text is no such call.
 */
export function referencesOf(text: string, packageName: string, world: ParseWorld, at: Position): TextReferences {
  const found: TextReferences = { refs: [], sources: [] };
  const scope = parseScope(world, packageName, {
    packageName,
    relation: () => null,
    place: () => ({ database: "", schema: "" }),
    model: () => null,
    listener: {
      ref: (to) => found.refs.push({ to, at }),
      source: (source, table) => found.sources.push({ to: [source, table], at }),
      config: () => undefined,
      macro: () => undefined,
    },
  });
  try {
    renderTemplate(parseDbtTemplate(at.file, `{{ ${text} }}`), scope, new Budget(DBT_LIMITS));
  } catch (error) {
    if (error instanceof TemplateError) throw new ProblemError(`'${text}': ${error.message}`, at);
    throw error;
  }
  if (found.refs.length + found.sources.length > 0) return found;
  throw new ProblemError(`'${text}': expected ref('name') or source('source', 'table')`, at);
}
