/**
 * What a text could be besides text. A column's type is decided over all of its values: each value has a class, the classes of a
 * column are joined by BITOR_AGG, and the set of them names the type.
 *
 * | class        | a value of it                                              | type of a column that has only such values    |
 * |--------------|------------------------------------------------------------|-----------------------------------------------|
 * | none         | NULL                                                       | VARCHAR                                       |
 * | whole        | `0`, `-12`: no leading zero, at most 38 digits             | NUMBER(38,0)                                  |
 * | decimal      | `1.10`                                                     | NUMBER(38,s), whole numbers too               |
 * | boolean      | `true`, `false`, in any case                               | BOOLEAN                                       |
 * | date         | `2026-02-28`, a day of the calendar                        | DATE                                          |
 * | timestampNtz | `2026-02-28 06:00:00.5`, T in the middle too               | TIMESTAMP_NTZ                                 |
 * | timestampTz  | the same with Z or an offset                               | TIMESTAMP_TZ                                  |
 * | variant      | an object or array of a JSON document                      | VARIANT, with any other class too             |
 * | text         | anything else: `00123`, `1e5`, `NaN`, `-0`, the empty text | VARCHAR, with any other class but variant     |
 *
 * A NUMBER has 38 digits, s of them behind the point: as many as the longest value has, and at least 9, so that the next load rarely
 * needs more. Where 38 digits do not hold all values, the column is VARCHAR.
 */
export const CLASS = {
  none: 0,
  whole: 1,
  decimal: 2,
  boolean: 4,
  date: 8,
  timestampNtz: 16,
  timestampTz: 32,
  text: 64,
  variant: 128,
} as const;

const DIGITS = 38;
const SCALE_MIN = 9;

const TYPES: ReadonlyMap<number, string> = new Map([
  [CLASS.whole, `NUMBER(${DIGITS},0)`],
  [CLASS.boolean, "BOOLEAN"],
  [CLASS.date, "DATE"],
  [CLASS.timestampNtz, "TIMESTAMP_NTZ"],
  [CLASS.timestampTz, "TIMESTAMP_TZ"],
]);

/** What all values of a column have in common: their classes, and the most digits before and behind the point. */
export interface ColumnClasses {
  readonly classes: number;
  readonly wholeDigits: number;
  readonly scale: number;
}

/** The type of a column whose values have these classes. */
export function typeOfClasses({ classes, ...digits }: ColumnClasses): string {
  if ((classes & CLASS.variant) !== 0) return "VARIANT";
  const isDecimal = classes === CLASS.decimal || classes === (CLASS.decimal | CLASS.whole);
  return (isDecimal ? decimalType(digits) : TYPES.get(classes)) ?? "VARCHAR";
}

/** The NUMBER that holds numbers of so many digits; undefined when none does. */
export function decimalType({ wholeDigits, scale }: Omit<ColumnClasses, "classes">): string | undefined {
  const wanted = Math.max(scale, SCALE_MIN);
  if (wholeDigits + wanted <= DIGITS) return `NUMBER(${DIGITS},${wanted})`;
  return wholeDigits + scale <= DIGITS ? `NUMBER(${DIGITS},${scale})` : undefined;
}

/** REGEXP_LIKE matches the whole text (Snowflake documentation, REGEXP_LIKE, usage notes). */
const WHOLE = "(0|-?[1-9][0-9]{0,37})";
const DECIMAL = "-?(0|[1-9][0-9]*)[.][0-9]+";
const MINUS_ZERO = "-0[.]0+";
const DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]";
const ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)";
/** Longer texts are nothing but text. */
const LENGTH_MAX = 64;

export function isMatch(value: string, pattern: string): string {
  return `REGEXP_LIKE(${value}, '${pattern}')`;
}

/** The most digits of a second that Snowflake keeps. */
export const SECOND_DIGITS_MAX = 9;

/** Pattern of a time of day with at most so many digits of a second; more may be zeros. */
function clockPattern(digits = SECOND_DIGITS_MAX): string {
  const zeros = `0{${digits === 0 ? 1 : 0},${SECOND_DIGITS_MAX - digits}}`;
  const fraction = digits === 0 ? zeros : `[0-9]{1,${digits}}${digits === SECOND_DIGITS_MAX ? "" : zeros}`;
  return `${CLOCK}(:[0-5][0-9]([.]${fraction})?)?`;
}

/** SQL: whether a text is a date, or a time with or without a zone, of a day that the calendar has. See {@link clockPattern} for `digits`. */
export function isTime(value: string, kind: "date" | "timestampNtz" | "timestampTz", digits?: number): string {
  const time = `[ T]${clockPattern(digits)}`;
  const rest = { date: "", timestampNtz: time, timestampTz: `${time}${ZONE}` }[kind];
  return `(${isMatch(value, `${DAY}${rest}`)} AND TRY_CAST(LEFT(${value}, 10) AS DATE) IS NOT NULL)`;
}

/** SQL of the class of a text, by what it looks like. */
export function classOfText(value: string): string {
  return `CASE WHEN ${value} IS NULL THEN ${CLASS.none}
    WHEN LENGTH(${value}) > ${LENGTH_MAX} THEN ${CLASS.text}
    WHEN ${isMatch(value, WHOLE)} THEN ${CLASS.whole}
    WHEN ${isMatch(value, DECIMAL)} THEN CASE WHEN ${isMatch(value, MINUS_ZERO)} THEN ${CLASS.text} ELSE ${CLASS.decimal} END
    WHEN LOWER(${value}) IN ('true', 'false') THEN ${CLASS.boolean}
    ${timeClasses(value)}
    ELSE ${CLASS.text} END`;
}

/** The same for a value of a JSON document: a text that looks like a number was meant as text. `kind` is SQL of TYPEOF, `text` of the value as text. */
export function classOfJson(kind: string, text: string): string {
  return `CASE ${kind} WHEN 'NULL_VALUE' THEN ${CLASS.none}
    WHEN 'BOOLEAN' THEN ${CLASS.boolean}
    WHEN 'INTEGER' THEN CASE WHEN ${isMatch(text, WHOLE)} THEN ${CLASS.whole} ELSE ${CLASS.text} END
    WHEN 'DECIMAL' THEN CASE WHEN ${isMatch(text, DECIMAL)} THEN ${CLASS.decimal} WHEN ${isMatch(text, WHOLE)} THEN ${CLASS.whole} ELSE ${CLASS.text} END
    WHEN 'DOUBLE' THEN CASE WHEN ${isMatch(text, DECIMAL)} THEN ${CLASS.decimal} ELSE ${CLASS.text} END
    WHEN 'VARCHAR' THEN CASE ${timeClasses(text)} ELSE ${CLASS.text} END
    ELSE ${CLASS.variant} END`;
}

/** SQL of three aggregates over a column: its classes and its digits, as in {@link ColumnClasses}. `className` is SQL of a value's class. */
export function classAggregates(
  className: string,
  text: string,
): readonly [classes: string, wholeDigits: string, scale: string] {
  const digits = (part: number) =>
    `COALESCE(MAX(CASE WHEN ${isMatch(text, DECIMAL)} OR ${isMatch(text, WHOLE)} THEN LENGTH(SPLIT_PART(REPLACE(${text}, '-', ''), '.', ${part})) END), 0)`;
  return [`COALESCE(BITOR_AGG(${className}), 0)`, digits(1), digits(2)];
}

function timeClasses(value: string): string {
  const kinds = ["date", "timestampNtz", "timestampTz"] as const;
  return kinds.map((kind) => `WHEN ${isTime(value, kind)} THEN ${CLASS[kind]}`).join(" ");
}
