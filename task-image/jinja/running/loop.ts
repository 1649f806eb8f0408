import { EvaluationError } from "../template-error.ts";
import { isEqual } from "../values/comparison.ts";
import { CallableValue, foundOr, ObjectValue, TupleValue, UndefinedValue, type Value } from "../values/value.ts";
import { plain } from "./parameters.ts";

/**
 * The `loop` of a for loop. One object serves all passes, so that `changed()` remembers what it saw. Its depth is always 1:
 * Jinja counts the levels of recursive loops alone.
 */
export class Loop {
  readonly #items: readonly Value[];
  #index = 0;
  #seen: Value | undefined;

  constructor(items: readonly Value[]) {
    this.#items = items;
  }

  moveTo(index: number): void {
    this.#index = index;
  }

  value(): ObjectValue {
    return new ObjectValue({ typeName: "loop", attribute: (name) => this.#attribute(name) });
  }

  #attribute(name: string): Value | undefined {
    const { length } = this.#items;
    const index = this.#index;
    switch (name) {
      case "index":
        return BigInt(index + 1);
      case "index0":
        return BigInt(index);
      case "revindex":
        return BigInt(length - index);
      case "revindex0":
        return BigInt(length - index - 1);
      case "first":
        return index === 0;
      case "last":
        return index === length - 1;
      case "length":
        return BigInt(length);
      case "depth":
        return 1n;
      case "depth0":
        return 0n;
      case "previtem":
        return foundOr(
          this.#items[index - 1],
          () => new UndefinedValue("the first pass of a loop has no previous item"),
        );
      case "nextitem":
        return foundOr(this.#items[index + 1], () => new UndefinedValue("the last pass of a loop has no next item"));
      case "cycle":
        return new CallableValue("cycle", ({ positional }) => this.#cycle(positional.map(plain)));
      case "changed":
        return new CallableValue("changed", ({ positional }) => this.#changed(positional.map(plain)));
      default:
        return undefined;
    }
  }

  #cycle(values: readonly Value[]): Value {
    const value = values[this.#index % values.length];
    if (value === undefined) throw new EvaluationError("loop.cycle() expects the values to cycle through");
    return value;
  }

  #changed(values: readonly Value[]): boolean {
    const current = new TupleValue(values);
    const changed = this.#seen === undefined || !isEqual(this.#seen, current);
    this.#seen = current;
    return changed;
  }
}
