import { singleStatement } from "../checks/single-statement.ts";
import { Budget } from "../jinja/budget.ts";
import { ProblemError, startOf } from "../jinja/problem.ts";
import { renderTemplate } from "../jinja/running/interpreter.ts";
import type { Rendering } from "../jinja/running/rendering.ts";
import { EvaluationError } from "../jinja/template-error.ts";
import { speechGlobals } from "./context.ts";
import { findSource, type KnownProject } from "./discovery.ts";
import type { CompiledModel, DiscoveredModel } from "./model.ts";
import { modelGlobals } from "./model-context.ts";
import { relationValue } from "./relation.ts";

/**
 * Renders a model's SQL with `execute` true. By now it is known where every model is built.
 *
 * @throws {ProblemError | TemplateError} where the model cannot be rendered, or is not one statement.
 */
export function compileModel(
  model: DiscoveredModel,
  models: ReadonlyMap<string, DiscoveredModel>,
  parts: KnownProject,
): CompiledModel {
  const budget = new Budget();
  const messages: string[] = [];
  const globals = modelGlobals(parts.name, {
    execute: true,
    self: model.relation,
    settings: model.settings,
    configure: () => undefined,
    source: (source, table) => findSource(source, table, parts),
    ref: (name) => {
      const other = models.get(name);
      if (other === undefined || !model.refs.has(name)) {
        throw new EvaluationError(
          `ref(): '${name}' is only reached while the SQL is made, too late for the order of the models: write '-- depends_on: {{ ref('${name}') }}' at the top of the model`,
        );
      }
      return relationValue(other.relation);
    },
  });
  const speech = speechGlobals((message) => void messages.push(message));
  const scope = parts.macros.scope([...parts.globals, ...speech, ...globals], budget);
  return {
    name: model.name,
    path: model.path,
    relation: model.relation,
    materialized: model.config.materialized,
    sql: oneStatement(renderTemplate(model.template, scope, budget), model.path),
    needs: new Set(model.refs.keys()),
    messages,
  };
}

/** The statement without white space around it and without a semicolon at its end, so that it can stand in parentheses. */
function oneStatement(sql: Rendering, path: string): Rendering {
  const statement = singleStatement(sql.text);
  if (statement === undefined) {
    const found = sql.text.trim() === "" ? "nothing" : "none, or several with ';' between them";
    throw new ProblemError(`expected one SELECT statement in the model, found ${found}`, startOf(path));
  }
  const start = sql.text.length - sql.text.trimStart().length;
  return sql.slice(start, start + statement.length);
}
