import { chargeText } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { DictValue } from "./dict-value.ts";
import { floatText, toText } from "./text-form.ts";
import { describeType, ObjectValue, TupleValue, type Value } from "./value.ts";
import { Walk } from "./walk.ts";

/** A value as Python's `json.dumps` writes it: `", "` and `": "` between parts, or one part a line with an indentation. */
export function toJson(value: Value, indent: number, depth = 0, walk: Walk = new Walk()): string {
  if (value === null) return "null";
  if (typeof value === "string") return asciiJson(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return floatText(value);
  const inner = (item: Value) => walk.within(() => toJson(item, indent, depth + 1, walk));
  if (Array.isArray(value)) return enclose(["[", "]"], value.map(inner), indent, depth);
  if (value instanceof TupleValue) return enclose(["[", "]"], value.items.map(inner), indent, depth);
  if (value instanceof DictValue) {
    const entries = value.entries().map(([key, item]) => `${asciiJson(jsonKey(key))}: ${inner(item)}`);
    return enclose(["{", "}"], entries, indent, depth);
  }
  const own = value instanceof ObjectValue ? value.json?.() : undefined;
  if (own !== undefined) return inner(own);
  throw new EvaluationError(`${describeType(value)} has no JSON`);
}

function jsonKey(key: Value): string {
  if (typeof key === "boolean" || key === null) return String(key);
  return toText(key);
}

function asciiJson(text: string): string {
  chargeText(text.length);
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function enclose(
  [open, close]: readonly [string, string],
  parts: readonly string[],
  indent: number,
  depth: number,
): string {
  if (parts.length === 0) return open + close;
  if (indent === 0) return open + parts.join(", ") + close;
  const margin = (levels: number) => `\n${" ".repeat(Math.min(indent, 16) * levels)}`;
  return open + margin(depth + 1) + parts.join(`,${margin(depth + 1)}`) + margin(depth) + close;
}
