import type { Frame } from "../position.ts";
import type { Procedure, Statement } from "../reading/syntax-tree.ts";
import { BudgetError, EvaluationError } from "../template-error.ts";
import { DictValue } from "../values/dict-value.ts";
import {
  type CallArguments,
  CallableValue,
  type CallSite,
  foundOr,
  type Stored,
  TupleValue,
  UndefinedValue,
} from "../values/value.ts";
import { evaluate } from "./evaluator.ts";
import { capture, type Execution, ReturnSignal } from "./execution.ts";
import { plain } from "./parameters.ts";
import { Scope } from "./scope.ts";

/** Runs statements at a place. */
export type Run = (body: readonly Statement[], execution: Execution) => void;

/**
 * A macro. Its body sees the variables of the place where it was defined, as they are when it is called. A call gives the
 * text that the body rendered, or what `return()` was given.
 */
export function makeMacro(name: string, procedure: Procedure, home: Execution, run: Run): CallableValue {
  return new CallableValue(name, (given, site) => {
    const execution = enter(name, home, site);
    assignArguments(name, procedure, given, execution);
    try {
      return capture(execution, (inside) => run(procedure.body, inside));
    } catch (signal) {
      if (signal instanceof ReturnSignal) return signal.value;
      throw signal;
    }
  });
}

/** The `caller()` of a call block: `return()` inside of it leaves the macro that called it. */
export function makeCaller(procedure: Procedure, home: Execution, run: Run): CallableValue {
  return new CallableValue("caller", (given, site) => {
    const execution = enter("caller", home, site);
    assignArguments("caller", procedure, given, execution);
    return capture(execution, (inside) => run(procedure.body, inside));
  });
}

function enter(macro: string, home: Execution, { at, frame: parent, budget }: CallSite): Execution {
  const depth = (parent?.depth ?? 0) + 1;
  if (depth > budget.limits.depth) {
    throw new BudgetError(
      `macros call each other more than ${budget.limits.depth} levels deep: look for an endless recursion`,
    );
  }
  const frame: Frame = { macro, calledFrom: at, parent, depth };
  return { ...home, budget, frame, scope: new Scope(home.scope) };
}

function assignArguments(
  macro: string,
  { parameters, names }: Procedure,
  given: CallArguments,
  execution: Execution,
): void {
  const { scope } = execution;
  const left = new Map(given.named);
  for (const [index, parameter] of parameters.entries()) {
    const argument = foundOr(given.positional[index], () => left.get(parameter.name));
    if (index < given.positional.length && left.has(parameter.name)) {
      throw new EvaluationError(`macro '${macro}' got '${parameter.name}' twice`);
    }
    left.delete(parameter.name);
    scope.set(
      parameter.name,
      foundOr(argument, () => defaultOf(parameter, execution)),
    );
  }
  if (names.has("caller") && !parameters.some(({ name }) => name === "caller")) {
    scope.set(
      "caller",
      foundOr(left.get("caller"), () => new UndefinedValue("there is no caller: use {% call %}")),
    );
    left.delete("caller");
  }
  assignRest(macro, { parameters, names }, given.positional.slice(parameters.length), left, scope);
}

function defaultOf(parameter: Procedure["parameters"][number], execution: Execution): Stored {
  if (parameter.default !== undefined) return evaluate(parameter.default, execution);
  return new UndefinedValue(`'${parameter.name}' is undefined: the argument was not given`, execution.isLenient);
}

function assignRest(
  macro: string,
  { parameters, names }: Pick<Procedure, "parameters" | "names">,
  positional: readonly Stored[],
  named: ReadonlyMap<string, Stored>,
  scope: Scope,
): void {
  if (names.has("varargs")) scope.set("varargs", new TupleValue(positional.map(plain)));
  else if (positional.length > 0) {
    throw new EvaluationError(
      `macro '${macro}' takes at most ${parameters.length} arguments, found ${parameters.length + positional.length}`,
    );
  }
  if (names.has("kwargs")) {
    scope.set("kwargs", DictValue.of([...named].map(([name, value]) => [name, plain(value)] as const)));
    return;
  }
  const [unknown] = named.keys();
  if (unknown !== undefined) throw new EvaluationError(`macro '${macro}' has no argument '${unknown}'`);
}
