import type { Budget } from "../budget.ts";
import type { Frame, Position } from "../position.ts";
import { EvaluationError, TemplateError } from "../template-error.ts";
import type { Stored } from "../values/value.ts";
import { OutputBuffer, type Rendering } from "./rendering.ts";
import { Scope } from "./scope.ts";

/** Where an interpreter stands: what it may use up, the variables it sees, the macro it is in, where its output goes. */
export interface Execution {
  readonly budget: Budget;
  readonly scope: Scope;
  readonly frame: Frame | undefined;
  readonly output: OutputBuffer;
  /** A name or member that is missing swallows its own members and calls: see {@link UndefinedValue.isLenient}. */
  readonly isLenient?: boolean;
  /** The text that the filters of a block work on. */
  readonly blockText?: Stored;
}

/** The same place with variables of its own. */
export function inner(execution: Execution): Execution {
  return { ...execution, scope: new Scope(execution.scope) };
}

/** Runs something with an output of its own and returns what it wrote. */
export function capture(execution: Execution, run: (inside: Execution) => void): Rendering {
  const output = new OutputBuffer(execution.budget);
  run({ ...execution, output });
  return output.finish();
}

/** How `return()` leaves a macro. It is no error: only the call of a macro catches it. */
export class ReturnSignal {
  readonly value: Stored;

  constructor(value: Stored) {
    this.value = value;
  }
}

/** How `break` and `continue` leave the pass of a loop. They are no errors: only a loop catches them. */
export class LoopSignal {
  readonly leaves: boolean;

  constructor(leaves: boolean) {
    this.leaves = leaves;
  }
}

/** Runs one operation and gives the place of its node to an error that has none yet. */
export function locate<T>(at: Position, frame: Frame | undefined, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof EvaluationError) throw new TemplateError(error.message, at, frame, { cause: error });
    if (error instanceof RangeError) {
      throw new TemplateError("the template needs more memory or nesting than it may have", at, frame, {
        cause: error,
      });
    }
    throw error;
  }
}
