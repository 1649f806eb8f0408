import { type Budget, charge } from "../budget.ts";
import { percentFormat } from "../formatting/percent-format.ts";
import type { BinaryOperator } from "../reading/syntax-tree.ts";
import { EvaluationError } from "../template-error.ts";
import { asNumber } from "./comparison.ts";
import { describeType, ObjectValue, TupleValue, typeName, UndefinedValue, type Value } from "./value.ts";

/** Ints are exact up to this many bits; larger ones would only serve to use up the machine. */
const INTEGER_BITS_MAX = 16_384;
const INTEGER_MAX = 1n << BigInt(INTEGER_BITS_MAX);

/** Python's binary operators: ints stay ints, `/` gives a float, and `+ * %` also work on text and lists. */
export function calculate(operator: BinaryOperator, left: Value, right: Value, budget: Budget): Value {
  for (const side of [left, right]) if (side instanceof UndefinedValue) throw new EvaluationError(side.problem);
  if (operator === "%" && typeof left === "string") return percentFormat(left, right, budget);
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== undefined && b !== undefined) {
    const exact = typeof a === "bigint" && typeof b === "bigint";
    return exact ? bounded(integers(operator, a, b)) : floats(operator, Number(a), Number(b));
  }
  const made = calculateObjects(operator, left, right);
  if (made !== undefined) return made;
  const result = calculateSequence(operator, left, right, budget);
  if (result !== undefined) return result;
  const advice =
    operator === "+" && [left, right].some((side) => typeof side === "string") ? ": join texts with '~'" : "";
  throw new EvaluationError(`'${operator}' does not work between ${typeName(left)} and ${typeName(right)}${advice}`);
}

/** The left side decides first, as in Python. */
function calculateObjects(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  const made = left instanceof ObjectValue ? left.operate?.(operator, right, false) : undefined;
  if (made !== undefined || !(right instanceof ObjectValue)) return made;
  return right.operate?.(operator, left, true);
}

function calculateSequence(operator: BinaryOperator, left: Value, right: Value, budget: Budget): Value | undefined {
  if (operator === "+") return join(left, right, budget);
  return operator === "*" ? repeatEither(left, right, budget) : undefined;
}

export function negate(value: Value): Value {
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
  if (value instanceof ObjectValue && value.number !== undefined) return value.number().negated();
  const number = asNumber(value);
  if (number === undefined) throw new EvaluationError(`'-' does not work on ${describeType(value)}`);
  return -number;
}

function integers(operator: BinaryOperator, a: bigint, b: bigint): bigint | number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return divide(Number(a), Number(b));
    case "//":
      return floorDivide(a, b);
    case "%":
      return a - floorDivide(a, b) * b;
    case "**":
      return integerPower(a, b);
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new EvaluationError("division by zero");
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function integerPower(a: bigint, b: bigint): bigint | number {
  if (b < 0n) return floats("**", Number(a), Number(b));
  charge(INTEGER_BITS_MAX >> 6);
  const bits = BigInt((a < 0n ? -a : a).toString(2).length);
  if (a !== 0n && a !== 1n && a !== -1n && bits * b > BigInt(INTEGER_BITS_MAX) + bits) tooLarge();
  return a ** b;
}

function bounded(value: bigint | number): bigint | number {
  if (typeof value === "bigint" && (value > INTEGER_MAX || value < -INTEGER_MAX)) tooLarge();
  return value;
}

function tooLarge(): never {
  throw new EvaluationError(`a whole number of more than ${INTEGER_BITS_MAX} bits is too large`);
}

function floats(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return divide(a, b);
    case "//":
      return Math.floor(divide(a - modulo(a, b), b));
    case "%":
      return modulo(a, b);
    case "**":
      if (a === 0 && b < 0) throw new EvaluationError("0 cannot be raised to a negative power");
      return a ** b;
  }
}

/** The remainder with the sign of the divisor. */
function modulo(a: number, b: number): number {
  if (b === 0) throw new EvaluationError("division by zero");
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}

function divide(a: number, b: number): number {
  if (b === 0) throw new EvaluationError("division by zero");
  return a / b;
}

function join(left: Value, right: Value, budget: Budget): Value | undefined {
  if (typeof left === "string" && typeof right === "string") {
    budget.text(left.length + right.length);
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.steps(left.length + right.length);
    return [...left, ...right];
  }
  if (!(left instanceof TupleValue && right instanceof TupleValue)) return undefined;
  budget.steps(left.items.length + right.items.length);
  return new TupleValue([...left.items, ...right.items]);
}

function repeatEither(left: Value, right: Value, budget: Budget): Value | undefined {
  const [times, repeated] = typeof left === "bigint" ? [left, right] : [right, left];
  return typeof times === "bigint" ? repeat(repeated, Number(times < 0n ? 0n : times), budget) : undefined;
}

function repeat(value: Value, times: number, budget: Budget): Value | undefined {
  if (typeof value === "string") {
    budget.text(value.length * times);
    return value.repeat(times);
  }
  const items = value instanceof TupleValue ? value.items : value;
  if (!Array.isArray(items)) return undefined;
  budget.steps(items.length * times);
  const repeated = Array.from({ length: times }, () => items as Value[]).flat(1);
  return value instanceof TupleValue ? new TupleValue(repeated) : repeated;
}
