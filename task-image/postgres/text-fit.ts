import type { InputCheck } from "./input-check.ts";

/** What a type leaves out of a text without a word, and the type that would show it: `2026-01-01 10:00` is a date for Postgres, 1.005 a numeric(4,2). */
const FULLER: readonly (readonly [RegExp, string])[] = [
  [/^numeric\(/, "numeric"],
  [/^date$/, "timestamp with time zone"],
  [/^timestamp/, "timestamp with time zone"],
];
/** Texts that lose nothing, told by their shape; that is much faster than to ask. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/^date$/, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"],
  [/^timestamp without/, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]+([.][0-9]{1,6})?$"],
];

/** Whether texts can become values of the type only by losing a part of what they say. */
export function mayLose(type: string): boolean {
  return fullerType(type) !== undefined;
}

/** SQL that is true when a text is no value of the type. `value` is SQL of type text. */
export function isNone({ valid }: InputCheck, value: string, type: string): string {
  return `(${value} IS NOT NULL AND NOT ${valid(value, `'${type}'`)})`;
}

/** SQL that is true when a text that is a value of the type says more than the type holds. */
export function losesPart({ valid }: InputCheck, value: string, type: string): string {
  const fuller = fullerType(type);
  if (fuller === undefined) return "false";
  const plain = PLAIN.find(([types]) => types.test(type))?.[1];
  const whens = plain === undefined ? "" : `WHEN ${value} ~ '${plain}' THEN false `;
  // Days that the fuller type does not reach are compared with nothing.
  return `CASE WHEN ${value} IS NULL THEN false ${whens}WHEN NOT ${valid(value, `'${fuller}'`)} THEN false
    ELSE (${value})::${type}::${fuller} <> (${value})::${fuller} END`;
}

/** SQL that is true when a column of the type cannot take the text as it is. */
export function isUnfit(check: InputCheck, value: string, type: string): string {
  return `CASE WHEN ${isNone(check, value, type)} THEN true ELSE ${losesPart(check, value, type)} END`;
}

function fullerType(type: string): string | undefined {
  return type === "timestamp with time zone" ? undefined : FULLER.find(([types]) => types.test(type))?.[1];
}
