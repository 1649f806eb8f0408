import type {
  Arguments,
  Call,
  Comparison,
  Conditional,
  Expression,
  Filter,
  Slice,
  Unary,
} from "../reading/syntax-tree.ts";
import { nearest } from "../suggestion.ts";
import { EvaluationError } from "../template-error.ts";
import { calculate, negate } from "../values/arithmetic.ts";
import { attributeOf, itemOf } from "../values/attribute.ts";
import { pairsOf } from "../values/collection-methods.ts";
import { asNumber, compare, isTrue } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { iterate, sizeOf, slice } from "../values/sequence.ts";
import { toText } from "../values/text-form.ts";
import {
  type CallArguments,
  CallableValue,
  describeType,
  ObjectValue,
  type Stored,
  TupleValue,
  UndefinedValue,
  type Value,
} from "../values/value.ts";
import { applyFilter, applyTest } from "./application.ts";
import { type Execution, locate } from "./execution.ts";
import { plain } from "./parameters.ts";
import { Rendering } from "./rendering.ts";

/** The value of an expression. */
export function evaluate(expression: Expression, execution: Execution): Value {
  return plain(evaluateStored(expression, execution));
}

/** The value of an expression; rendered text keeps its source map on the way through variables, calls and `trim`. */
export function evaluateStored(expression: Expression, execution: Execution): Stored {
  return locate(expression.at, execution.frame, () => {
    execution.budget.steps(1);
    return evaluateNode(expression, execution);
  });
}

function evaluateNode(expression: Expression, execution: Execution): Stored {
  const of = (inner: Expression) => evaluate(inner, execution);
  switch (expression.type) {
    case "literal":
      return expression.value;
    case "name":
      return lookUp(expression.name, execution);
    case "list":
      return expression.items.map(of);
    case "tuple":
      return new TupleValue(expression.items.map(of));
    case "dict":
      return DictValue.of(expression.entries.map(([key, value]) => [of(key), of(value)] as const));
    case "attribute":
      return known(attributeOf(of(expression.object), expression.name), execution);
    case "item":
      return known(itemOf(of(expression.object), of(expression.index)), execution);
    case "slice":
      return evaluateSlice(expression, execution);
    case "call":
      return evaluateCall(expression, execution);
    case "filter":
      return evaluateFilter(expression, execution);
    case "test":
      return applyTest(
        expression.name,
        of(expression.input),
        evaluateArguments(expression.arguments, execution),
        execution.budget,
      );
    case "unary":
      return evaluateUnary(expression, execution);
    case "binary":
      return calculate(expression.operator, of(expression.left), of(expression.right), execution.budget);
    case "logical": {
      const left = of(expression.left);
      return isTrue(left) === (expression.operator === "or") ? left : of(expression.right);
    }
    case "concatenation":
      return concatenate(expression.parts.map(of), execution);
    case "comparison":
      return evaluateComparison(expression, execution);
    case "conditional":
      return evaluateConditional(expression, execution);
    case "blockText":
      return execution.blockText ?? "";
    default:
      return expression satisfies never;
  }
}

function lookUp(name: string, { scope, isLenient }: Execution): Stored {
  const stored = scope.get(name);
  if (stored !== undefined) return stored;
  return new UndefinedValue(() => `'${name}' is undefined${nearest(name, scope.names())}`, isLenient);
}

/** What is missing is lenient where the template is. */
function known(value: Stored, { isLenient }: Execution): Stored {
  if (isLenient !== true || !(value instanceof UndefinedValue) || value.isLenient) return value;
  return new UndefinedValue(() => value.problem, true);
}

function evaluateSlice({ object, start, stop, step }: Slice, execution: Execution): Value {
  const bound = (expression: Expression | undefined) => (expression ? evaluate(expression, execution) : null);
  const value = evaluate(object, execution);
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
  execution.budget.steps(sizeOf(value));
  const part = slice(value, [bound(start), bound(stop), bound(step)]);
  if (typeof part === "string") execution.budget.text(part.length);
  return part;
}

function evaluateUnary({ operator, operand }: Unary, execution: Execution): Value {
  const value = evaluate(operand, execution);
  if (operator === "not") return !isTrue(value);
  return operator === "-" ? negate(value) : asNumber(value) === undefined ? negate(value) : value;
}

function evaluateComparison({ first, rest }: Comparison, execution: Execution): boolean {
  let left = evaluate(first, execution);
  return rest.every(({ operator, operand }) => {
    const right = evaluate(operand, execution);
    execution.budget.steps(sizeOf(left) + sizeOf(right));
    const holds = compare(operator, left, right);
    left = right;
    return holds;
  });
}

function evaluateConditional({ condition, chosen, otherwise }: Conditional, execution: Execution): Stored {
  if (isTrue(evaluate(condition, execution))) return evaluateStored(chosen, execution);
  if (otherwise !== undefined) return evaluateStored(otherwise, execution);
  return new UndefinedValue("the inline if was false and has no else");
}

function concatenate(parts: readonly Value[], { budget }: Execution): string {
  const texts = parts.map(toText);
  budget.text(texts.reduce((length, text) => length + text.length, 0));
  return texts.join("");
}

function evaluateFilter({ name, input, arguments: given }: Filter, execution: Execution): Stored {
  const value = evaluateStored(input, execution);
  const found = evaluateArguments(given, execution);
  if (value instanceof Rendering && name === "trim" && found.positional.length + found.named.size === 0) {
    execution.budget.steps(value.spans().length + (value.text.length >> 4));
    return value.trimmed();
  }
  return applyFilter(name, plain(value), found, execution.budget);
}

/** Arguments in the order they are written. They are not made plain, so that `return(macro())` keeps its source map. */
export function evaluateArguments(given: Arguments, execution: Execution): CallArguments {
  const positional = given.positional.map((each) => evaluateStored(each, execution));
  const named = new Map(given.named.map(({ name, value }) => [name, evaluateStored(value, execution)] as const));
  if (given.spread !== undefined) positional.push(...iterate(evaluate(given.spread, execution)));
  if (given.namedSpread !== undefined) {
    for (const [name, value] of pairsOf(evaluate(given.namedSpread, execution))) named.set(toText(name), value);
  }
  execution.budget.steps(positional.length + named.size);
  return { positional, named };
}

function evaluateCall(expression: Call, execution: Execution): Stored {
  const callee = evaluate(expression.callee, execution);
  return invoke(callee, evaluateArguments(expression.arguments, execution), expression, execution);
}

/** Calls a value from the place of an expression. */
export function invoke(
  callee: Value,
  given: CallArguments,
  { callee: written, at, arguments: expressions }: Call,
  execution: Execution,
): Stored {
  if (callee instanceof UndefinedValue && callee.isLenient) return callee;
  if (callee instanceof UndefinedValue) throw new EvaluationError(callee.problem);
  const callable = callee instanceof ObjectValue ? callee.call : callee;
  if (!(callable instanceof CallableValue)) {
    const name = written.type === "name" || written.type === "attribute" ? `'${written.name}', ` : "";
    throw new EvaluationError(`${name}${describeType(callee)}, cannot be called`);
  }
  const result = callable.call(given, {
    at,
    frame: execution.frame,
    budget: execution.budget,
    written: expressions,
  });
  if (typeof result === "string") execution.budget.text(result.length);
  return result;
}
