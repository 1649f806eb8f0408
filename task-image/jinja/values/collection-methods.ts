import { hidden } from "../../words/hidden-text.ts";
import type { Budget } from "../budget.ts";
import { plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { isEqual, isTrue, order } from "./comparison.ts";
import { DictValue } from "./dict-value.ts";
import { type Method, method, methodTable, quickMethod } from "./method.ts";
import { itemAt, iterate } from "./sequence.ts";
import { toSource } from "./text-form.ts";
import { describeType, foundOr, TupleValue, type Value } from "./value.ts";

/** The items in Python's stable order; `key` gives what an item is ordered by. */
export function sorted(
  items: readonly Value[],
  reverse: boolean,
  key: (item: Value) => Value = (item) => item,
): Value[] {
  const keyed = items.map((item) => ({ item, by: key(item) }));
  const sign = reverse ? -1 : 1;
  return keyed.sort((left, right) => sign * order(left.by, right.by)).map(({ item }) => item);
}

function indexOf(items: readonly Value[], wanted: Value): number {
  const index = items.findIndex((item) => isEqual(item, wanted));
  if (index < 0) throw new EvaluationError(`${hidden(toSource(wanted), "the item")} is not in the list`);
  return index;
}

function count(items: readonly Value[], wanted: Value): bigint {
  return BigInt(items.filter((item) => isEqual(item, wanted)).length);
}

function grow(list: Value[], items: readonly Value[], budget: Budget): null {
  budget.steps(items.length);
  for (const item of [...items]) list.push(item);
  return null;
}

const OF_LIST: readonly Method<Value[]>[] = [
  quickMethod("append", ["item"], (list, found, budget) => grow(list, [found.value(0)], budget)),
  quickMethod("extend", ["items"], (list, found, budget) => grow(list, iterate(found.value(0)), budget)),
  method("insert", ["index", "item"], (list, found, budget) => {
    budget.steps(1);
    list.splice(found.integer(0), 0, found.value(1));
    return null;
  }),
  method("pop", ["index?"], (list, found) => {
    const index = found.integer(0, -1);
    const item = itemAt(list, BigInt(index));
    if (item === undefined) throw new EvaluationError("pop() found no item there");
    list.splice(index, 1);
    return item;
  }),
  method("remove", ["item"], (list, found) => {
    list.splice(indexOf(list, found.value(0)), 1);
    return null;
  }),
  method("clear", [], (list) => {
    list.length = 0;
    return null;
  }),
  method("reverse", [], (list) => {
    list.reverse();
    return null;
  }),
  method("sort", ["reverse?"], (list, found) => {
    list.splice(0, list.length, ...sorted(list, isTrue(found.value(0, false))));
    return null;
  }),
  method("index", ["item"], (list, found) => BigInt(indexOf(list, found.value(0)))),
  method("count", ["item"], (list, found) => count(list, found.value(0))),
  method("copy", [], (list, _, budget) => {
    budget.steps(list.length);
    return [...list];
  }),
];

const OF_TUPLE: readonly Method<TupleValue>[] = [
  method("index", ["item"], ({ items }, found) => BigInt(indexOf(items, found.value(0)))),
  method("count", ["item"], ({ items }, found) => count(items, found.value(0))),
];

/** Pairs for a dict: another dict, or an iterable of pairs. */
export function pairsOf(value: Value): (readonly [Value, Value])[] {
  if (value instanceof DictValue) return value.entries();
  return iterate(value).map((pair) => {
    const [key, item, ...more] = iterate(pair);
    if (key === undefined || item === undefined || more.length > 0) {
      throw new EvaluationError(
        `expected pairs of a key and a value, found ${hidden(toSource(pair), describeType(pair))}`,
      );
    }
    return [key, item];
  });
}

const OF_DICT: readonly Method<DictValue>[] = [
  quickMethod("get", ["key", "default?"], (dict, found) => foundOr(dict.get(found.value(0)), () => found.value(1))),
  method("keys", [], (dict) => dict.keys()),
  method("values", [], (dict) => dict.values()),
  method("items", [], (dict) => dict.entries().map((entry) => new TupleValue(entry))),
  method("pop", ["key", "default?"], (dict, found) => {
    const value = dict.get(found.value(0));
    if (value === undefined && !found.has(1))
      throw new EvaluationError(`the dict has no such key${hidden(`: ${toSource(found.value(0))}`)}`);
    dict.delete(found.value(0));
    return foundOr(value, () => found.value(1));
  }),
  quickMethod("setdefault", ["key", "default?"], (dict, found, budget) => {
    budget.steps(1);
    const present = dict.get(found.value(0));
    if (present === undefined) dict.set(found.value(0), found.value(1));
    return foundOr(present, () => found.value(1));
  }),
  method("copy", [], (dict, _, budget) => {
    budget.steps(dict.size);
    return DictValue.of(dict.entries());
  }),
  method("clear", [], (dict) => {
    dict.clear();
    return null;
  }),
  {
    name: "update",
    isQuick: true,
    apply: (dict, { positional, named }, budget) => {
      const pairs = positional.flatMap((each) => pairsOf(plain(each)));
      budget.steps(pairs.length + named.size);
      for (const [key, value] of pairs) dict.set(key, value);
      for (const [name, value] of named) dict.set(name, plain(value));
      return null;
    },
  },
];

export const LIST_METHODS = methodTable(OF_LIST);
export const TUPLE_METHODS = methodTable(OF_TUPLE);
export const DICT_METHODS = methodTable(OF_DICT);
