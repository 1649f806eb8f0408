import { RE2JS } from "re2js";
import {
  ITEMS_MAX,
  isParamValue,
  PARAM_TEXT_MAX,
  type ParamType,
  type ParamValue,
} from "../api/params/param-values.ts";
import type { Param } from "../api/params/params.ts";
import { secretShape } from "./secret-words.ts";

/*
 * A value as its parameter wants it. Texts that are written for another type count as what they say: templates write numbers in
 * quotation marks.
 *
 * | type    | takes                                                    | is kept as              |
 * |---------|----------------------------------------------------------|-------------------------|
 * | string  | a text                                                   | it                      |
 * | integer | a whole number that JSON keeps exactly, or its text      | a number                |
 * | number  | a number that JSON keeps exactly, or its text            | a number                |
 * | boolean | true and false, or their texts                           | true or false           |
 * | date    | a day of the calendar, such as 2026-12-01                | that text               |
 * | list    | a list of texts, numbers and booleans                    | it                      |
 */

/** A value that was taken, or why it was not: what was expected and what was found. */
export type Read = { readonly ok: true; readonly value: ParamValue } | { readonly ok: false; readonly why: string };

type Reader = (found: ParamValue) => ParamValue | undefined;

const READERS: Readonly<Record<ParamType, { readonly expected: string; readonly read: Reader }>> = {
  string: { expected: "a text", read: (found) => (typeof found === "string" ? found : undefined) },
  integer: { expected: "a whole number of at most 15 digits", read: (found) => wholeNumber(found) },
  number: { expected: "a number of at most 15 digits", read: (found) => exactNumber(found) },
  boolean: {
    expected: "true or false",
    read: (found) =>
      found === true || found === "true" ? true : found === false || found === "false" ? false : undefined,
  },
  date: { expected: "a day such as 2026-12-01", read: (found) => (isDay(found) ? (found as string) : undefined) },
  list: { expected: "a list", read: (found) => (Array.isArray(found) ? found : undefined) },
};

type Declared = Pick<Param, "type" | "enum" | "pattern" | "min" | "max">;

export function readValue(declared: Declared, found: unknown): Read {
  const { expected, read } = READERS[declared.type];
  const value = isParamValue(found) ? read(found) : undefined;
  if (value === undefined)
    return { ok: false, why: `expected ${expected}, found ${shown(found)}${hint(declared, found)}` };
  const why = faultOf(declared, value);
  return why === undefined ? { ok: true, value } : { ok: false, why };
}

/** What keeps a value of the right type from being taken. */
function faultOf(declared: Declared, value: ParamValue): string | undefined {
  const items: readonly ParamValue[] = typeof value === "object" ? value : [value];
  if (items.length > ITEMS_MAX) return `expected at most ${ITEMS_MAX} items, found ${items.length}`;
  for (const item of items) {
    const secret = typeof item === "string" ? secretShape(item) : undefined;
    if (secret !== undefined)
      return `this looks like ${secret}, and everybody who may see a run reads its parameters; put it into a Secret that a connection names with secretRef, or that a container gets with pod.env`;
    const why =
      lengthFault(item) ?? enumFault(declared, item) ?? patternFault(declared, item) ?? boundFault(declared, item);
    if (why !== undefined) return why;
  }
  return undefined;
}

function lengthFault(item: ParamValue): string | undefined {
  if (typeof item !== "string" || item.length <= PARAM_TEXT_MAX) return undefined;
  return `expected a text of at most ${PARAM_TEXT_MAX} characters, found ${item.length}`;
}

function enumFault({ type, enum: values }: Declared, item: ParamValue): string | undefined {
  if (values === undefined || values.some((each) => sameScalar(type, each, item))) return undefined;
  return `expected one of ${values.map(shown).join(", ")}, found ${shown(item)}`;
}

function sameScalar(type: ParamType, declared: unknown, item: ParamValue): boolean {
  const known = isParamValue(declared) && type !== "list" ? READERS[type].read(declared) : declared;
  return known === item;
}

function patternFault({ pattern }: Declared, item: ParamValue): string | undefined {
  if (pattern === undefined || typeof item !== "string") return undefined;
  const compiled = compile(pattern);
  // A pattern that cannot be read is the Pipeline's trouble, and is said there.
  if (typeof compiled === "string" || compiled.matcher(item).find()) return undefined;
  return `expected a text that matches ${pattern}, found ${shown(item)}`;
}

/** The pattern, or what is wrong with it. It takes time in proportion to the text, whatever it is. */
function compile(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return (error as Error).message;
  }
}

export function patternProblem(pattern: string): string | undefined {
  const compiled = compile(pattern);
  return typeof compiled === "string" ? `expected a regular expression of RE2: ${compiled}` : undefined;
}

function boundFault({ type, min, max }: Declared, item: ParamValue): string | undefined {
  const below = min !== undefined && compare(type, item, min) < 0;
  const above = max !== undefined && compare(type, item, max) > 0;
  if (!below && !above) return undefined;
  const range = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return `expected ${range}, found ${shown(item)}`;
}

/** Below 0 where the first one comes first. Days compare as texts. */
export function compare(type: ParamType, one: unknown, other: unknown): number {
  if (type !== "date") return Number(one) - Number(other);
  return String(one) < String(other) ? -1 : Number(String(one) > String(other));
}

function wholeNumber(found: ParamValue): number | undefined {
  const value = exactNumber(found);
  return Number.isSafeInteger(value) ? value : undefined;
}

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/;
/** A number of so many digits is the same after it was written and read. */
const DIGITS_MAX = 15;

function exactNumber(found: ParamValue): number | undefined {
  if (typeof found === "number") return found;
  if (typeof found !== "string" || !NUMBER.test(found)) return undefined;
  const digits = found
    .replace(/[eE].*$/, "")
    .replaceAll(/[-.]/g, "")
    .replace(/^0+/, "");
  const value = Number(found);
  const isExact = digits.length <= DIGITS_MAX || String(value) === found;
  return isExact && Number.isFinite(value) ? value : undefined;
}

export function isDay(found: unknown): boolean {
  if (typeof found !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(found)) return false;
  const at = Date.parse(`${found}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(found);
}

const SHOWN_MAX = 60;

/** A value in a message, unless it looks like a secret. */
function shown(found: unknown): string {
  if (Array.isArray(found)) return "a list";
  if (typeof found === "object" && found !== null) return "a map";
  if (typeof found !== "string") return String(found);
  if (secretShape(found) !== undefined) return "what looks like a secret";
  return JSON.stringify(found.length <= SHOWN_MAX ? found : `${found.slice(0, SHOWN_MAX)}…`);
}

function hint({ type }: Declared, found: unknown): string {
  const isScalar = typeof found === "number" || typeof found === "boolean";
  return type === "string" && isScalar ? ": put it in quotation marks" : "";
}
