import { charge, operationMs } from "../../jinja/budget.ts";
import { BudgetError } from "../../jinja/template-error.ts";
import { watched } from "../../threads/watched-work.ts";
import { fail } from "./host-function.ts";

/** A pattern is read again for each bracket that is not closed. */
const LENGTH_MAX = 20_000;
/** Python's flags by the letters of `(?i)` and the numbers of `re.I`. */
const FLAGS: Readonly<Record<string, number>> = { i: 2, L: 4, m: 8, s: 16, u: 32, x: 64, a: 256 };
const LEADING = /^(?:\(\?[aiLmsux]+\))+/;
const ESCAPE = String.raw`\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|0[0-7]{0,2}|[1-9]\d?|[\s\S])`;
const CLASS = String.raw`\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]`;
const GROUP = String.raw`\(\?P<\w+>|\(\?P=\w+\)|\(\?#[^)]*\)|\{\d*,\d*\}|\{\d+\}`;
const PIECE = new RegExp(`${ESCAPE}|${CLASS}|${GROUP}|[\\s\\S]`, "g");
/** In the verbose form white space and comments mean nothing outside of a class. */
const VERBOSE_PIECE = new RegExp(`${ESCAPE}|${CLASS}|${GROUP}|#[^\\n]*|\\s+|[\\s\\S]`, "g");
const ESCAPE_IN_CLASS = new RegExp(`${ESCAPE}|[\\s\\S]`, "g");

/** What Python's letters mean inside of a class, and the class of them outside. */
const UNICODE: Readonly<Record<string, string>> = { w: String.raw`\p{L}\p{N}_`, d: String.raw`\p{Nd}` };
const ASCII: Readonly<Record<string, string>> = { w: String.raw`\w`, d: String.raw`\d` };

/**
 * A pattern of Python's `re` as one of JavaScript's. Python's words and digits are those of Unicode, its lines end with `\n` alone, `$`
 * also stands before the last of them, and what means nothing may be escaped, or stands for itself.
 *
 * @throws {EvaluationError} for a pattern that cannot be read.
 */
export function compilePattern(pattern: string, flags: number, more = ""): RegExp {
  if (pattern.length > LENGTH_MAX)
    return fail(`a regular expression of ${pattern.length} characters is too long: ${LENGTH_MAX} are allowed`);
  const leading = LEADING.exec(pattern)?.[0] ?? "";
  const all = [...leading].reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), flags);
  const has = (letter: string) => (all & (FLAGS[letter] ?? 0)) !== 0;
  const language = { classes: has("a") ? ASCII : UNICODE, isVerbose: has("x"), hasLines: has("m"), dotIsAll: has("s") };
  const pieces = pattern.slice(leading.length).matchAll(language.isVerbose ? VERBOSE_PIECE : PIECE);
  const source = [...pieces].map(([piece]) => translated(piece, language)).join("");
  try {
    return new RegExp(source, `${more}${has("i") ? "i" : ""}u`);
  } catch (error) {
    return fail(`'${pattern}' is not a regular expression: ${(error as Error).message}`);
  }
}

interface Language {
  readonly classes: Readonly<Record<string, string>>;
  readonly isVerbose: boolean;
  readonly hasLines: boolean;
  readonly dotIsAll: boolean;
}

const END = String.raw`(?![\s\S])`;

function translated(piece: string, language: Language): string {
  if (piece.startsWith("\\")) return escaped(piece, language.classes);
  if (piece.startsWith("[")) return classOf(piece, language.classes);
  if (piece.startsWith("(?")) return group(piece);
  if (piece.startsWith("{,")) return piece.length > 3 ? `{0${piece.slice(1)}` : "*";
  if (language.isVerbose && /^[\s#]/.test(piece)) return "";
  return sign(piece, language);
}

/** The beginning of a named group, a reference to one, or a comment. */
function group(piece: string): string {
  if (piece.startsWith("(?P<")) return `(?<${piece.slice(4)}`;
  return piece.startsWith("(?P=") ? `\\k<${piece.slice(4, -1)}>` : "";
}

function sign(piece: string, { hasLines, dotIsAll }: Language): string {
  switch (piece) {
    case ".":
      return dotIsAll ? String.raw`[\s\S]` : String.raw`[^\n]`;
    case "^":
      return hasLines ? String.raw`(?<![^\n])` : String.raw`(?<![\s\S])`;
    case "$":
      return hasLines ? String.raw`(?![^\n])` : `(?=\\n?${END})`;
    case "{":
    case "}":
    case "]":
      return `\\${piece}`;
    default:
      return piece;
  }
}

/** An escape outside of a class. */
function escaped(piece: string, classes: Language["classes"]): string {
  const letter = piece[1] ?? "";
  const word = classes.w;
  switch (letter) {
    case "A":
      return String.raw`(?<![\s\S])`;
    case "Z":
      return END;
    case "w":
    case "d":
      return `[${classes[letter]}]`;
    case "W":
    case "D":
      return `[^${classes[letter.toLowerCase()]}]`;
    case "b":
      return `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`;
    case "B":
      return `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`;
    default:
      return character(piece);
  }
}

/** A class of characters. A bracket that stands first in it means itself. */
function classOf(piece: string, classes: Language["classes"]): string {
  const [, open = "", inner = ""] = /^(\[\^?)([\s\S]*)\]$/.exec(piece) ?? [];
  // JavaScript's `\W` and `\D` are not Unicode's, and a class cannot hold the rest of another one: they stand beside it.
  const others = [...inner.matchAll(/\\([WD])/g)].map(([, letter = ""]) => `[^${classes[letter.toLowerCase()]}]`);
  const parts = [...inner.matchAll(ESCAPE_IN_CLASS)].map(([part]) => {
    if (part === "[" || part === "]") return `\\${part}`;
    if (!part.startsWith("\\")) return part;
    const letter = part[1] ?? "";
    if (letter === "W" || letter === "D") return "";
    if (letter === "b") return String.raw`\x08`;
    return classes[letter] ?? (letter === "-" ? part : character(part));
  });
  const own = `${open}${parts.join("")}]`;
  if (others.length === 0) return own;
  return open === "[^" ? `(?:(?!${others.join("|")})${own})` : `(?:${others.join("|")}|${own})`;
}

/** An escape that stands for one character, or that JavaScript writes in the same way. */
function character(piece: string): string {
  const rest = piece.slice(1);
  if (rest === "a") return String.raw`\x07`;
  if (rest.startsWith("U")) return `\\u{${rest.slice(1)}}`;
  if (rest.startsWith("0")) return `\\u{${Number.parseInt(rest, 8).toString(16)}}`;
  return /^[\w^$\\.*+?()[\]{}|/]/.test(rest) && rest !== "_" ? piece : rest;
}

/** A step is about a hundred nanoseconds. */
const MICROSECOND_STEPS = 10;
/** Attempts of the engine that take less time than to watch it. */
const WATCH_FROM = 100_000;

/**
 * Runs a compiled pattern over a text, watched where it may take long. V8's engine backtracks as Python's does: where a group that repeats
 * stands in another one, its time doubles with each character.
 *
 * @throws {BudgetError} with the pattern, when it takes longer than one operation may.
 */
export function runPattern<T>(written: string, { length }: string, run: () => T): T {
  if (attempts(written, length) <= WATCH_FROM) return run();
  const longest = operationMs();
  const { done, microseconds } = watched(longest, run);
  charge(microseconds * MICROSECOND_STEPS);
  if (done !== undefined) return done.value;
  throw new BudgetError(
    `the pattern '${written}' takes more than ${longest / 1000} seconds for a text of ${length} characters: repeat no group that repeats itself, as in (a+)+, and no two that fit the same characters side by side`,
  );
}

/**
 * The most ways in which a pattern can be tried: each sign that leaves a choice may take any length at any place. There is no such bound
 * where a group repeats.
 */
function attempts(written: string, length: number): number {
  if (/\)[*+?{]/.test(written)) return Number.POSITIVE_INFINITY;
  const choices = written.match(/[*+?{|]/g)?.length ?? 0;
  return (length + 2) ** (choices + 1);
}

/** `\1`, `\g<1>` and `\g<name>` of Python's replacement texts, with what a match holds. */
export function expandReplacement(template: string, match: RegExpExecArray): string {
  return template.replace(/\\(?:(\d{1,2})|g<(\w+)>|([\s\S]))/g, (all, number, name, escaped: string | undefined) => {
    if (escaped !== undefined) return ESCAPES[escaped] ?? (escaped === "\\" ? "\\" : all);
    const key = String(number ?? name);
    return (/^\d+$/.test(key) ? match[Number(key)] : match.groups?.[key]) ?? "";
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };
