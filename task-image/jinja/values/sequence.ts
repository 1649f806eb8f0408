import { charge, chargePieces } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { DictValue } from "./dict-value.ts";
import { describeType, ObjectValue, TupleValue, UndefinedValue, type Value } from "./value.ts";

const SURROGATE = /[\ud800-\udfff]/;

/** The characters of a text as Python counts them: code points. */
export function characters(text: string): string[] {
  chargePieces(text);
  return SURROGATE.test(text) ? [...text] : text.split("");
}

/** How many characters Python counts in a text. */
export function characterCount(text: string): number {
  charge(text.length >> 6);
  return SURROGATE.test(text) ? characters(text).length : text.length;
}

/** `text[index]`, counted from the end when negative; undefined when there is none. */
export function characterAt(text: string, index: bigint): string | undefined {
  charge(text.length >> 6);
  if (SURROGATE.test(text)) return itemAt(characters(text), index);
  return text[Number(index < 0n ? index + BigInt(text.length) : index)];
}

/** How much work a value is to an operation that looks at all of it, in steps. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length >> 4;
  if (Array.isArray(value)) return value.length;
  if (value instanceof TupleValue) return value.items.length;
  return value instanceof DictValue ? value.size : 0;
}

/** What a loop over the value passes through. Throws for what cannot be looped over. */
export function iterate(value: Value): readonly Value[] {
  if (typeof value === "string") return characters(value);
  charge(sizeOf(value) >> 2);
  if (Array.isArray(value)) return value;
  if (value instanceof TupleValue) return value.items;
  if (value instanceof DictValue) return value.keys();
  if (value instanceof UndefinedValue) return [];
  if (value instanceof ObjectValue && value.items !== undefined) {
    const items = value.items();
    charge(items.length >> 2);
    return items;
  }
  throw new EvaluationError(`${describeType(value)} cannot be looped over: expected a list, tuple, dict or text`);
}

/** `value[start:stop:step]` by Python's rules, for text, lists and tuples. */
export function slice(value: Value, bounds: readonly [Value, Value, Value]): Value {
  const isObject = value instanceof ObjectValue && value.items !== undefined;
  if (!isObject && typeof value !== "string" && !Array.isArray(value) && !(value instanceof TupleValue))
    throw new EvaluationError(`${describeType(value)} cannot be sliced`);
  const picked = sliceItems(iterate(value), bounds.map(sliceBound));
  if (typeof value === "string") return picked.join("");
  return value instanceof TupleValue ? new TupleValue(picked) : picked;
}

function sliceBound(value: Value): number | undefined {
  if (value === null) return undefined;
  if (typeof value === "bigint") return Number(value);
  throw new EvaluationError(`the bounds of a slice are whole numbers or nothing, found ${describeType(value)}`);
}

function sliceItems<T>(items: readonly T[], [start, stop, step = 1]: readonly (number | undefined)[]): T[] {
  if (step === 0) throw new EvaluationError("the step of a slice cannot be 0");
  const { length } = items;
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
  const from = start === undefined ? (step > 0 ? 0 : length - 1) : clamp(start);
  const to = stop === undefined ? (step > 0 ? length : -1) : clamp(stop);
  const picked: T[] = [];
  for (let index = from; step > 0 ? index < to : index > to; index += step) picked.push(items[index] as T);
  return picked;
}

/** `items[index]`, counted from the end when negative; undefined when there is none. */
export function itemAt<T>(items: readonly T[], index: bigint): T | undefined {
  return items[Number(index < 0n ? index + BigInt(items.length) : index)];
}
