import type { Budget } from "../budget.ts";
import { type BoundArguments, bind } from "../running/parameters.ts";
import type { CallArguments, Value } from "../values/value.ts";

/** What a filter may use besides its input: other filters and tests by name, as `map` and `select` do. */
export interface FilterContext {
  readonly budget: Budget;
  readonly filter: (name: string, input: Value, given: CallArguments) => Value;
  readonly test: (name: string, input: Value, given: CallArguments) => boolean;
}

/** `input | name(...)`. */
export interface Filter {
  readonly name: string;
  readonly apply: (input: Value, given: CallArguments, context: FilterContext) => Value;
}

/** A filter with named parameters; those with a question mark may be left out. */
export function filter(
  name: string,
  parameters: readonly string[],
  apply: (input: Value, found: BoundArguments, context: FilterContext) => Value,
): Filter {
  return { name, apply: (input, given, context) => apply(input, bind(`filter ${name}`, parameters, given), context) };
}
