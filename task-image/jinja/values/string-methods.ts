import { hidden } from "../../words/hidden-text.ts";
import { type Budget, charge, chargePieces, chargeSearch } from "../budget.ts";
import { braceFormat } from "../formatting/brace-format.ts";
import { type BoundArguments, plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { type Method, method, methodTable } from "./method.ts";
import { characterCount, characters, iterate } from "./sequence.ts";
import { describeType, TupleValue, type Value } from "./value.ts";

/** `items` joined as `separator.join(items)` does: every item has to be text. */
export function joinText(separator: string, items: readonly Value[], budget: Budget): string {
  let length = 0;
  const texts = items.map((item, index) => {
    if (typeof item !== "string")
      throw new EvaluationError(`join() expects text, item ${index} is ${describeType(item)}`);
    length += item.length + separator.length;
    return item;
  });
  budget.text(length);
  return texts.join(separator);
}

/** Replaces all, or the first `limit` occurrences. */
export function replaceText(text: string, old: string, replacement: string, limit: number, budget: Budget): string {
  chargeSearch(text, old);
  chargePieces(text);
  const pieces = old === "" ? ["", ...characters(text), ""] : text.split(old);
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  budget.text(text.length + count * replacement.length);
  const rest = pieces.slice(count).join(old);
  return [...pieces.slice(0, count), rest].join(replacement);
}

/** The first letter of every word in upper case and the others in lower case, words being runs of letters as in Python. */
export function titleCase(text: string): string {
  chargePieces(text);
  return text.replace(/\p{L}+/gu, (word) => capitalize(word));
}

export function capitalize(text: string): string {
  const [first = "", ...rest] = characters(text);
  return first.toUpperCase() + rest.join("").toLowerCase();
}

/** Strips the characters of a set, or white space, at the begin, the end or both. */
export function strip(text: string, set: string | undefined, side: "both" | "start" | "end"): string {
  if (set === undefined) {
    return side === "both" ? text.trim() : side === "start" ? text.trimStart() : text.trimEnd();
  }
  const all = characters(text);
  const stripped = new Set(characters(set));
  let from = 0;
  let to = all.length;
  while (side !== "end" && from < to && stripped.has(all[from] ?? "")) from += 1;
  while (side !== "start" && to > from && stripped.has(all[to - 1] ?? "")) to -= 1;
  return all.slice(from, to).join("");
}

function optionalText(found: BoundArguments, index: number): string | undefined {
  return found.value(index) === null ? undefined : found.text(index);
}

function splitOnSpace(text: string, limit: number, fromEnd: boolean): string[] {
  const words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ word, index, end: index + word.length }));
  const rest = words.length - limit;
  if (limit < 0 || rest <= 0) return words.map(({ word }) => word);
  if (fromEnd) {
    const begin = text.slice(words[0]?.index, words[rest - 1]?.end);
    return [begin, ...words.slice(rest).map(({ word }) => word)];
  }
  const end = text.slice(words[limit]?.index, words.at(-1)?.end);
  return [...words.slice(0, limit).map(({ word }) => word), end];
}

function split(text: string, found: BoundArguments, fromEnd: boolean): string[] {
  const separator = optionalText(found, 0);
  const limit = found.integer(1, -1);
  chargePieces(text);
  if (separator === undefined)
    return limit < 0 ? text.split(/\s+/).filter(Boolean) : splitOnSpace(text, limit, fromEnd);
  if (separator === "") throw new EvaluationError("split() cannot split at an empty text");
  chargeSearch(text, separator);
  const pieces = text.split(separator);
  if (limit < 0 || pieces.length <= limit + 1) return pieces;
  if (fromEnd) {
    const kept = pieces.length - limit;
    return [pieces.slice(0, kept).join(separator), ...pieces.slice(kept)];
  }
  return [...pieces.slice(0, limit), pieces.slice(limit).join(separator)];
}

function affix(value: Value, has: (affix: string) => boolean): boolean {
  const affixes = value instanceof TupleValue ? iterate(value) : [value];
  return affixes.some((each) => {
    if (typeof each !== "string")
      throw new EvaluationError(`expected text or a tuple of texts, found ${describeType(each)}`);
    charge(1 + (each.length >> 6));
    return has(each);
  });
}

function partition(text: string, separator: string, at: number): TupleValue {
  if (at < 0) return new TupleValue([text, "", ""]);
  return new TupleValue([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

function find(text: string, found: BoundArguments, last: boolean): bigint {
  const wanted = found.text(0);
  chargeSearch(text, wanted);
  const all = characters(text);
  const [from, to] = [found.integer(1, 0), found.integer(2, all.length)];
  const part = all.slice(from, to).join("");
  const at = last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
  const offset = from < 0 ? Math.max(0, from + all.length) : from;
  return at < 0 ? -1n : BigInt(characters(part.slice(0, at)).length + offset);
}

function occurrences(text: string, part: string): bigint {
  chargeSearch(text, part);
  chargePieces(text);
  return BigInt(part === "" ? characterCount(text) + 1 : text.split(part).length - 1);
}

function justify(text: string, found: BoundArguments, budget: Budget, side: "start" | "end" | "both"): string {
  const width = found.integer(0);
  const fill = found.text(1, " ");
  const missing = Math.max(0, width - characterCount(text));
  budget.text(missing + text.length);
  // Python puts the odd space of center() to the left only where the width is odd too.
  const left = side === "start" ? 0 : side === "end" ? missing : (missing >> 1) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

const isCase = (text: string, cased: string, other: string) => text === cased && text !== other;
const every = (pattern: RegExp) => (text: string) => pattern.test(text);

const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/** The methods of Python's str that do not depend on a locale or on bytes. */
const METHODS: readonly Method<string>[] = [
  method("upper", [], (text) => text.toUpperCase()),
  method("lower", [], (text) => text.toLowerCase()),
  method("casefold", [], (text) => text.toLowerCase()),
  method("title", [], titleCase),
  method("capitalize", [], capitalize),
  method("strip", ["chars?"], (text, found) => strip(text, optionalText(found, 0), "both")),
  method("lstrip", ["chars?"], (text, found) => strip(text, optionalText(found, 0), "start")),
  method("rstrip", ["chars?"], (text, found) => strip(text, optionalText(found, 0), "end")),
  method("split", ["sep?", "maxsplit?"], (text, found) => split(text, found, false)),
  method("rsplit", ["sep?", "maxsplit?"], (text, found) => split(text, found, true)),
  method("splitlines", [], (text) => {
    chargePieces(text);
    const lines = text.replace(/\n$/, "").split(LINE_END);
    return lines.filter((_, index) => text !== "" || index > 0);
  }),
  method("join", ["iterable"], (text, found, budget) => joinText(text, iterate(found.value(0)), budget)),
  method("replace", ["old", "new", "count?"], (text, found, budget) =>
    replaceText(text, found.text(0), found.text(1), found.integer(2, -1), budget),
  ),
  method("startswith", ["prefix"], (text, found) => affix(found.value(0), (each) => text.startsWith(each))),
  method("endswith", ["suffix"], (text, found) => affix(found.value(0), (each) => text.endsWith(each))),
  method("removeprefix", ["prefix"], (text, found) =>
    text.startsWith(found.text(0)) ? text.slice(found.text(0).length) : text,
  ),
  method("removesuffix", ["suffix"], (text, found) =>
    text.endsWith(found.text(0)) ? text.slice(0, text.length - found.text(0).length) : text,
  ),
  method("find", ["sub", "start?", "end?"], (text, found) => find(text, found, false)),
  method("rfind", ["sub", "start?", "end?"], (text, found) => find(text, found, true)),
  method("index", ["sub", "start?", "end?"], (text, found) => {
    const at = find(text, found, false);
    if (at < 0n) throw new EvaluationError(`index() did not find the text${hidden(` '${found.text(0)}'`)}`);
    return at;
  }),
  method("count", ["sub"], (text, found) => occurrences(text, found.text(0))),
  method("partition", ["sep"], (text, found) => {
    chargeSearch(text, found.text(0));
    return partition(text, found.text(0), text.indexOf(found.text(0)));
  }),
  method("rpartition", ["sep"], (text, found) => {
    chargeSearch(text, found.text(0));
    const at = text.lastIndexOf(found.text(0));
    return at < 0 ? new TupleValue(["", "", text]) : partition(text, found.text(0), at);
  }),
  method("ljust", ["width", "fillchar?"], (text, found, budget) => justify(text, found, budget, "start")),
  method("rjust", ["width", "fillchar?"], (text, found, budget) => justify(text, found, budget, "end")),
  method("center", ["width", "fillchar?"], (text, found, budget) => justify(text, found, budget, "both")),
  method("zfill", ["width"], (text, found, budget) => {
    const missing = Math.max(0, found.integer(0) - characterCount(text));
    budget.text(text.length + missing);
    const sign = /^[+-]/.exec(text)?.[0] ?? "";
    return sign + "0".repeat(missing) + text.slice(sign.length);
  }),
  method("isdigit", [], every(/^\p{Nd}+$/u)),
  method("isnumeric", [], every(/^\p{N}+$/u)),
  method("isdecimal", [], every(/^\p{Nd}+$/u)),
  method("isalpha", [], every(/^\p{L}+$/u)),
  method("isalnum", [], every(/^[\p{L}\p{N}]+$/u)),
  method("isspace", [], every(/^\s+$/)),
  method("isidentifier", [], every(/^[\p{L}_][\p{L}\p{N}_]*$/u)),
  method("isupper", [], (text) => isCase(text, text.toUpperCase(), text.toLowerCase())),
  method("islower", [], (text) => isCase(text, text.toLowerCase(), text.toUpperCase())),
  {
    name: "format",
    apply: (text, { positional, named }, budget) =>
      braceFormat(
        text,
        { positional: positional.map(plain), named: new Map([...named].map(([name, value]) => [name, plain(value)])) },
        budget,
      ),
  },
];

export const STRING_METHODS = methodTable(METHODS);
