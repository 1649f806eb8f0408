import { computed } from "../../jinja/row-values.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { UndefinedValue, type Value } from "../../jinja/values/value.ts";
import { fail } from "../values/host-function.ts";

interface Constraint {
  readonly type: string;
  readonly name: string;
  readonly expression: string;
  readonly columns: readonly string[];
  readonly to: string;
  readonly toColumns: readonly string[];
}

const KNOWN = new Set(["check", "not_null", "unique", "primary_key", "foreign_key", "custom"]);

function constraintOf(raw: Value): Constraint {
  const item = (key: string): Value => (raw instanceof DictValue ? (raw.get(key) ?? null) : null);
  const text = (key: string) => (item(key) === null ? "" : toText(item(key)));
  const texts = (key: string) => (item(key) === null ? [] : iterate(item(key)).map(toText));
  const type = text("type");
  if (!KNOWN.has(type)) fail(`Could not parse constraint: ${computed(toText(raw))}`);
  return {
    type,
    name: text("name"),
    expression: text("expression"),
    columns: texts("columns"),
    to: text("to"),
    toColumns: texts("to_columns"),
  };
}

/** What `references` names: the relation of `to`, else an expression. */
function reference({ to, toColumns, expression }: Constraint): string {
  return to !== "" && toColumns.length > 0 ? `${to} (${toColumns.join(", ")})` : expression;
}

function ofColumn(constraint: Constraint): string | undefined {
  const { type, expression } = constraint;
  switch (type) {
    case "check":
      return expression === "" ? undefined : `check (${expression})`;
    case "not_null":
      return `not null ${expression}`;
    case "unique":
      return `unique ${expression}`;
    case "primary_key":
      return `primary key ${expression}`;
    case "foreign_key":
      return reference(constraint) === "" ? undefined : `references ${reference(constraint)}`;
    default:
      return expression === "" ? undefined : expression;
  }
}

function ofModel(constraint: Constraint): string | undefined {
  const { type, expression, columns, name } = constraint;
  const prefix = name === "" ? "" : `constraint ${name} `;
  const list = columns.join(", ");
  const extra = expression === "" ? "" : ` ${expression}`;
  switch (type) {
    case "check":
      return expression === "" ? undefined : `${prefix}check (${expression})`;
    case "unique":
      return `${prefix}unique${extra} (${list})`;
    case "primary_key":
      return `${prefix}primary key${extra} (${list})`;
    case "foreign_key":
      return reference(constraint) === ""
        ? undefined
        : `${prefix}foreign key (${list}) references ${reference(constraint)}`;
    case "custom":
      return expression === "" ? undefined : `${prefix}${expression}`;
    default:
      return undefined;
  }
}

/** The columns of a contract as `create table` writes them, with their constraints. */
export function renderColumns(columns: Value, supported: ReadonlySet<string>): string[] {
  if (!(columns instanceof DictValue)) return [];
  return columns.values().map((column) => {
    const item = (key: string): Value => (column instanceof DictValue ? (column.get(key) ?? null) : null);
    const name = toText(item("name"));
    const shown = isTrue(item("quote")) ? `"${name}"` : name;
    const rendered = listOf(item("constraints")).map(constraintOf).filter(isSupported(supported)).map(ofColumn);
    const constraints = rendered.flatMap((each) => (each === undefined ? [] : [each.trim()]));
    return [`${shown} ${toText(item("data_type"))}`, ...constraints].join(" ");
  });
}

/** The constraints of a whole model. */
export function renderConstraints(constraints: Value, supported: ReadonlySet<string>): string[] {
  const rendered = listOf(constraints).map(constraintOf).filter(isSupported(supported)).map(ofModel);
  return rendered.flatMap((each) => (each === undefined ? [] : [each]));
}

const isSupported =
  (supported: ReadonlySet<string>) =>
  ({ type }: Constraint) =>
    type === "custom" || supported.has(type);
const listOf = (value: Value) => (value === null || value instanceof UndefinedValue ? [] : iterate(value));
