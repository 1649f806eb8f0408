import { chargeText } from "../budget.ts";
import { DictValue } from "./dict-value.ts";
import { CallableValue, NamespaceValue, ObjectValue, TupleValue, UndefinedValue, type Value } from "./value.ts";
import { Walk } from "./walk.ts";

/** Python's `str()`: what `{{ value }}` prints. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof ObjectValue) return counted(value.text);
  return value instanceof UndefinedValue ? "" : toSource(value);
}

/** Python's `repr()`: how a value looks inside a list. */
export function toSource(value: Value, walk: Walk = new Walk()): string {
  const inner = (item: Value) => walk.within(() => toSource(item, walk));
  if (value === null) return "None";
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return counted(value.toString());
  if (typeof value === "number") return floatText(value);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof TupleValue) {
    return value.items.length === 1 ? `(${inner(value.items[0] ?? null)},)` : `(${value.items.map(inner).join(", ")})`;
  }
  if (value instanceof DictValue) {
    return `{${value
      .entries()
      .map(([key, item]) => `${inner(key)}: ${inner(item)}`)
      .join(", ")}}`;
  }
  return opaqueText(value);
}

function opaqueText(value: NamespaceValue | CallableValue | ObjectValue | UndefinedValue): string {
  if (value instanceof ObjectValue) return counted(value.source);
  if (value instanceof NamespaceValue) return "<namespace>";
  return value instanceof CallableValue ? `<macro '${value.name}'>` : "Undefined";
}

/** A float as Python writes it: the shortest digits that mean it, with a point, and an exponent from 1e16 and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= 16 || exponent < -4) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function counted(text: string): string {
  chargeText(text.length);
  return text;
}

function quote(text: string): string {
  chargeText(text.length);
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  const escaped = text.replace(/[\\\x00-\x1f\x7f]/g, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return mark + escaped.replaceAll(mark, `\\${mark}`) + mark;
}
