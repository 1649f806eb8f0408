import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { startOf } from "../../jinja/problem.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderTemplate } from "../../jinja/running/interpreter.ts";
import { bind } from "../../jinja/running/parameters.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, ObjectValue, type Value } from "../../jinja/values/value.ts";
import { type DataMap, own } from "./data.ts";
import { toValue } from "./template-values.ts";

/** Whether a text has anything to render. */
export function hasTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

/**
 * `var(name, default)` and `var.has_var(name)`. In the template of a node, a variable whose text is a template itself is rendered with
 * what is known there: `scope` gives it. In YAML, and in macros that name nodes, dbt leaves it as it is.
 *
 * @throws {EvaluationError} from the call, for a variable that is not set and has no default.
 */
export function varFunction(vars: DataMap, scope?: () => Scope): ObjectValue {
  const call = new CallableValue("var", (given) => {
    const found = bind("var()", ["name", "default?"], given);
    const name = found.text(0);
    const value = own(vars, name);
    if (typeof value === "string" && scope !== undefined && hasTemplate(value)) {
      const at = startOf(`var('${name}')`);
      return renderTemplate(parseDbtTemplate(at.file, value), scope(), new Budget(DBT_LIMITS)).text;
    }
    if (value !== undefined) return toValue(value);
    if (found.has(1)) return found.value(1);
    throw new EvaluationError(
      `there is no variable '${name}'${nearest(name, Object.keys(vars)) || "."} Set it under vars of the node or of dbt_project.yml, or give a default: var('${name}', ...)`,
    );
  });
  const has = new CallableValue(
    "has_var",
    (given) => own(vars, bind("has_var()", ["name"], given).text(0)) !== undefined,
  );
  return new ObjectValue({ typeName: "var", call, attribute: (name) => (name === "has_var" ? has : undefined) });
}

/** `env_var(name, default)`: dbt's rule of secrets is that they belong into connections. */
export function envVarFunction(environment: ReadonlyMap<string, string>): CallableValue {
  return new CallableValue("env_var", (given): Value => {
    const found = bind("env_var()", ["name", "default?"], given);
    const name = found.text(0);
    if (name.startsWith("DBT_ENV_SECRET")) {
      throw new EvaluationError(
        `'${name}' is a secret by its name, and secrets belong into the Secret of a connection`,
      );
    }
    const value = environment.get(name);
    if (value !== undefined) return value;
    if (found.has(1)) return toText(found.value(1));
    throw new EvaluationError(
      `the environment variable '${name}' is not set: give a default, env_var('${name}', ...), or use var()`,
    );
  });
}
