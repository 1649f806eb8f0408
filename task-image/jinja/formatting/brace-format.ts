import type { Budget } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { toSource, toText } from "../values/text-form.ts";
import type { Value } from "../values/value.ts";
import { formatValue, parseFormatSpec } from "./format-spec.ts";

const FIELD = /\{\{|\}\}|\{([\p{L}\p{N}_]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/gu;

export interface FormatArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Python's `template.format(...)`. A field names an argument; what is inside of the argument has to be passed by itself. */
export function braceFormat(template: string, given: FormatArguments, budget: Budget): string {
  let next = 0;
  return template.replace(FIELD, (field: string, name?: string, conversion?: string, spec = "") => {
    if (field === "{{" || field === "}}") return field.slice(1);
    if (name === undefined) {
      throw new EvaluationError(
        `'${field}' in a format begins a field such as '{name}', or is written '${field}${field}'`,
      );
    }
    const key = name === "" ? String(next++) : name;
    const value = argument(key, given);
    const converted = conversion === undefined ? value : conversion === "s" ? toText(value) : toSource(value);
    const result = spec === "" ? toText(converted) : formatValue(converted, parseFormatSpec(spec), budget);
    budget.text(result.length + template.length);
    return result;
  });
}

function argument(key: string, { positional, named }: FormatArguments): Value {
  const value = /^\d+$/.test(key) ? positional[Number(key)] : named.get(key);
  if (value === undefined) throw new EvaluationError(`the format asks for '${key}', which was not given`);
  return value;
}
