import { charge } from "../../jinja/budget.ts";
import { contains, isEqual, order } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toSource } from "../../jinja/values/text-form.ts";
import { foundOr, ObjectValue, type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import { hostFunction, MembersValue } from "./host-function.ts";

const SHOWN_MAX = 5;

/** agate's MappedSequence: values by index and by name. */
export class MappedSequenceValue extends ObjectValue {
  readonly keys: readonly string[];
  readonly cells: readonly Value[];

  constructor(typeName: string, keys: readonly string[], cells: readonly Value[]) {
    super({ typeName });
    this.keys = keys;
    this.cells = cells;
  }

  override get text(): string {
    const shown = this.cells.slice(0, SHOWN_MAX).map((cell) => toSource(cell));
    const rest = this.cells.length > SHOWN_MAX ? ", ..." : "";
    return `<agate.${this.typeName}: (${shown.join(", ")}${rest})>`;
  }

  override items(): readonly Value[] {
    return this.cells;
  }

  override item(key: Value): Value | undefined {
    const index = typeof key === "string" ? this.keys.indexOf(key) : -1;
    return index < 0 ? undefined : (this.cells[index] ?? null);
  }

  override isEqualTo(other: Value): boolean | undefined {
    if (!(other instanceof MappedSequenceValue)) return undefined;
    return isEqual(new TupleValue(this.cells), new TupleValue(other.cells));
  }

  override attribute(name: string): Stored | undefined {
    switch (name) {
      case "values":
        return hostFunction(name, [], () => new TupleValue(this.cells));
      case "keys":
        return hostFunction(name, [], () => (this.keys.length === 0 ? null : new TupleValue([...this.keys])));
      case "items":
        return hostFunction(name, [], () => this.#entries().map((entry) => new TupleValue(entry)));
      case "dict":
        return hostFunction(name, [], () => DictValue.of(this.#entries()));
      case "get":
        return hostFunction(name, ["key", "default?"], (found) =>
          foundOr(this.item(found.value(0)), () => found.value(1)),
        );
      default:
        return undefined;
    }
  }

  #entries(): (readonly [Value, Value])[] {
    charge(this.keys.length);
    return this.keys.map((key, index) => [key, this.cells[index] ?? null] as const);
  }
}

/** A column of a table: its values from the first row to the last one. */
export class TableColumnValue extends MappedSequenceValue {
  readonly #members: MembersValue;

  constructor(at: { readonly name: string; readonly index: number; readonly type: string }, cells: readonly Value[]) {
    super("Column", [], cells);
    const known = () => {
      charge(cells.length);
      return cells.filter((cell) => cell !== null);
    };
    this.#members = new MembersValue("Column", {
      name: () => at.name,
      index: () => BigInt(at.index),
      data_type: () => new ObjectValue({ typeName: at.type, text: at.type }),
      values_distinct: () => hostFunction("values_distinct", [], () => new TupleValue(distinct(cells))),
      values_without_nulls: () => hostFunction("values_without_nulls", [], () => new TupleValue(known())),
      values_sorted: () => hostFunction("values_sorted", [], () => [...sortedCells(known())]),
    });
  }

  override attribute(name: string): Stored | undefined {
    return foundOr(super.attribute(name), () => this.#members.attribute(name));
  }
}

function sortedCells(cells: Value[]): Value[] {
  charge(cells.length * Math.ceil(Math.log2(cells.length + 2)));
  return cells.sort((a, b) => order(a, b));
}

function distinct(cells: readonly Value[]): Value[] {
  const seen: Value[] = [];
  return cells.filter((cell) => {
    if (contains(seen, cell)) return false;
    seen.push(cell);
    return true;
  });
}
