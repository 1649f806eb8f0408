import { charge, chargeSearch } from "../budget.ts";
import type { ComparisonOperator } from "../reading/syntax-tree.ts";
import { EvaluationError } from "../template-error.ts";
import { DictValue } from "./dict-value.ts";
import { iterate } from "./sequence.ts";
import {
  describeType,
  NamespaceValue,
  ObjectValue,
  TupleValue,
  typeName,
  UndefinedValue,
  type Value,
} from "./value.ts";
import { Walk } from "./walk.ts";

/** Python's truth: empty, zero, None and undefined are false. */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof UndefinedValue) return false;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "boolean") return value;
  if (typeof value === "string" || Array.isArray(value)) return value.length > 0;
  if (value instanceof TupleValue) return value.items.length > 0;
  if (value instanceof DictValue) return value.size > 0;
  if (value instanceof ObjectValue) return value.isTrue?.() ?? value.items?.().length !== 0;
  return true;
}

/** A number as JavaScript compares it, bools counting as 0 and 1; undefined for what is no number. */
export function asNumber(value: Value): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  return undefined;
}

export function isEqual(left: Value, right: Value, walk: Walk = new Walk()): boolean {
  charge(typeof left === "string" ? 1 + (left.length >> 6) : 1);
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== undefined && b !== undefined) return compareNumbers(a, b) === 0;
  const [first, second] = [itemsOfSameType(left, right), itemsOfSameType(right, left)];
  if (first !== undefined && second !== undefined) {
    return (
      first.length === second.length &&
      walk.within(() => first.every((item, index) => isEqual(item, second[index] ?? null, walk)))
    );
  }
  if (left instanceof DictValue && right instanceof DictValue) return walk.within(() => isEqualDict(left, right, walk));
  if (left instanceof UndefinedValue) return right instanceof UndefinedValue;
  return left === right || isEqualObject(left, right) || isEqualObject(right, left);
}

function isEqualObject(value: Value, other: Value): boolean {
  if (!(value instanceof ObjectValue)) return false;
  const isEqualTo = value.isEqualTo?.(other);
  if (isEqualTo !== undefined || value.identity === undefined) return isEqualTo ?? false;
  return other instanceof ObjectValue && value.identity() === other.identity?.();
}

function itemsOfSameType(value: Value, other: Value): readonly Value[] | undefined {
  if (Array.isArray(value) && Array.isArray(other)) return value;
  return value instanceof TupleValue && other instanceof TupleValue ? value.items : undefined;
}

function isEqualDict(left: DictValue, right: DictValue, walk: Walk): boolean {
  if (left.size !== right.size) return false;
  return left.entries().every(([key, value]) => {
    const other = right.get(key);
    return other !== undefined && isEqual(value, other, walk);
  });
}

/** An int and a float are compared by their exact values, as in Python. */
function compareNumbers(a: bigint | number, b: bigint | number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a >= b ? 0 : Number.NaN;
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Negative, zero or positive as `left` stands before, with or behind `right`. Throws for what Python cannot order. */
export function order(left: Value, right: Value, operator = "<", walk: Walk = new Walk()): number {
  charge(typeof left === "string" ? 1 + (left.length >> 6) : 1);
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== undefined && b !== undefined) return compareNumbers(a, b);
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  const [first, second] = [itemsOfSameType(left, right), itemsOfSameType(right, left)];
  if (first !== undefined && second !== undefined) return walk.within(() => orderItems(first, second, operator, walk));
  const objects = orderObjects(left, right);
  if (objects !== undefined) return objects;
  for (const side of [left, right]) if (side instanceof UndefinedValue) throw new EvaluationError(side.problem);
  throw new EvaluationError(`'${operator}' does not work between ${typeName(left)} and ${typeName(right)}`);
}

function orderObjects(left: Value, right: Value): number | undefined {
  const found = left instanceof ObjectValue ? left.compareTo?.(right) : undefined;
  if (found !== undefined || !(right instanceof ObjectValue)) return found;
  const mirrored = right.compareTo?.(left);
  return mirrored === undefined ? undefined : -mirrored;
}

/** The first items that differ decide; without any, the shorter list stands before. */
function orderItems(first: readonly Value[], second: readonly Value[], operator: string, walk: Walk): number {
  for (const [index, left] of first.entries()) {
    const right = second[index];
    if (right === undefined) return 1;
    if (!isEqual(left, right, walk)) return order(left, right, operator, walk);
  }
  return first.length - second.length;
}

export function contains(container: Value, item: Value): boolean {
  if (typeof container === "string") {
    if (typeof item === "string") {
      chargeSearch(container, item);
      return container.includes(item);
    }
    throw new EvaluationError(`'in' looks for text in text, and the left side is ${describeType(item)}`);
  }
  if (container instanceof DictValue) return container.has(item);
  if (container instanceof ObjectValue && container.has !== undefined) return container.has(item);
  if (container instanceof NamespaceValue || (container instanceof ObjectValue && container.items === undefined)) {
    throw new EvaluationError(`'in' does not work with ${describeType(container)}`);
  }
  return iterate(container).some((each) => isEqual(each, item));
}

const ORDERINGS: Readonly<Record<string, (sign: number) => boolean>> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

export function compare(operator: ComparisonOperator, left: Value, right: Value): boolean {
  switch (operator) {
    case "==":
      return isEqual(left, right);
    case "!=":
      return !isEqual(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    default:
      return ORDERINGS[operator]?.(order(left, right, operator)) ?? false;
  }
}
