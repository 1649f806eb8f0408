import { charge, operationMs } from "../../jinja/budget.ts";
import { computed } from "../../jinja/row-values.ts";
import { BudgetError } from "../../jinja/template-error.ts";
import { watched } from "../../threads/watched-work.ts";
import { fail } from "./host-function.ts";

/** A pattern is read again for each bracket that is not closed. */
const LENGTH_MAX = 5_000;
/** Python's flags by the letters of `(?i)` and the numbers of `re.I`. */
const FLAGS: Readonly<Record<string, number>> = { i: 2, L: 4, m: 8, s: 16, u: 32, x: 64, a: 256 };
const PIECE = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?P<\w+>|\(\?P=\w+\)|\(\?#[^)]*\)|#[^\n]*|\s+|[\s\S]/g;
const LEADING = /^\(\?([aiLmsux]+)\)/;

/**
 * A pattern of Python's `re` as one of JavaScript's: named groups, `\A` and `\Z`, comments and the verbose form are written in
 * another way, the rest is the same.
 *
 * @throws {EvaluationError} for a pattern that cannot be read.
 */
export function compilePattern(pattern: string, flags: number, more = ""): RegExp {
  if (pattern.length > LENGTH_MAX)
    return fail(`a regular expression of ${pattern.length} characters is too long: ${LENGTH_MAX} are allowed`);
  const leading = LEADING.exec(pattern);
  const all = [...(leading?.[1] ?? "")].reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), flags);
  const isVerbose = (all & 64) !== 0;
  const source = pattern.slice(leading?.[0].length ?? 0).replace(PIECE, (piece) => translated(piece, isVerbose));
  const letters = [...more, ...["i", "m", "s"].filter((letter) => (all & (FLAGS[letter] ?? 0)) !== 0)].join("");
  try {
    return new RegExp(source, `${letters}u`);
  } catch {
    // Python lets signs be escaped that mean nothing; JavaScript does only without `u`.
    return compileLoosely(source, letters, pattern);
  }
}

function compileLoosely(source: string, letters: string, pattern: string): RegExp {
  try {
    return new RegExp(source, letters);
  } catch (error) {
    return fail(`'${computed(pattern)}' is not a regular expression: ${reasonOf(error as Error)}`);
  }
}

/** V8 quotes the pattern before the reason: `Invalid regular expression: /(a/u: Unterminated group`. */
function reasonOf({ message }: Error): string {
  return message.slice(message.lastIndexOf(": ") + 2);
}

function translated(piece: string, isVerbose: boolean): string {
  if (piece === "\\A") return "(?<![\\s\\S])";
  if (piece === "\\Z") return "(?![\\s\\S])";
  if (piece.startsWith("(?P<")) return `(?<${piece.slice(4)}`;
  if (piece.startsWith("(?P=")) return `\\k<${piece.slice(4, -1)}>`;
  if (piece.startsWith("(?#")) return "";
  if (isVerbose && (/^\s/.test(piece) || (piece.startsWith("#") && piece.length > 0))) return "";
  if (!isVerbose && piece.startsWith("#") && piece.length > 1)
    return piece.replace(PIECE_IN_TEXT, (part) => translated(part, false));
  return piece;
}

/** What looks like a comment is text outside of the verbose form, and is read piece by piece. */
const PIECE_IN_TEXT = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?P<\w+>|\(\?P=\w+\)|[\s\S]/g;

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
    `the pattern '${computed(written)}' takes more than ${longest / 1000} seconds for a text of ${length} characters: repeat no group that repeats itself, as in (a+)+, and no two that fit the same characters side by side`,
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
