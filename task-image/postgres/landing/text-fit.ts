import type { InputCheck } from "./input-check.ts";

/*
 * What a type leaves out of a text without a word, and how it shows.
 *
 * | type                    | leaves out                                            | shows by                                |
 * |-------------------------|-------------------------------------------------------|-----------------------------------------|
 * | whole numbers, numeric  | how it is written: `10E2` and `1E03` are both 1000,   | the text alone                          |
 * |                         | `007`, `+7` and `0x7` are all 7, `-0` is 0            |                                         |
 * | real, double precision  | the same, but for exponents and the sign of zero      | the text alone                          |
 * | numeric(p,s), money     | decimals                                              | comparing with the fuller type          |
 * | date, times, interval(n)| parts of a day, a zone, digits                        | the same                                |
 * | date, times             | digits after the sixth, that `today` is another day tomorrow, | the text alone                  |
 * |                         | for a time of day the day                             |                                         |
 * | real, double precision  | digits of a long whole number; decimals are about right by nature | comparing with its own text |
 * | name, "char"            | what is longer                                        | the same                                |
 */

const TIMES = /^(date|time(stamp)?(\(\d\))? with(out)? time zone)$/;
const FLOATS = /^(real|double precision)$/;
const EXACT_NUMBERS = /^(smallint|integer|bigint|numeric)/;
/** Signs, zeros and marks that are no part of the number itself: it would not come back as it was written. */
const OTHER_NUMBER = "[+]|-?0[0-9xob]|-?[0-9]+_";
const SHORT_TEXTS = /^(name|"char")$/;
const FULLER: readonly (readonly [RegExp, string])[] = [
  [/^(numeric\(|money$)/, "numeric"],
  [/^(date$|timestamp)/, "timestamp with time zone"],
  [/^time\b/, "time with time zone"],
  [/^interval[ (]/, "interval"],
];
/** Texts that lose nothing, known by their shape; that is much faster than to ask. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/^date$/, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"],
  [/^timestamp without/, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]+([.][0-9]{1,6})?$"],
  [/^timestamp with /, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]+([.][0-9]{1,6})?(Z|[+-][0-9:]+)?$"],
  [/^time without/, "^[0-9]{2}:[0-9:]+([.][0-9]{1,6})?$"],
];

/** Whether texts can become values of the type only by losing a part of what they say. */
export function mayLose(type: string): boolean {
  return (
    [TIMES, FLOATS, EXACT_NUMBERS, SHORT_TEXTS].some((types) => types.test(type)) || fullerType(type) !== undefined
  );
}

/** SQL that is true when a text is no value of the type. `value` is SQL of type text. */
export function isNotOfType({ valid }: InputCheck, value: string, type: string): string {
  return `(${value} IS NOT NULL AND NOT ${valid(value, `'${type}'`)})`;
}

/** SQL that is true when a text that is a value of the type says more than the type holds. */
export function losesPart({ valid }: InputCheck, value: string, type: string): string {
  const whens = [`WHEN ${value} IS NULL THEN false`];
  const plain = PLAIN.find(([types]) => types.test(type))?.[1];
  if (plain !== undefined) whens.push(`WHEN ${value} ~ '${plain}' THEN false`);
  if (TIMES.test(type)) whens.push(`WHEN ${value} ~* '${unheldTimes(type)}' THEN true`);
  if (FLOATS.test(type)) {
    whens.push(`WHEN ${value} ~* '^ *(${OTHER_NUMBER})' THEN true`);
    whens.push(`WHEN ${value} ~ '^[-+]?[0-9]{8,}$' THEN (${value})::${type}::text::numeric <> (${value})::numeric`);
  }
  if (EXACT_NUMBERS.test(type)) whens.push(`WHEN ${value} ~* '^ *(${OTHER_NUMBER}|-[0.]+ *$|-?[0-9._]+e)' THEN true`);
  if (SHORT_TEXTS.test(type)) whens.push(`WHEN (${value})::${type}::text <> ${value} THEN true`);
  const fuller = fullerType(type);
  if (fuller !== undefined) {
    // Days that the fuller type does not reach are compared with nothing.
    whens.push(`WHEN NOT ${valid(value, `'${fuller}'`)} THEN false`);
    whens.push(`WHEN (${value})::${type}::${fuller} <> (${value})::${fuller} THEN true`);
  }
  return whens.length === 1 ? "false" : `CASE ${whens.join(" ")} ELSE false END`;
}

/** A regular expression of texts that no type of times holds as a whole. */
function unheldTimes(type: string): string {
  const always = "[.][0-9]{6}0*[1-9]|^ *(now|today|tomorrow|yesterday)";
  return type.startsWith("time ") || type.startsWith("time(") ? `${always}|[0-9]{4}-[0-9]` : always;
}

/** SQL that is true when a column of the type cannot take the text as it is. */
export function isUnfit(check: InputCheck, value: string, type: string): string {
  return `CASE WHEN ${isNotOfType(check, value, type)} THEN true ELSE ${losesPart(check, value, type)} END`;
}

function fullerType(type: string): string | undefined {
  return type === "timestamp with time zone" ? undefined : FULLER.find(([types]) => types.test(type))?.[1];
}
