import { BUILTINS } from "../../../task-image/jinja/running/builtins.ts";
import { Scope } from "../../../task-image/jinja/running/scope.ts";
import type { Stored } from "../../../task-image/jinja/values/value.ts";

/** A scope with Jinja's own functions and the given values. */
export function globalScope(values: Iterable<readonly [string, Stored]>): Scope {
  const scope = new Scope();
  for (const builtin of BUILTINS) scope.set(builtin.name, builtin);
  for (const [name, value] of values) scope.set(name, value);
  return scope;
}
