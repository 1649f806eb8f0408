import { fixed } from "../formatting/number-format.ts";
import { plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { attributeOf } from "../values/attribute.ts";
import { asNumber, isTrue } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { toJson } from "../values/json-text.ts";
import { describeType, foundOr, ObjectValue, UndefinedValue, type Value } from "../values/value.ts";
import { type Filter, filter } from "./filter.ts";

function number(value: Value, owner: string): bigint | number {
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
  const found = asNumber(value);
  if (found === undefined) throw new EvaluationError(`filter ${owner} expects a number, found ${describeType(value)}`);
  return found;
}

/** Jinja's `int`: what cannot be read as a whole number becomes the default. */
function toInteger(value: Value, fallback: Value, base: number): Value {
  if (typeof value === "string") return parseInteger(value, base) ?? fallback;
  const found = value instanceof ObjectValue ? value.number?.().value : asNumber(value);
  if (typeof found !== "number") return foundOr(found, () => fallback);
  return Number.isFinite(found) ? BigInt(Math.trunc(found)) : fallback;
}

const DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^([-+]?)(?:0[bB])?([01]+)$/,
  8: /^([-+]?)(?:0[oO])?([0-7]+)$/,
  10: /^([-+]?)()?(\d+)$/,
  16: /^([-+]?)(?:0[xX])?([0-9a-fA-F]+)$/,
};
const PREFIXES: Readonly<Record<number, string>> = { 2: "0b", 8: "0o", 10: "", 16: "0x" };
const INTEGER_DIGITS_MAX = 4300;

function parseInteger(text: string, base: number): Value | undefined {
  const pattern = DIGITS[base];
  if (pattern === undefined) throw new EvaluationError(`filter int knows the bases 2, 8, 10 and 16, found ${base}`);
  const digits = text.trim().replace(/(?<=[\da-fA-F])_(?=[\da-fA-F])/g, "");
  const match = pattern.exec(digits);
  if (match !== null && digits.length <= INTEGER_DIGITS_MAX) {
    const magnitude = BigInt(PREFIXES[base] + (match.at(-1) ?? ""));
    return match[1] === "-" ? -magnitude : magnitude;
  }
  const float = base === 10 ? parseFloatText(digits) : undefined;
  return float === undefined || !Number.isFinite(float) ? undefined : BigInt(Math.trunc(float));
}

function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim().replace(/(?<=\d)_(?=\d)/g, "");
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const named = /^([-+]?)(?:(inf|infinity)|nan)$/i.exec(trimmed);
  if (named === null) return undefined;
  if (named[2] === undefined) return Number.NaN;
  return named[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function toFloat(value: Value, fallback: Value): Value {
  if (typeof value === "string") return parseFloatText(value) ?? fallback;
  const found = value instanceof ObjectValue ? value.number?.().value : asNumber(value);
  return found === undefined ? fallback : Number(found);
}

/** Python rounds halves to even, and an int stays one. */
function roundCommon(value: bigint | number, precision: number): bigint | number {
  if (precision >= 0) return typeof value === "bigint" ? value : Number(fixed(value, precision));
  const unit = 10 ** -precision;
  const rounded = Number(fixed(Number(value) / unit, 0)) * unit;
  return typeof value === "bigint" && Number.isSafeInteger(rounded) ? BigInt(rounded) : rounded;
}

function round(exact: bigint | number, precision: number, way: string): bigint | number {
  if (way === "common") return roundCommon(exact, precision);
  const value = Number(exact);
  if (way !== "ceil" && way !== "floor") {
    throw new EvaluationError(`filter round knows the methods common, ceil and floor, found '${way}'`);
  }
  const unit = 10 ** precision;
  return Math[way](value * unit) / unit;
}

function defaultTo(value: Value, fallback: Value, alsoFalse: boolean): Value {
  return value instanceof UndefinedValue || (alsoFalse && !isTrue(value)) ? fallback : value;
}

const defaultFilter = (name: string) =>
  filter(name, ["default_value?", "boolean?"], (value, found) =>
    defaultTo(value, found.value(0, ""), isTrue(found.value(1, false))),
  );

/** dbt's filters that fix the type of a rendered configuration value: here every value keeps its type anyway. */
const keep = (name: string) => filter(name, [], (value) => value);

export const VALUE_FILTERS: readonly Filter[] = [
  defaultFilter("default"),
  defaultFilter("d"),
  filter("abs", [], (value) => {
    if (value instanceof ObjectValue && value.number !== undefined) return value.number().absolute();
    const found = number(value, "abs");
    return found < 0 ? -found : found;
  }),
  filter("int", ["default?", "base?"], (value, found) => toInteger(value, found.value(0, 0n), found.integer(1, 10))),
  filter("float", ["default?"], (value, found) => toFloat(value, found.value(0, 0))),
  filter("round", ["precision?", "method?"], (value, found) => {
    const [precision, way] = [found.integer(0, 0), found.text(1, "common")];
    const own = value instanceof ObjectValue ? value.number?.() : undefined;
    if (own !== undefined && way === "common") return own.rounded(precision);
    return round(own?.value ?? number(value, "round"), precision, way);
  }),
  filter("attr", ["name"], (value, found) => {
    const name = found.text(0);
    if (value instanceof DictValue) return new UndefinedValue(`a dict has no attribute '${name}': use ['${name}']`);
    return plain(attributeOf(value, name));
  }),
  filter("tojson", ["indent?"], (value, found, { budget }) => {
    const isText = value instanceof ObjectValue && value.json === undefined;
    const text = toJson(isText ? value.text : value, found.integer(0, 0));
    budget.text(text.length);
    return text;
  }),
  filter("is_list", [], (value) => Array.isArray(value)),
  keep("as_text"),
  keep("as_bool"),
  keep("as_number"),
  keep("as_native"),
];
