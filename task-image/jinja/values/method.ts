import type { Budget } from "../budget.ts";
import { type BoundArguments, bind } from "../running/parameters.ts";
import { sizeOf } from "./sequence.ts";
import { type CallArguments, CallableValue, type Value } from "./value.ts";

/** A method of a Python type: what it does to the value it is called on. */
export interface Method<T extends Value> {
  readonly name: string;
  readonly apply: (self: T, given: CallArguments, budget: Budget) => Value;
  /** It does not look at all of the value, so that a loop may call it for each of many items. */
  readonly isQuick?: boolean;
}

/** A method with named parameters; those with a question mark may be left out. */
export function method<T extends Value>(
  name: string,
  parameters: readonly string[],
  apply: (self: T, found: BoundArguments, budget: Budget) => Value,
): Method<T> {
  return { name, apply: (self, given, budget) => apply(self, bind(`${name}()`, parameters, given), budget) };
}

/** A method that takes as long on a large value as on a small one. */
export function quickMethod<T extends Value>(...parts: Parameters<typeof method<T>>): Method<T> {
  return { ...method(...parts), isQuick: true };
}

export type MethodTable<T extends Value> = ReadonlyMap<string, Method<T>>;

export function methodTable<T extends Value>(methods: readonly Method<T>[]): MethodTable<T> {
  return new Map(methods.map((each) => [each.name, each]));
}

/** The method bound to its value, ready to be called. */
export function boundMethod<T extends Value>(table: MethodTable<T>, self: T, name: string): CallableValue | undefined {
  const found = table.get(name);
  if (found === undefined) return undefined;
  return new CallableValue(name, (given, { budget }) => {
    budget.steps(found.isQuick === true ? 1 : 1 + sizeOf(self));
    return found.apply(self, given, budget);
  });
}
