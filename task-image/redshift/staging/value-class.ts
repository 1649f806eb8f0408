/**
 * What a text could be besides text, for Redshift: as `postgres/landing/value-class.ts` has it, with Redshift's types, and by regular
 * expressions alone, because Redshift has nothing that tries a cast without failing. No pattern holds a backslash, which means
 * something else in Redshift's literals.
 *
 * | class       | a value of it                                           | type of a column that has only such values           |
 * |-------------|---------------------------------------------------------|------------------------------------------------------|
 * | none        | NULL                                                    | varchar(65535)                                       |
 * | bigint      | `0`, `-12`: no leading zero, at most 18 digits          | bigint                                               |
 * | decimal     | `1.10`, more digits                                     | decimal as wide as its values; above 38 digits text  |
 * | boolean     | `true`, `false`, in any case                            | boolean                                              |
 * | date        | `2026-02-28`, a day of the calendar                     | date                                                 |
 * | timestamp   | `2026-02-28 06:00:00.5`, T in the middle too            | timestamp                                            |
 * | timestamptz | the same with Z or an offset                            | timestamptz                                          |
 * | text        | anything else: `00123`, `1e5`, `NaN`, the empty text    | varchar(65535); with any other class too             |
 */
const CLASS = {
  none: 0,
  bigint: 1,
  decimal: 2,
  boolean: 4,
  date: 8,
  timestamp: 16,
  timestamptz: 32,
  text: 64,
} as const;

/** The type of a column about which nothing is known. */
export const TEXT = "varchar(65535)";
/** Database Developer Guide, DECIMAL or NUMERIC type. */
const PRECISION_MAX = 38;
const SCALE_MAX = 37;

const WHOLE = "^(0|-?[1-9][0-9]{0,17})$";
const NUMBER = "^-?(0|[1-9][0-9]*)([.][0-9]+)?$";
const MINUS_ZERO = "^-0([.]0*)?$";
/** Comparing would pass over blanks at the end: Database Developer Guide, Character types, "Significance of trailing blanks". */
const BOOLEAN = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";
const LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
const DAY = `([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|${LEAP_YEAR}-02-29)`;
const TIME = "[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?";
const ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)";

/** What all values of a column came to. */
export interface ValueClasses {
  readonly classes: number;
  /** The most digits before and after the point, of those that are numbers. */
  readonly digits: number;
  readonly scale: number;
}

/** SQL of the classes of all values of a column, joined; NULL when there is no row. `value` is SQL of type varchar. */
export function classesOf(value: string): string {
  return `BIT_OR(CASE WHEN ${value} IS NULL THEN ${CLASS.none}
    WHEN ${value} ~ '${WHOLE}' THEN ${CLASS.bigint}
    WHEN ${value} ~ '${NUMBER}' AND NOT ${value} ~ '${MINUS_ZERO}' THEN ${CLASS.decimal}
    WHEN ${value} ~ '${BOOLEAN}' THEN ${CLASS.boolean}
    WHEN ${value} LIKE '0000-%' THEN ${CLASS.text}
    WHEN ${value} ~ '^${DAY}$' THEN ${CLASS.date}
    WHEN ${value} ~ '^${DAY}${TIME}${ZONE}$' THEN ${CLASS.timestamptz}
    WHEN ${value} ~ '^${DAY}${TIME}$' THEN ${CLASS.timestamp}
    ELSE ${CLASS.text} END)`;
}

/** SQL of the most digits before the point. */
export function digitsOf(value: string): string {
  return `MAX(CASE WHEN ${value} ~ '${NUMBER}' THEN LENGTH(LTRIM(SPLIT_PART(${value}, '.', 1), '-')) ELSE 0 END)`;
}

/** SQL of the most digits after the point. */
export function scaleOf(value: string): string {
  return `MAX(CASE WHEN ${value} ~ '${NUMBER}' THEN LENGTH(SPLIT_PART(${value}, '.', 2)) ELSE 0 END)`;
}

/** The type that all values of a column agree on. */
export function typeOf({ classes, digits, scale }: ValueClasses): string {
  switch (classes) {
    case CLASS.bigint:
      return "bigint";
    case CLASS.decimal:
    case CLASS.bigint | CLASS.decimal:
      return scale <= SCALE_MAX && digits + scale <= PRECISION_MAX ? `decimal(${digits + scale},${scale})` : TEXT;
    case CLASS.boolean:
      return "boolean";
    case CLASS.date:
      return "date";
    case CLASS.timestamp:
      return "timestamp";
    case CLASS.timestamptz:
      return "timestamptz";
    default:
      return TEXT;
  }
}

/** SQL that makes a value of such a type of a text of its class. Redshift casts no text to boolean, and reads no T and no Z in a cast. */
export function castOf(value: string, type: string): string {
  if (type === TEXT) return value;
  if (type === "boolean") return `CASE LOWER(${value}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
  if (type === "timestamp") return `CAST(REPLACE(${value}, 'T', ' ') AS timestamp)`;
  if (type === "timestamptz") return `CAST(REPLACE(REPLACE(${value}, 'T', ' '), 'Z', '+00') AS timestamptz)`;
  return `CAST(${value} AS ${type})`;
}
