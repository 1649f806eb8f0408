import { toText } from "../../jinja/values/text-form.ts";
import { type CallableValue, foundOr, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, optional } from "../values/host-function.ts";
import type { ColumnDialect } from "./column-dialect.ts";

export interface ColumnData {
  readonly name: string;
  readonly dtype: string;
  readonly size: Value;
  readonly precision: Value;
  readonly scale: Value;
}

const STRINGS = new Set(["text", "character varying", "character", "varchar"]);

/** dbt's Column: a name and a type. */
export class ColumnValue extends ObjectValue {
  readonly data: ColumnData;
  readonly #dialect: ColumnDialect;

  constructor(data: ColumnData, dialect: ColumnDialect) {
    super({ typeName: dialect.columnName });
    this.data = data;
    this.#dialect = dialect;
  }

  static of(name: string, dtype: string, dialect: ColumnDialect): ColumnValue {
    return new ColumnValue({ name, dtype, size: null, precision: null, scale: null }, dialect);
  }

  #is(types: ReadonlySet<string>): boolean {
    return types.has(this.data.dtype.toLowerCase());
  }

  get isString(): boolean {
    return this.#is(STRINGS);
  }

  get stringSize(): number {
    if (!this.isString) fail("Called string_size() on non-string field!");
    const { dtype, size } = this.data;
    return dtype === "text" || size === null ? this.#dialect.stringSize : Number(size);
  }

  canExpandTo(other: ColumnValue): boolean {
    return this.isString && other.isString && other.stringSize > this.stringSize;
  }

  get dataType(): string {
    const { dtype, precision, scale } = this.data;
    if (this.#dialect.keepsType(this.data)) return dtype;
    if (this.isString) return stringType(this.stringSize);
    return this.#is(this.#dialect.numerics) ? numericType(dtype, precision, scale) : dtype;
  }

  override get text(): string {
    return `<Column ${this.data.name} (${this.dataType})>`;
  }

  override identity(): string {
    const { name, dtype, size, precision, scale } = this.data;
    return `column ${JSON.stringify([name, dtype, toText(size), toText(precision), toText(scale)])}`;
  }

  override attribute(name: string): Stored | undefined {
    const { data } = this;
    switch (name) {
      case "name":
      case "column":
        return data.name;
      case "quoted":
        return `"${data.name}"`;
      case "dtype":
        return data.dtype;
      case "data_type":
      case "expanded_data_type":
        return this.dataType;
      case "char_size":
        return data.size;
      case "numeric_precision":
        return data.precision;
      case "numeric_scale":
        return data.scale;
      default:
        return foundOr(this.#question(name), () => columnClassMember(name, this.#dialect));
    }
  }

  #question(name: string): CallableValue | undefined {
    const { integers, floats, numerics } = this.#dialect;
    const answers: Readonly<Record<string, () => Value>> = {
      is_string: () => this.isString,
      is_integer: () => this.#is(integers),
      is_float: () => this.#is(floats),
      is_numeric: () => this.#is(numerics),
      is_number: () => this.#is(integers) || this.#is(numerics) || this.#is(floats),
      string_size: () => BigInt(this.stringSize),
    };
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (answer !== undefined) return hostFunction(name, [], answer);
    if (name === "literal")
      return hostFunction(name, ["value"], (found) => `${toText(found.value(0))}::${this.dataType}`);
    if (name !== "can_expand_to") return undefined;
    return hostFunction(name, ["other_column"], (found) => {
      const other = found.value(0);
      return other instanceof ColumnValue && this.canExpandTo(other);
    });
  }
}

export function stringType(size: number | string): string {
  return `character varying(${size})`;
}

function numericType(dtype: string, precision: Value, scale: Value): string {
  return precision === null || scale === null ? dtype : `${dtype}(${toText(precision)},${toText(scale)})`;
}

/** The type that a label of dbt's stands for. */
export function translateType(dtype: string): string {
  return dtype.toUpperCase() === "STRING" ? "TEXT" : dtype;
}

function columnClassMember(name: string, dialect: ColumnDialect): CallableValue | undefined {
  switch (name) {
    case "translate_type":
      return hostFunction(name, ["dtype"], (found) => translateType(found.text(0)));
    case "string_type":
      return hostFunction(name, ["size"], (found) => stringType(toText(found.value(0))));
    case "numeric_type":
      return hostFunction(name, ["dtype", "precision", "scale"], (found) =>
        numericType(found.text(0), found.value(1), found.value(2)),
      );
    case "create":
      return hostFunction(name, ["name", "label_or_dtype"], (found) =>
        ColumnValue.of(found.text(0), translateType(found.text(1)), dialect),
      );
    case "from_description":
      return hostFunction(name, ["name", "raw_data_type"], (found) =>
        fromDescription(found.text(0), found.text(1), dialect),
      );
    default:
      return undefined;
  }
}

/** `numeric(10,2)`, `character varying(5)`. */
function fromDescription(name: string, description: string, dialect: ColumnDialect): ColumnValue {
  const match = /^([^(]+)(?:\(([^)]+)\))?/.exec(description);
  if (match === null) return fail(`Could not interpret data type "${description}"`);
  const [, dtype = "", sizes] = match;
  const numbers = (sizes?.split(",") ?? []).map((part) => {
    return /^\s*\d+\s*$/.test(part)
      ? BigInt(part)
      : fail(`Could not interpret data_type "${description}": could not convert "${part}" to an integer`);
  });
  const [first = null, second = null] = numbers;
  if (numbers.length === 2)
    return new ColumnValue({ name, dtype, size: null, precision: first, scale: second }, dialect);
  return new ColumnValue({ name, dtype, size: first, precision: null, scale: null }, dialect);
}

/** `api.Column`: its functions, and called it makes a column. */
export class ColumnClass extends ObjectValue {
  readonly dialect: ColumnDialect;

  constructor(dialect: ColumnDialect) {
    const parameters = ["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"];
    super({
      typeName: "type",
      call: hostFunction("Column", parameters, (found) => {
        const [size = null, precision = null, scale = null] = [2, 3, 4].map((index) => optional(found, index));
        return new ColumnValue({ name: found.text(0), dtype: toText(found.value(1)), size, precision, scale }, dialect);
      }),
    });
    this.dialect = dialect;
  }

  override attribute(name: string): Stored | undefined {
    return columnClassMember(name, this.dialect);
  }
}
