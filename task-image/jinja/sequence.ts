import { DictValue } from "./dict-value.ts";
import { EvaluationError } from "./template-error.ts";
import { describeType, TupleValue, UndefinedValue, type Value } from "./value.ts";

const SURROGATE = /[\ud800-\udfff]/;

/** The characters of a text as Python counts them: code points. */
export function characters(text: string): string[] {
  return SURROGATE.test(text) ? [...text] : text.split("");
}

/** How much work a value is to an operation that looks at all of it, in steps. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length >> 6;
  if (Array.isArray(value)) return value.length;
  if (value instanceof TupleValue) return value.items.length;
  return value instanceof DictValue ? value.size : 0;
}

/** What a loop over the value passes through. Throws for what cannot be looped over. */
export function iterate(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof TupleValue) return value.items;
  if (typeof value === "string") return characters(value);
  if (value instanceof DictValue) return value.keys();
  if (value instanceof UndefinedValue) return [];
  throw new EvaluationError(`${describeType(value)} cannot be looped over: expected a list, tuple, dict or text`);
}

/** `value[start:stop:step]` by Python's rules, for text, lists and tuples. */
export function slice(value: Value, bounds: readonly [Value, Value, Value]): Value {
  const sliceable = typeof value === "string" || Array.isArray(value) || value instanceof TupleValue;
  if (!sliceable) throw new EvaluationError(`${describeType(value)} cannot be sliced`);
  const picked = sliceItems(iterate(value), bounds.map(sliceBound));
  if (typeof value === "string") return picked.join("");
  return Array.isArray(value) ? picked : new TupleValue(picked);
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
