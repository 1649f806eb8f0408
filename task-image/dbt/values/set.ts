import { charge } from "../../jinja/budget.ts";
import type { BinaryOperator } from "../../jinja/reading/syntax-tree.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toSource } from "../../jinja/values/text-form.ts";
import { type CallableValue, ObjectValue, type Value } from "../../jinja/values/value.ts";
import { hidden } from "../../words/hidden-text.ts";
import { fail, hostFunction, optional, variadic } from "./host-function.ts";
import { orDefault } from "./or-default.ts";

/** Steps for an item that is put in or looked for. */
const ITEM_STEPS = 16;

/** Python's set. It keeps the order of insertion, where Python's own order is by chance; sets are equal in any order. */
export class SetValue extends ObjectValue {
  readonly #items = new DictValue();

  constructor(items: Iterable<Value> = []) {
    super({ typeName: "set" });
    for (const item of items) this.#add(item);
  }

  #add(item: Value): void {
    charge(ITEM_STEPS);
    this.#items.set(item, null);
  }

  override items(): readonly Value[] {
    return this.#items.keys();
  }

  override get text(): string {
    return this.#items.size === 0
      ? "set()"
      : `{${this.items()
          .map((item) => toSource(item))
          .join(", ")}}`;
  }

  override isEqualTo(other: Value): boolean | undefined {
    if (!(other instanceof SetValue)) return undefined;
    return other.size === this.size && this.#isIn(other);
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    if (operator !== "-" || !(other instanceof SetValue)) return undefined;
    return isRight ? other.without(this) : this.without(other);
  }

  /** A set has a subset, itself or something else before it: Python's partial order. */
  override compareTo(other: Value): number | undefined {
    if (!(other instanceof SetValue)) return undefined;
    if (this.#isIn(other)) return other.size === this.size ? 0 : -1;
    return other.#isIn(this) ? 1 : Number.NaN;
  }

  get size(): number {
    return this.#items.size;
  }

  holds(item: Value): boolean {
    charge(ITEM_STEPS);
    return this.#items.has(item);
  }

  without(other: SetValue): SetValue {
    return new SetValue(this.items().filter((item) => !other.holds(item)));
  }

  #isIn(other: SetValue): boolean {
    return this.items().every((item) => other.holds(item));
  }

  override attribute(name: string): CallableValue | undefined {
    const joined = (others: readonly Value[]) => others.flatMap((other) => [...iterate(other)]);
    switch (name) {
      case "union":
        return variadic(name, (others) => new SetValue([...this.items(), ...joined(others)]));
      case "intersection":
        return variadic(name, (others) => {
          const sets = others.map((other) => new SetValue(iterate(other)));
          return new SetValue(this.items().filter((item) => sets.every((set) => set.holds(item))));
        });
      case "difference":
        return variadic(name, (others) => this.without(new SetValue(joined(others))));
      case "symmetric_difference":
        return this.#withOther(
          name,
          (other) => new SetValue([...this.without(other).items(), ...other.without(this).items()]),
        );
      case "issubset":
        return this.#withOther(name, (other) => this.#isIn(other));
      case "issuperset":
        return this.#withOther(name, (other) => other.#isIn(this));
      case "isdisjoint":
        return this.#withOther(name, (other) => !this.items().some((item) => other.holds(item)));
      case "copy":
        return hostFunction(name, [], () => new SetValue(this.items()));
      default:
        return this.#change(name);
    }
  }

  #withOther(name: string, run: (other: SetValue) => Value): CallableValue {
    return hostFunction(name, ["other"], (found) => run(new SetValue(iterate(found.value(0)))));
  }

  /** The methods that change the set. */
  #change(name: string): CallableValue | undefined {
    switch (name) {
      case "add":
        return hostFunction(name, ["item"], (found) => {
          this.#add(found.value(0));
          return null;
        });
      case "update":
        return variadic(name, (others) => {
          for (const item of others.flatMap((other) => [...iterate(other)])) this.#add(item);
          return null;
        });
      case "discard":
        return hostFunction(name, ["item"], (found) => {
          this.#items.delete(found.value(0));
          return null;
        });
      case "remove":
        return hostFunction(name, ["item"], (found) =>
          this.#items.delete(found.value(0))
            ? null
            : fail(`${hidden(toSource(found.value(0)), "the item")} is not in the set`),
        );
      default:
        return undefined;
    }
  }
}

/** `set(value, default)`: the default where the value cannot be looped over, or holds what cannot be the key of a dict. */
export const SET = hostFunction("set", ["value", "default?"], (found) =>
  orDefault(() => new SetValue(iterate(found.value(0))), optional(found, 1) ?? null),
);

/** `set_strict(value)`: an error where `set` takes its default. */
export const SET_STRICT = hostFunction("set_strict", ["value"], (found) => new SetValue(iterate(found.value(0))));
