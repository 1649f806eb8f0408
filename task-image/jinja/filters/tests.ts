import { type BoundArguments, bind } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { asNumber, contains, isEqual, order } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { toText } from "../values/text-form.ts";
import {
  type CallArguments,
  CallableValue,
  describeType,
  ObjectValue,
  TupleValue,
  UndefinedValue,
  type Value,
} from "../values/value.ts";

/** `input is name(...)`. */
type Test = (input: Value, given: CallArguments) => boolean;

function test(
  name: string,
  parameters: readonly string[],
  holds: (input: Value, found: BoundArguments) => boolean,
): Test {
  return (input, given) => holds(input, bind(`test ${name}`, parameters, given));
}

function integer(value: Value): bigint {
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
  const number = asNumber(value);
  if (typeof number === "bigint") return number;
  throw new EvaluationError(`expected a whole number, found ${describeType(value)}`);
}

function divisible(value: Value, by: Value): boolean {
  const divisor = integer(by);
  if (divisor === 0n) throw new EvaluationError("division by zero");
  return integer(value) % divisor === 0n;
}

function hasCase(value: Value, change: (text: string) => string, other: (text: string) => string): boolean {
  const text = toText(value);
  return text === change(text) && text !== other(text);
}

const upper = (text: string) => text.toUpperCase();
const lower = (text: string) => text.toLowerCase();
const isSequence = (value: Value) =>
  typeof value === "string" ||
  Array.isArray(value) ||
  value instanceof TupleValue ||
  value instanceof DictValue ||
  (value instanceof ObjectValue && value.items !== undefined);
const isCallable = (value: Value) =>
  value instanceof CallableValue || (value instanceof ObjectValue && value.call !== undefined);

const OF_ITSELF: Readonly<Record<string, (value: Value) => boolean>> = {
  defined: (value) => !(value instanceof UndefinedValue),
  undefined: (value) => value instanceof UndefinedValue,
  none: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => typeof value === "bigint",
  float: (value) => typeof value === "number",
  number: (value) => asNumber(value) !== undefined || (value instanceof ObjectValue && value.number !== undefined),
  string: (value) => typeof value === "string",
  mapping: (value) => value instanceof DictValue || (value instanceof ObjectValue && value.has !== undefined),
  sequence: isSequence,
  iterable: (value) => isSequence(value) || value instanceof UndefinedValue,
  callable: isCallable,
  odd: (value) => integer(value) % 2n !== 0n,
  even: (value) => integer(value) % 2n === 0n,
  lower: (value) => hasCase(value, lower, upper),
  upper: (value) => hasCase(value, upper, lower),
};

const OF_TWO: readonly (readonly [readonly string[], (left: Value, right: Value) => boolean])[] = [
  [["divisibleby"], divisible],
  [["in"], (value, container) => contains(container, value)],
  [["sameas"], (left, right) => left === right],
  [["eq", "equalto", "=="], isEqual],
  [["ne", "!="], (left, right) => !isEqual(left, right)],
  [["lt", "lessthan", "<"], (left, right) => order(left, right, "<") < 0],
  [["le", "<="], (left, right) => order(left, right, "<=") <= 0],
  [["gt", "greaterthan", ">"], (left, right) => order(left, right, ">") > 0],
  [["ge", ">="], (left, right) => order(left, right, ">=") >= 0],
];

/** Jinja's tests by name. */
export const TESTS: ReadonlyMap<string, Test> = new Map([
  ...Object.entries(OF_ITSELF).map(([name, holds]) => [name, test(name, [], holds)] as const),
  ...OF_TWO.flatMap(([names, holds]) =>
    names.map((name) => [name, test(name, ["other"], (value, found) => holds(value, found.value(0)))] as const),
  ),
]);
