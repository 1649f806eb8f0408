import { charge } from "../../jinja/budget.ts";
import { computed } from "../../jinja/row-values.ts";
import type { BoundArguments } from "../../jinja/running/parameters.ts";
import { sorted } from "../../jinja/values/collection-methods.ts";
import { isEqual, isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type CallableValue, ObjectValue, type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import type { ColumnType } from "./column-type.ts";
import { fail, hostFunction, optional } from "./host-function.ts";
import { joinTables } from "./joined-tables.ts";
import { MappedSequenceValue, TableColumnValue } from "./mapped-sequence.ts";

/** What macros use of agate's Table: what a query answered, or a seed holds. */
export class TableValue extends ObjectValue {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  /** Rows of cells, in the order of the names. */
  readonly cells: readonly (readonly Value[])[];
  #rows: readonly MappedSequenceValue[] | undefined;

  constructor(names: readonly string[], types: readonly ColumnType[], cells: readonly (readonly Value[])[]) {
    super({ typeName: "Table" });
    this.names = names;
    this.types = types;
    this.cells = cells;
    charge(cells.length * (1 + names.length));
  }

  static readonly EMPTY = new TableValue([], [], []);

  get rows(): readonly MappedSequenceValue[] {
    this.#rows ??= this.cells.map((cells) => new MappedSequenceValue("Row", this.names, cells));
    return this.#rows;
  }

  column(index: number): TableColumnValue {
    charge(this.cells.length);
    const at = { name: this.names[index] ?? "", index, type: this.types[index] ?? "Text" };
    return new TableColumnValue(
      at,
      this.cells.map((cells) => cells[index] ?? null),
    );
  }

  override get text(): string {
    const width = Math.max(0, ...this.names.map((name) => name.length));
    return this.names.map((name, index) => `| ${name.padEnd(width)} | ${this.types[index]} |`).join("\n");
  }

  override items(): readonly Value[] {
    return this.rows;
  }

  override attribute(name: string): Stored | undefined {
    switch (name) {
      case "rows":
        return new MappedSequenceValue("MappedSequence", [], this.rows);
      case "columns":
        return new MappedSequenceValue(
          "MappedSequence",
          this.names,
          this.names.map((_, index) => this.column(index)),
        );
      case "column_names":
        return new TupleValue([...this.names]);
      case "column_types":
        return new TupleValue(this.types.map((type) => new ObjectValue({ typeName: type, text: type })));
      case "row_names":
        return null;
      case "print_table":
      case "print_csv":
      case "print_json":
      case "print_structure":
        return hostFunction(name, ["max_rows?", "max_columns?"], () => null);
      default:
        return this.#method(name);
    }
  }

  #method(name: string): CallableValue | undefined {
    switch (name) {
      case "rename":
        return hostFunction(name, ["column_names?", "row_names?"], (found) => this.#renamed(optional(found, 0)));
      case "select":
        return hostFunction(name, ["key"], (found) => this.#picked(namesIn(found)));
      case "exclude":
        return hostFunction(name, ["key"], (found) => {
          const left = new Set(namesIn(found));
          return this.#picked(this.names.filter((each) => !left.has(each)));
        });
      case "limit":
        return hostFunction(name, ["start_or_stop?", "stop?", "step?"], (found) => this.#limited(found));
      case "order_by":
        return hostFunction(name, ["key", "reverse?"], (found) =>
          this.#ordered(namesIn(found), isTrue(found.value(1, false))),
        );
      case "distinct":
        return hostFunction(name, ["key?"], (found) => this.#distinct(found.has(0) ? namesIn(found) : this.names));
      case "join":
        return hostFunction(name, ["right_table", "left_key", "right_key?"], (found) => this.#joined(found));
      case "merge":
        return hostFunction(name, ["tables"], (found) => merged(iterate(found.value(0))));
      default:
        return undefined;
    }
  }

  #joined(found: BoundArguments): TableValue {
    const right = found.value(0);
    if (!(right instanceof TableValue)) return fail("join() expects a table");
    const [key, other] = [1, 2].map((index) => (found.has(index) ? namesOf(found.value(index)) : undefined));
    const { names, types, cells } = joinTables(this, right, key ?? [], other ?? key ?? []);
    return new TableValue(names, types, cells);
  }

  #renamed(names: Value | undefined): TableValue {
    if (names instanceof DictValue) {
      const renamed = this.names.map((name) => toText(names.get(name) ?? name));
      return new TableValue(renamed, this.types, this.cells);
    }
    return new TableValue(names === undefined ? this.names : iterate(names).map(toText), this.types, this.cells);
  }

  #index(name: string): number {
    const index = this.names.indexOf(name);
    return index < 0 ? fail(`the table has no column '${computed(name)}': it has ${this.names.join(", ")}`) : index;
  }

  #picked(names: readonly string[]): TableValue {
    const indexes = names.map((name) => this.#index(name));
    const types = indexes.map((index) => this.types[index] ?? "Text");
    return new TableValue(
      names,
      types,
      this.cells.map((cells) => indexes.map((index) => cells[index] ?? null)),
    );
  }

  #limited(found: BoundArguments): TableValue {
    const [first, second] = [optional(found, 0), optional(found, 1)];
    const [start, stop] = second === undefined ? [0, first] : [Number(first ?? 0), second];
    const step = found.integer(2, 1);
    const rows = this.cells.slice(start, stop === undefined ? undefined : Number(stop));
    return new TableValue(
      this.names,
      this.types,
      rows.filter((_, index) => index % step === 0),
    );
  }

  #ordered(names: readonly string[], reverse: boolean): TableValue {
    const indexes = names.map((name) => this.#index(name));
    // agate puts None behind everything else.
    const key = (row: Value) =>
      indexes.flatMap((index) => {
        const cell = row instanceof MappedSequenceValue ? (row.cells[index] ?? null) : null;
        return cell === null ? [true, 0n] : [false, cell];
      });
    const rows = sorted([...this.rows], reverse, key);
    return new TableValue(
      this.names,
      this.types,
      rows.map((row) => (row instanceof MappedSequenceValue ? row.cells : [])),
    );
  }

  #distinct(names: readonly string[]): TableValue {
    const indexes = names.map((name) => this.#index(name));
    const seen: Value[] = [];
    const rows = this.cells.filter((cells) => {
      const key = indexes.map((index) => cells[index] ?? null);
      if (seen.some((each) => isEqual(each, key))) return false;
      seen.push(key);
      return true;
    });
    return new TableValue(this.names, this.types, rows);
  }
}

function namesIn(found: BoundArguments): string[] {
  return namesOf(found.value(0));
}

function namesOf(value: Value): string[] {
  return typeof value === "string" ? [value] : iterate(value).map(toText);
}

/** Rows of all tables, with the columns of any; a column keeps the type that it has first. */
function merged(tables: readonly Value[]): TableValue {
  const all = tables.filter((each) => each instanceof TableValue);
  const types = new Map<string, ColumnType>();
  for (const table of all) {
    for (const [index, name] of table.names.entries())
      if (!types.has(name)) types.set(name, table.types[index] ?? "Text");
  }
  const names = [...types.keys()];
  const rows = all.flatMap((table) => {
    const indexes = names.map((name) => table.names.indexOf(name));
    return table.cells.map((cells) => indexes.map((index) => (index < 0 ? null : (cells[index] ?? null))));
  });
  return new TableValue(names, [...types.values()], rows);
}
