/**
 * What a text could be besides text. A column's type is decided over all of its values: each value has a class, the classes of a
 * column are joined by bit_or, and the set of them names the type.
 *
 * | class       | a value of it                                     | type of a column that has only such values  |
 * |-------------|---------------------------------------------------|---------------------------------------------|
 * | none        | NULL                                              | text                                        |
 * | bigint      | `0`, `-12`: no leading zero, at most 18 digits    | bigint                                      |
 * | numeric     | `1.10`, more digits                               | numeric; with bigint too                    |
 * | boolean     | `true`, `false`, in any case                      | boolean                                     |
 * | date        | `2026-02-28`, a day of the calendar               | date                                        |
 * | timestamp   | `2026-02-28 06:00:00.5`, T in the middle too      | timestamp                                   |
 * | timestamptz | the same with Z or an offset                      | timestamptz                                 |
 * | json        | an object or array of a JSON document             | jsonb; with any other class too             |
 * | text        | anything else: `00123`, `10E2`, `+5`, `-0`,       | text; with any other class but json         |
 * |             | `1_000`, `0x1F`, `NaN`, `2024-1-5`, the empty text |                                             |
 *
 * A text becomes a number only if the number is written in the same way: `10E2` and `1E03` would both be 1000. Truth values and times keep
 * what they say, not how: `TRUE` is `true`, `06:00:00.50Z` the same moment in UTC without its zero. A column that wants its spelling is
 * declared as text.
 */
export const CLASS = {
  none: 0,
  bigint: 1,
  numeric: 2,
  boolean: 4,
  date: 8,
  timestamp: 16,
  timestamptz: 32,
  text: 64,
  json: 128,
} as const;

const TYPES: ReadonlyMap<number, string> = new Map([
  [CLASS.bigint, "bigint"],
  [CLASS.numeric, "numeric"],
  [CLASS.bigint | CLASS.numeric, "numeric"],
  [CLASS.boolean, "boolean"],
  [CLASS.date, "date"],
  [CLASS.timestamp, "timestamp without time zone"],
  [CLASS.timestamptz, "timestamp with time zone"],
]);

/** The type of a column whose values have these classes. */
export function typeOfClasses(classes: number): string {
  if ((classes & CLASS.json) !== 0) return "jsonb";
  return TYPES.get(classes) ?? "text";
}

const WHOLE = "^(0|-?[1-9][0-9]{0,17})$";
const NUMBER = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$";
const DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const TIME = "[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?";
const ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)";
/** Days that every month of every year has. Only for the others the calendar has to be asked, which takes longer. */
const COMMON_DAY = "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])";
/** Longer texts are nothing but text. The longest number of numeric is far longer; nobody means one by it. */
const LENGTH_MAX = 64;

/** SQL of the classes of all values of a column. `value` is SQL of type text; `valid` answers SQL that checks text against a type. */
export function classesOfTexts(value: string, valid: (value: string, type: string) => string): string {
  return `bit_or(CASE WHEN ${value} IS NULL THEN ${CLASS.none}
    WHEN ${value} !~ '^[-0-9tTfF]' OR pg_catalog.length(${value}) > ${LENGTH_MAX} THEN ${CLASS.text}
    WHEN ${value} ~ '${WHOLE}' THEN ${CLASS.bigint}
    WHEN ${value} ~ '${NUMBER}' THEN CASE WHEN ${value} ~ '^-[0.]+$' THEN ${CLASS.text} ELSE ${CLASS.numeric} END
    WHEN pg_catalog.lower(${value}) IN ('true', 'false') THEN ${CLASS.boolean}
    ${timeClasses(value, valid)}
    ELSE ${CLASS.text} END)`;
}

/**
 * The same for values of JSON documents: a text that looks like a number was meant as text. `kind` is SQL of what jsonb_typeof
 * says, `text` of the value as text.
 */
export function classesOfJson(
  { kind, text }: { readonly kind: string; readonly text: string },
  valid: (value: string, type: string) => string,
): string {
  return `bit_or(CASE ${kind} WHEN 'null' THEN ${CLASS.none}
    WHEN 'boolean' THEN ${CLASS.boolean}
    WHEN 'number' THEN CASE WHEN ${text} ~ '${WHOLE}' THEN ${CLASS.bigint} ELSE ${CLASS.numeric} END
    WHEN 'string' THEN CASE WHEN pg_catalog.substr(${text}, 5, 1) <> '-' THEN ${CLASS.text}
      ${timeClasses(text, valid)}
      ELSE ${CLASS.text} END
    ELSE ${CLASS.json} END)`;
}

function timeClasses(value: string, valid: (value: string, type: string) => string): string {
  // A value is of one kind only. The length, and the most usual kind first, save expressions that would have to be matched.
  const kinds = [
    [`pg_catalog.length(${value}) = 10 AND `, "", "date", CLASS.date],
    ["", `${TIME}${ZONE}`, "timestamptz", CLASS.timestamptz],
    ["", TIME, "timestamp", CLASS.timestamp],
  ] as const;
  return kinds
    .map(
      ([guard, rest, type, found]) => `WHEN ${guard}${value} ~ '^${DAY}${rest}$' THEN
      CASE WHEN ${value} ~ '${COMMON_DAY}' THEN ${found} WHEN ${valid(value, `'${type}'`)} THEN ${found} ELSE ${CLASS.text} END`,
    )
    .join(" ");
}
