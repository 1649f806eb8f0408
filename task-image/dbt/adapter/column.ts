import { toText } from "../../jinja/values/text-form.ts";
import { type CallableValue, foundOr, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, optional } from "../values/host-function.ts";

export interface ColumnData {
  readonly name: string;
  readonly dtype: string;
  readonly size: Value;
  readonly precision: Value;
  readonly scale: Value;
}

const STRINGS = new Set(["text", "character varying", "character", "varchar"]);
const FLOATS = new Set(["real", "float4", "float", "double precision", "float8", "double"]);
const INTEGERS = new Set(
  "smallint integer bigint smallserial serial bigserial int2 int4 int8 serial2 serial4 serial8".split(" "),
);
const NUMERICS = new Set(["numeric", "decimal"]);
/** What a string is as long as where its length is not known. */
const STRING_SIZE = 256;

/** dbt's Column: a name and a type. Postgres leaves `text`, and `character varying` without a length, as they are. */
export class ColumnValue extends ObjectValue {
  readonly data: ColumnData;

  constructor(data: ColumnData) {
    super({ typeName: "PostgresColumn" });
    this.data = data;
  }

  static of(name: string, dtype: string): ColumnValue {
    return new ColumnValue({ name, dtype, size: null, precision: null, scale: null });
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
    return dtype === "text" || size === null ? STRING_SIZE : Number(size);
  }

  canExpandTo(other: ColumnValue): boolean {
    return this.isString && other.isString && other.stringSize > this.stringSize;
  }

  get dataType(): string {
    const { dtype, size, precision, scale } = this.data;
    const lower = dtype.toLowerCase();
    if (lower === "text" || (lower === "character varying" && size === null)) return dtype;
    if (this.isString) return stringType(this.stringSize);
    return this.#is(NUMERICS) ? numericType(dtype, precision, scale) : dtype;
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
        return foundOr(this.#question(name), () => columnClassMember(name));
    }
  }

  #question(name: string): CallableValue | undefined {
    const answers: Readonly<Record<string, () => Value>> = {
      is_string: () => this.isString,
      is_integer: () => this.#is(INTEGERS),
      is_float: () => this.#is(FLOATS),
      is_numeric: () => this.#is(NUMERICS),
      is_number: () => this.#is(INTEGERS) || this.#is(NUMERICS) || this.#is(FLOATS),
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

function columnClassMember(name: string): CallableValue | undefined {
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
        ColumnValue.of(found.text(0), translateType(found.text(1))),
      );
    case "from_description":
      return hostFunction(name, ["name", "raw_data_type"], (found) => fromDescription(found.text(0), found.text(1)));
    default:
      return undefined;
  }
}

/** `numeric(10,2)`, `character varying(5)`. */
function fromDescription(name: string, description: string): ColumnValue {
  const match = /^([^(]+)(?:\(([^)]+)\))?/.exec(description);
  if (match === null) return fail(`Could not interpret data type "${description}"`);
  const [, dtype = "", sizes] = match;
  const numbers = (sizes?.split(",") ?? []).map((part) => {
    return /^\s*\d+\s*$/.test(part)
      ? BigInt(part)
      : fail(`Could not interpret data_type "${description}": could not convert "${part}" to an integer`);
  });
  const [first = null, second = null] = numbers;
  if (numbers.length === 2) return new ColumnValue({ name, dtype, size: null, precision: first, scale: second });
  return new ColumnValue({ name, dtype, size: first, precision: null, scale: null });
}

/** `api.Column`: its functions, and called it makes a column. */
class ColumnClass extends ObjectValue {
  constructor() {
    const parameters = ["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"];
    super({
      typeName: "type",
      call: hostFunction("Column", parameters, (found) => {
        const [size = null, precision = null, scale = null] = [2, 3, 4].map((index) => optional(found, index));
        return new ColumnValue({ name: found.text(0), dtype: toText(found.value(1)), size, precision, scale });
      }),
    });
  }

  override attribute(name: string): Stored | undefined {
    return columnClassMember(name);
  }
}

export const COLUMN_CLASS = new ColumnClass();
