import type { Budget } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { asNumber } from "../values/comparison.ts";
import { characters } from "../values/sequence.ts";
import { floatText, toText } from "../values/text-form.ts";
import { describeType, type Value } from "../values/value.ts";
import { fixed, general, scientific } from "./number-format.ts";

/** Python's format specification: `[[fill]align][sign][#][0][width][grouping][.precision][type]`. */
export interface FormatSpec {
  readonly fill: string;
  readonly align: "<" | ">" | "^" | "=" | undefined;
  readonly sign: "+" | "-" | " ";
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: "" | "," | "_";
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /^(?:(.)?([<>^=]))?([+\- ])?(#)?(0)?(\d{1,7})?([,_])?(?:\.(\d{1,7}))?([a-zA-Z%])?$/su;
const RADIX: Readonly<Record<string, readonly [number, string]>> = {
  b: [2, "0b"],
  o: [8, "0o"],
  x: [16, "0x"],
  X: [16, "0X"],
};

export function parseFormatSpec(text: string): FormatSpec {
  const match = SPEC.exec(text);
  if (match === null) throw new EvaluationError(`'${text}' is not a format that Python knows`);
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match;
  return {
    fill: fill ?? (zero === undefined ? " " : "0"),
    align: (align ?? (zero === undefined ? undefined : "=")) as FormatSpec["align"],
    sign: (sign ?? "-") as FormatSpec["sign"],
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? "") as FormatSpec["grouping"],
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? "",
  };
}

/** A value written by a specification, as Python's `format()` does. */
export function formatValue(value: Value, spec: FormatSpec, budget: Budget): string {
  budget.text(spec.width);
  const number = asNumber(value);
  if (number === undefined) {
    if (spec.type !== "" && spec.type !== "s") wrongType(value, spec.type);
    const text = toText(value);
    return pad("", spec.precision === undefined ? text : characters(text).slice(0, spec.precision).join(""), spec, "<");
  }
  const negative = number < 0 || Object.is(number, -0);
  const digits = digitsOf(negative ? -number : number, spec);
  return pad(negative ? "-" : spec.sign === "-" ? "" : spec.sign, group(digits, spec), spec, ">");
}

function digitsOf(value: bigint | number, spec: FormatSpec): string {
  const radix = RADIX[spec.type];
  if (typeof value === "bigint" && radix !== undefined) {
    const digits = value.toString(radix[0]);
    return (spec.alternate ? radix[1] : "") + (spec.type === "X" ? digits.toUpperCase() : digits);
  }
  if (typeof value === "bigint" && ["", "d", "n"].includes(spec.type)) return value.toString();
  if (typeof value === "bigint" && spec.type === "c" && value <= 0x10ffffn) return String.fromCodePoint(Number(value));
  return floatDigits(Number(value), spec, value);
}

function floatDigits(number: number, { type, precision, alternate }: FormatSpec, value: Value): string {
  switch (type) {
    case "f":
    case "F":
      return fixed(number, precision ?? 6);
    case "e":
      return scientific(number, precision ?? 6);
    case "E":
      return scientific(number, precision ?? 6).toUpperCase();
    case "g":
      return general(number, precision ?? 6, alternate);
    case "G":
      return general(number, precision ?? 6, alternate).toUpperCase();
    case "%":
      return `${fixed(number * 100, precision ?? 6)}%`;
    case "":
      return precision === undefined ? floatText(number) : general(number, precision, alternate);
    default:
      return wrongType(value, type);
  }
}

function wrongType(value: Value, type: string): never {
  throw new EvaluationError(`the format '${type}' does not work for ${describeType(value)}`);
}

function group(digits: string, { grouping }: FormatSpec): string {
  if (grouping === "") return digits;
  const whole = /^\d+/.exec(digits)?.[0] ?? "";
  return whole.replace(/\B(?=(\d{3})+$)/g, grouping) + digits.slice(whole.length);
}

function pad(sign: string, body: string, spec: FormatSpec, natural: "<" | ">"): string {
  const missing = Math.max(0, spec.width - characters(sign + body).length);
  const align = spec.align === "=" && natural === "<" ? "<" : (spec.align ?? natural);
  const left = align === "^" ? missing >> 1 : align === "<" ? 0 : missing;
  const [before, after] = [spec.fill.repeat(left), spec.fill.repeat(missing - left)];
  return align === "=" ? sign + before + body : before + sign + body + after;
}
