import { charge } from "../../jinja/budget.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { floatText, toText } from "../../jinja/values/text-form.ts";
import { describeType, TupleValue, type Value } from "../../jinja/values/value.ts";
import { Walk } from "../../jinja/values/walk.ts";
import { isPlainText } from "../project/yaml-scalars.ts";
import { DatetimeValue, DateValue } from "../values/datetime.ts";
import { fail } from "../values/host-function.ts";
import { doubleQuoted, foldedText, singleQuoted } from "./yaml-quotes.ts";

/** Steps for a value and for a character that is written. */
const STEPS = { value: 16, text: 8 } as const;

/** Where a value stands: how far its block is indented, and in which column its line has come to. */
interface Place {
  readonly indent: number;
  readonly column: number;
}

/**
 * `toyaml`: a value as PyYAML's `safe_dump` writes it, in blocks, in ASCII, with lines that break behind 80 characters.
 *
 * @throws {EvaluationError} for a value that YAML has no form for, such as a Decimal.
 */
export function yamlText(value: Value): string {
  const text = nodeText(value, { indent: 0, column: 0 }, new Walk());
  // A plain text that is a whole document is open: it ends with a sign.
  const isOpen = !text.includes("\n") && !/^['"{[]/.test(text);
  return `${text}\n${isOpen && !isBlock(value) ? "...\n" : ""}`;
}

const isBlock = (value: Value) => (value instanceof DictValue && value.size > 0) || (listOf(value)?.length ?? 0) > 0;

function listOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof TupleValue ? value.items : undefined;
}

function nodeText(value: Value, place: Place, walk: Walk): string {
  charge(STEPS.value);
  const list = listOf(value);
  if (list !== undefined) return list.length === 0 ? "[]" : walk.within(() => listText(list, place, walk));
  if (value instanceof DictValue) return value.size === 0 ? "{}" : walk.within(() => dictText(value, place, walk));
  return scalarText(value, place);
}

function listText(items: readonly Value[], { indent }: Place, walk: Walk): string {
  const margin = " ".repeat(indent);
  return items
    .map((item) => `- ${nodeText(item, { indent: indent + 2, column: indent + 2 }, walk)}`)
    .join(`\n${margin}`);
}

function dictText(dict: DictValue, { indent }: Place, walk: Walk): string {
  const margin = " ".repeat(indent);
  const entries = dict.entries().map(([key, value]) => {
    const name = `${scalarText(key, { indent, column: 0 }, true)}:`;
    if (!isBlock(value))
      return `${name} ${nodeText(value, { indent: indent + 2, column: indent + name.length + 1 }, walk)}`;
    // A list stands as deep as its key.
    const inner = listOf(value) === undefined ? indent + 2 : indent;
    return `${name}\n${" ".repeat(inner)}${nodeText(value, { indent: inner, column: inner }, walk)}`;
  });
  return entries.join(`\n${margin}`);
}

function scalarText(value: Value, place: Place, isKey = false): string {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return yamlFloat(value);
  if (value instanceof DateValue || value instanceof DatetimeValue) return toText(value);
  if (typeof value !== "string") return fail(`YAML has no form for ${describeType(value)}`);
  charge(value.length * STEPS.text);
  return textScalar(value, { ...place, isKey });
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  const text = floatText(value);
  return text.includes(".") || !text.includes("e") ? text : text.replace("e", ".0e");
}

/** Text in the first form that keeps it: plain, in single quotes, in double quotes. */
function textScalar(text: string, { indent, column, isKey }: Place & { readonly isKey: boolean }): string {
  // Lines of a scalar that goes on are indented below what it belongs to.
  const margin = isKey ? undefined : Math.max(indent, 2);
  const isSpecial = /[^\n\x20-\x7e]/.test(text) || /\n +(?!\n)|\n$/.test(text.replace(/\n$/, "")) || / \n/.test(text);
  if (isSpecial || (isKey && text.includes("\n"))) return doubleQuoted(text, column, margin);
  const isOuter = /^\s|\s$/.test(text);
  if (!isOuter && !text.includes("\n") && !hasIndicators(text) && isPlainText(text))
    return foldedText(text, column, margin);
  return /\n /.test(text) ? doubleQuoted(text, column, margin) : singleQuoted(text, column, margin);
}

/** Whether plain text would be read as a part of YAML's own. */
function hasIndicators(text: string): boolean {
  return /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[-?:](?:\s|$))|:(?:\s|$)|\s#/.test(text);
}
