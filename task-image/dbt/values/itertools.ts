import { charge } from "../../jinja/budget.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { calculate } from "../../jinja/values/arithmetic.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { CallableValue, TupleValue, type Value } from "../../jinja/values/value.ts";
import { argument, hostFunction, MembersValue, variadic } from "./host-function.ts";

type Items = readonly Value[];

/** Every way to take one item of each list, the last list moving fastest. */
function product(lists: readonly Items[]): Value[][] {
  return lists.reduce<Value[][]>(
    (heads, items) => {
      charge(heads.length * items.length);
      return heads.flatMap((head) => items.map((item) => [...head, item]));
    },
    [[]],
  );
}

/** Index lists of a length that a rule of the next index allows. */
function choices(
  count: number,
  length: number,
  mayFollow: (next: number, before: readonly number[]) => boolean,
): number[][] {
  let found: number[][] = [[]];
  for (let place = 0; place < length; place += 1) {
    charge(found.length * count);
    found = found.flatMap((before) =>
      Array.from({ length: count }, (_, next) => next)
        .filter((next) => mayFollow(next, before))
        .map((next) => [...before, next]),
    );
  }
  return found;
}

function chosen(name: string, mayFollow: (next: number, before: readonly number[]) => boolean): CallableValue {
  return hostFunction(name, ["iterable", "r?"], (found) => {
    const items = iterate(found.value(0));
    const length = found.integer(1, items.length);
    return choices(items.length, length, mayFollow).map(
      (indexes) => new TupleValue(indexes.map((index) => items[index] ?? null)),
    );
  });
}

function zipLongest(lists: readonly Items[], fill: Value): Value[] {
  const length = Math.max(0, ...lists.map((each) => each.length));
  charge(length * lists.length);
  return Array.from(
    { length },
    (_, index) => new TupleValue(lists.map((each) => (index < each.length ? (each[index] ?? null) : fill))),
  );
}

function islice(items: Items, bounds: readonly (number | undefined)[]): Value[] {
  const [start, stop, step = 1] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  const part = items.slice(start ?? 0, stop);
  return part.filter((_, index) => index % step === 0);
}

const joined = (values: Items) => values.flatMap((each) => [...iterate(each)]);
const chain = new MembersValue(
  "type",
  { from_iterable: () => hostFunction("from_iterable", ["iterable"], (found) => joined(iterate(found.value(0)))) },
  variadic("chain", joined),
);

/** `modules.itertools`, with lists where Python has iterators; `count` and `cycle`, which have no end, are missing. */
export const ITERTOOLS = new MembersValue("module", {
  chain: () => chain,
  product: () =>
    new CallableValue("product", (given) => {
      const lists = given.positional.map((each) => iterate(plain(each)));
      const repeat = Number(argument(given, Number.POSITIVE_INFINITY, "repeat") ?? 1n);
      return product(Array.from({ length: repeat }, () => lists).flat()).map((items) => new TupleValue(items));
    }),
  permutations: () => chosen("permutations", (next, before) => !before.includes(next)),
  combinations: () => chosen("combinations", (next, before) => next > (before.at(-1) ?? -1)),
  combinations_with_replacement: () =>
    chosen("combinations_with_replacement", (next, before) => next >= (before.at(-1) ?? 0)),
  zip_longest: () =>
    new CallableValue("zip_longest", (given) =>
      zipLongest(
        given.positional.map((each) => iterate(plain(each))),
        argument(given, Number.POSITIVE_INFINITY, "fillvalue") ?? null,
      ),
    ),
  islice: () =>
    variadic("islice", ([items = null, ...bounds]) =>
      islice(
        iterate(items),
        bounds.map((bound) => (bound === null ? undefined : Number(bound))),
      ),
    ),
  repeat: () =>
    hostFunction("repeat", ["object", "times"], (found) => {
      charge(found.integer(1));
      return Array.from({ length: found.integer(1) }, () => found.value(0));
    }),
  compress: () =>
    hostFunction("compress", ["data", "selectors"], (found) => {
      const selectors = iterate(found.value(1));
      return iterate(found.value(0)).filter((_, index) => isTrue(selectors[index] ?? null));
    }),
  accumulate: () =>
    hostFunction("accumulate", ["iterable"], (found, { budget }) => {
      const sums: Value[] = [];
      for (const item of iterate(found.value(0))) {
        charge(16);
        const before = sums.at(-1);
        sums.push(before === undefined ? item : calculate("+", before, item, budget));
      }
      return sums;
    }),
});
