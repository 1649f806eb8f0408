import type { Budget } from "../budget.ts";
import type { FilterContext } from "../filters/filter.ts";
import { FILTERS } from "../filters/filters.ts";
import { TESTS } from "../filters/tests.ts";
import { nearest } from "../suggestion.ts";
import { EvaluationError } from "../template-error.ts";
import { sizeOf } from "../values/sequence.ts";
import type { CallArguments, Value } from "../values/value.ts";

export function applyFilter(name: string, input: Value, given: CallArguments, budget: Budget): Value {
  const found = FILTERS.get(name);
  if (found === undefined) throw new EvaluationError(`there is no filter '${name}'${nearest(name, FILTERS.keys())}`);
  budget.steps(1 + sizeOf(input));
  const context: FilterContext = {
    budget,
    filter: (other, value, more) => applyFilter(other, value, more, budget),
    test: (other, value, more) => applyTest(other, value, more, budget),
  };
  const result = found.apply(input, given, context);
  if (typeof result === "string") budget.text(result.length);
  return result;
}

export function applyTest(name: string, input: Value, given: CallArguments, budget: Budget): boolean {
  const found = TESTS.get(name);
  if (found === undefined) throw new EvaluationError(`there is no test '${name}'${nearest(name, TESTS.keys())}`);
  budget.steps(1 + sizeOf(input));
  return found(input, given);
}
