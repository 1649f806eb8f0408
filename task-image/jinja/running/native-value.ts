import type { Expression } from "../reading/syntax-tree.ts";
import { parseTemplate } from "../reading/template-parser.ts";
import { EvaluationError, TemplateError } from "../template-error.ts";
import { asNumber } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { toSource, toText } from "../values/text-form.ts";
import { TupleValue, type Value } from "../values/value.ts";

/** What dbt makes of the value that an expression has in YAML: its last filter may ask for a type. */
export function nativeValue(value: Value, expression: Expression): Value {
  switch (expression.type === "filter" ? expression.name : "") {
    case "as_text":
      return toText(value);
    case "as_native":
      return literalOf(toText(value));
    case "as_bool":
      return expectType(value, "bool", (found) => typeof found === "boolean");
    case "as_number":
      return expectType(value, "number", (found) => typeof found !== "boolean" && asNumber(found) !== undefined);
    default:
      return value;
  }
}

function expectType(value: Value, type: string, isOfType: (found: Value) => boolean): Value {
  const found = literalOf(toText(value));
  if (!isOfType(found)) throw new EvaluationError(`expected a ${type}, found ${toSource(value)}`);
  return found;
}

/** The value of a literal of Python; the text itself when it is not a literal. */
function literalOf(text: string): Value {
  try {
    const [statement, ...more] = parseTemplate("literal", `{{ ${text} }}`).body;
    const value = statement?.type === "output" && more.length === 0 ? literal(statement.expression) : undefined;
    return value === undefined ? text : value;
  } catch (error) {
    if (error instanceof TemplateError) return text;
    throw error;
  }
}

/** Undefined for what is not a literal. Jinja's `true`, `false` and `none` cannot be told from Python's here, and are taken too. */
function literal(expression: Expression): Value | undefined {
  switch (expression.type) {
    case "literal":
      return expression.value;
    case "unary": {
      const number = asNumber(literal(expression.operand) ?? null);
      if (number === undefined || expression.operator === "not") return undefined;
      return expression.operator === "-" ? -number : number;
    }
    case "list":
      return literals(expression.items);
    case "tuple": {
      const items = literals(expression.items);
      return items && new TupleValue(items);
    }
    case "dict": {
      const [keys, values] = [0, 1].map((side) => literals(expression.entries.map((entry) => entry[side as 0 | 1])));
      return keys && values && DictValue.of(keys.map((key, index) => [key, values[index] ?? null] as const));
    }
    default:
      return undefined;
  }
}

function literals(expressions: readonly Expression[]): Value[] | undefined {
  const values = expressions.map(literal);
  return values.every((value) => value !== undefined) ? values : undefined;
}
