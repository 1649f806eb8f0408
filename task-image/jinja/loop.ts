import { isEqual } from "./comparison.ts";
import { plain } from "./parameters.ts";
import { EvaluationError } from "./template-error.ts";
import { CallableValue, ObjectValue, TupleValue, UndefinedValue, type Value } from "./value.ts";

/** The `loop` of a for loop. One object serves all passes, so that `changed()` remembers what it saw. */
export class Loop {
  readonly #items: readonly Value[];
  readonly #depth: number;
  #index = 0;
  #seen: Value | undefined;

  constructor(items: readonly Value[], depth: number) {
    this.#items = items;
    this.#depth = depth;
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
        return BigInt(this.#depth);
      case "depth0":
        return BigInt(this.#depth - 1);
      case "previtem":
        return this.#items[index - 1] ?? new UndefinedValue("there is no previous item in the first pass of a loop");
      case "nextitem":
        return this.#items[index + 1] ?? new UndefinedValue("there is no next item in the last pass of a loop");
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
