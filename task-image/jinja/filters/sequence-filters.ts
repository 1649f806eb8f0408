import { chargePieces } from "../budget.ts";
import { plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { calculate } from "../values/arithmetic.ts";
import { attributeOf, itemOf } from "../values/attribute.ts";
import { sorted } from "../values/collection-methods.ts";
import { isEqual, isTrue, order } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { characterCount, characters, iterate } from "../values/sequence.ts";
import { toText } from "../values/text-form.ts";
import { type CallArguments, foundOr, TupleValue, UndefinedValue, type Value } from "../values/value.ts";
import { type Filter, type FilterContext, filter } from "./filter.ts";

/** What a path such as `a.b.0` finds in an item; the item itself without a path. */
function pick(item: Value, path: Value): Value {
  if (path === null) return item;
  let current = item;
  const written = toText(path);
  chargePieces(written);
  for (const part of written.split(".")) {
    current = plain(/^\d+$/.test(part) ? itemOf(current, BigInt(part)) : pickName(current, part));
  }
  return current;
}

function pickName(value: Value, name: string): Value {
  return plain(value instanceof DictValue ? itemOf(value, name) : attributeOf(value, name));
}

/** Text is compared without regard to case unless a filter says otherwise. */
function comparable(value: Value, caseSensitive: boolean): Value {
  return typeof value === "string" && !caseSensitive ? value.toLowerCase() : value;
}

function lengthOf(value: Value): bigint {
  return BigInt(typeof value === "string" ? characterCount(value) : iterate(value).length);
}

function join(value: Value, separator: string, path: Value, { budget }: FilterContext): string {
  let length = 0;
  const texts = iterate(value).map((item) => {
    const text = toText(pick(item, path));
    length += text.length + separator.length;
    return text;
  });
  budget.text(length);
  return texts.join(separator);
}

function extreme(value: Value, caseSensitive: boolean, path: Value, sign: 1 | -1): Value {
  const items = iterate(value);
  const [first, ...rest] = items;
  if (first === undefined) return new UndefinedValue("an empty list has no smallest and no largest item");
  const by = (item: Value) => comparable(pick(item, path), caseSensitive);
  return rest.reduce((best, item) => (sign * order(by(item), by(best)) < 0 ? item : best), first);
}

function unique(value: Value, caseSensitive: boolean, path: Value, { budget }: FilterContext): Value[] {
  const seen: Value[] = [];
  return iterate(value).filter((item) => {
    const key = comparable(pick(item, path), caseSensitive);
    budget.steps(seen.length);
    const isNew = !seen.some((each) => isEqual(each, key));
    if (isNew) seen.push(key);
    return isNew;
  }) as Value[];
}

function groupBy(value: Value, path: Value, fallback: Value): Value[] {
  const groups = new DictValue();
  const key = (item: Value) => {
    const found = pick(item, path);
    return found instanceof UndefinedValue && fallback !== null ? fallback : found;
  };
  for (const item of sorted(iterate(value), false, (each) => comparable(key(each), false))) {
    const present = groups.get(key(item));
    if (Array.isArray(present)) present.push(item);
    else groups.set(key(item), [item]);
  }
  return groups.entries().map((entry) => new TupleValue(entry));
}

function batch(value: Value, size: number, fill: Value, { budget }: FilterContext): Value[] {
  if (size < 1) throw new EvaluationError(`filter batch expects at least 1 item in a batch, found ${size}`);
  const items = [...iterate(value)];
  const batches: Value[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  const last = batches.at(-1);
  if (fill !== null && last !== undefined) budget.steps(size - last.length);
  while (fill !== null && last !== undefined && last.length < size) last.push(fill);
  return batches;
}

function dictSort(value: Value, caseSensitive: boolean, by: string, reverse: boolean): Value[] {
  if (!(value instanceof DictValue)) throw new EvaluationError("filter dictsort expects a dict");
  if (by !== "key" && by !== "value") throw new EvaluationError(`filter dictsort sorts by key or value, found '${by}'`);
  const pairs: TupleValue[] = value.entries().map((entry) => new TupleValue(entry));
  const index = by === "key" ? 0 : 1;
  return sorted(pairs, reverse, (pair) =>
    comparable(pair instanceof TupleValue ? (pair.items[index] ?? null) : null, caseSensitive),
  );
}

/** `select`, `reject` and their forms for an attribute: the first argument names the test, truth without one. */
function selection(name: string, wanted: boolean, byAttribute: boolean): Filter {
  return {
    name,
    apply: (value, given, context) => {
      if (!isTrue(value)) return [];
      const [path, ...rest] = byAttribute ? given.positional : [null, ...given.positional];
      if (path === undefined) throw new EvaluationError(`filter ${name} expects the name of an attribute`);
      const [test, ...positional] = rest;
      const passes = (item: Value) =>
        test === undefined ? isTrue(item) : context.test(toText(plain(test)), item, { positional, named: given.named });
      return iterate(value).filter((item) => {
        context.budget.steps(1);
        return passes(pick(item, plain(path))) === wanted;
      });
    },
  };
}

/** `map('upper')` applies a filter, `map(attribute='a.b', default=x)` picks an attribute. */
function map(value: Value, given: CallArguments, context: FilterContext): Value {
  if (!isTrue(value)) return [];
  const attribute = given.named.get("attribute");
  context.budget.steps(iterate(value).length);
  if (attribute !== undefined) {
    const fallback = plain(given.named.get("default") ?? null);
    return iterate(value).map((item) => {
      const found = pick(item, plain(attribute));
      return found instanceof UndefinedValue && given.named.has("default") ? fallback : found;
    });
  }
  const [name, ...positional] = given.positional;
  if (name === undefined) throw new EvaluationError("filter map expects the name of a filter, or attribute=");
  return iterate(value).map((item) => context.filter(toText(plain(name)), item, { positional, named: given.named }));
}

function reversed(value: Value): Value {
  return typeof value === "string" ? characters(value).reverse().join("") : [...iterate(value)].reverse();
}

const flag = (value: Value) => isTrue(value);

export const SEQUENCE_FILTERS: readonly Filter[] = [
  filter("length", [], lengthOf),
  filter("count", [], lengthOf),
  filter("list", [], (value, _, { budget }) => {
    budget.steps(iterate(value).length);
    return [...iterate(value)];
  }),
  filter("first", [], (value) =>
    foundOr(iterate(value)[0], () => new UndefinedValue("an empty list has no first item")),
  ),
  filter("last", [], (value) =>
    foundOr(iterate(value).at(-1), () => new UndefinedValue("an empty list has no last item")),
  ),
  filter("join", ["d?", "attribute?"], (value, found, context) =>
    join(value, toText(found.value(0, "")), found.value(1), context),
  ),
  filter("reverse", [], reversed),
  filter("sort", ["reverse?", "case_sensitive?", "attribute?"], (value, found, { budget }) => {
    const paths = found.value(2) === null ? [null] : toText(found.value(2)).split(",");
    budget.steps(iterate(value).length);
    const key = (item: Value) => paths.map((path) => comparable(pick(item, path), flag(found.value(1, false))));
    return sorted(iterate(value), flag(found.value(0, false)), key);
  }),
  filter("unique", ["case_sensitive?", "attribute?"], (value, found, context) =>
    unique(value, flag(found.value(0, false)), found.value(1), context),
  ),
  filter("min", ["case_sensitive?", "attribute?"], (value, found) =>
    extreme(value, flag(found.value(0, false)), found.value(1), 1),
  ),
  filter("max", ["case_sensitive?", "attribute?"], (value, found) =>
    extreme(value, flag(found.value(0, false)), found.value(1), -1),
  ),
  filter("sum", ["attribute?", "start?"], (value, found, { budget }) =>
    iterate(value).reduce<Value>(
      (sum, item) => calculate("+", sum, pick(item, found.value(0)), budget),
      found.value(1, 0n),
    ),
  ),
  filter("batch", ["linecount", "fill_with?"], (value, found, context) =>
    batch(value, found.integer(0), found.value(1), context),
  ),
  filter("groupby", ["attribute", "default?"], (value, found) => groupBy(value, found.value(0), found.value(1))),
  filter("items", [], (value) => {
    if (value instanceof UndefinedValue) return [];
    if (!(value instanceof DictValue)) throw new EvaluationError("filter items expects a dict");
    return value.entries().map((entry) => new TupleValue(entry));
  }),
  filter("dictsort", ["case_sensitive?", "by?", "reverse?"], (value, found) =>
    dictSort(value, flag(found.value(0, false)), found.text(1, "key"), flag(found.value(2, false))),
  ),
  { name: "map", apply: map },
  selection("select", true, false),
  selection("reject", false, false),
  selection("selectattr", true, true),
  selection("rejectattr", false, true),
];
