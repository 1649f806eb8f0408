import { computed } from "../row-values.ts";
import { plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { DICT_METHODS, LIST_METHODS, TUPLE_METHODS } from "./collection-methods.ts";
import { DictValue } from "./dict-value.ts";
import { boundMethod } from "./method.ts";
import { characterAt, itemAt } from "./sequence.ts";
import { STRING_METHODS } from "./string-methods.ts";
import { toSource } from "./text-form.ts";
import {
  describeType,
  foundOr,
  NamespaceValue,
  ObjectValue,
  type Stored,
  TupleValue,
  UndefinedValue,
  type Value,
} from "./value.ts";

/** `value.name` as Jinja reads it: an attribute or method, else the item of that key, else undefined. */
export function attributeOf(value: Value, name: string): Stored {
  if (value instanceof UndefinedValue && value.isLenient) return value;
  refuseUndefined(value);
  return foundOr(ownAttribute(value, name), () =>
    foundOr(ownItem(value, name), () => missing(value, `attribute or key '${name}'`)),
  );
}

/** `value[key]` as Jinja reads it: the item, else the attribute of that name, else undefined. */
export function itemOf(value: Value, key: Value): Stored {
  if (value instanceof UndefinedValue && value.isLenient) return value;
  refuseUndefined(value);
  if (key instanceof UndefinedValue) throw new EvaluationError(key.problem);
  const attribute = typeof key === "string" ? ownAttribute(value, key) : undefined;
  return foundOr(ownItem(value, key), () => foundOr(attribute, () => missing(value, describeKey(key))));
}

function refuseUndefined(value: Value): void {
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
}

function describeKey(key: Value): string {
  return typeof key === "string" ? `attribute or key '${computed(key)}'` : `item ${computed(toSource(key))}`;
}

function missing(value: Value, what: string): UndefinedValue {
  const owner = value === null ? "None" : `${describeType(value)}`;
  return new UndefinedValue(`${owner} has no ${what}`);
}

/** Methods and attributes by name, from tables of our own: nothing of a JavaScript object can be reached. */
function ownAttribute(value: Value, name: string): Stored | undefined {
  if (typeof value === "string") return boundMethod(STRING_METHODS, value, name);
  if (Array.isArray(value)) return boundMethod(LIST_METHODS, value, name);
  if (value instanceof TupleValue) return boundMethod(TUPLE_METHODS, value, name);
  if (value instanceof DictValue) return boundMethod(DICT_METHODS, value, name);
  if (value instanceof NamespaceValue) return value.attributes.get(name);
  return value instanceof ObjectValue ? value.attribute(name) : undefined;
}

function ownItem(value: Value, key: Value): Stored | undefined {
  if (value instanceof DictValue) return value.get(key);
  if (value instanceof ObjectValue) return objectItem(value, key);
  if (value instanceof NamespaceValue && typeof key === "string") {
    const stored = value.attributes.get(key);
    return stored === undefined ? undefined : plain(stored);
  }
  if (typeof key !== "bigint") return undefined;
  if (typeof value === "string") return characterAt(value, key);
  if (Array.isArray(value)) return itemAt(value, key);
  return value instanceof TupleValue ? itemAt(value.items, key) : undefined;
}

function objectItem(value: ObjectValue, key: Value): Stored | undefined {
  if (typeof key === "bigint" && value.items !== undefined) return itemAt(value.items(), key);
  return value.item?.(key);
}
