import { CLASS, isMatch, isTime, SECOND_DIGITS_MAX } from "./value-class.ts";

/** SQL of a text as a value of a type, and of whether it is one. A text that changes on the way is not a value: no digit is rounded away. */
export interface Cast {
  readonly value: string;
  /** Missing where every text is a value. */
  readonly isValid?: string;
}

/** `type` as DESCRIBE TABLE writes it: `NUMBER(38,9)`, `TIMESTAMP_NTZ(9)`. `text` is SQL of type VARCHAR. */
export function castText(text: string, type: string): Cast {
  const [, name = type, first, second] = /^([A-Z_ ]+?)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  const digits = first === undefined ? undefined : Number(first);
  const cast = `CAST(${text} AS ${type})`;
  const isCast = `TRY_CAST(${text} AS ${type}) IS NOT NULL`;
  switch (name) {
    case "VARCHAR":
    case "TEXT":
      return first === undefined || Number(first) >= 16_777_216
        ? { value: text }
        : { value: text, isValid: `LENGTH(${text}) <= ${first}` };
    case "NUMBER": {
      // Zeros at the end may be more than the type keeps.
      const scale = Number(second ?? 0);
      const fraction = scale === 0 ? "0*" : `[0-9]{0,${scale}}0*`;
      return {
        value: cast,
        isValid: `(${isMatch(text, `[-+]?([0-9]+([.]${fraction})?|[.]${fraction})`)} AND ${isCast})`,
      };
    }
    case "DATE":
      return { value: cast, isValid: isTime(text, "date") };
    case "TIME":
      return {
        value: cast,
        isValid: `(${isCast} AND NOT ${isMatch(text, `.*[.][0-9]{${digits ?? SECOND_DIGITS_MAX}}[0-9]*[1-9][0-9]*`)})`,
      };
    case "TIMESTAMP_NTZ":
      return { value: cast, isValid: `(${isTime(text, "date")} OR ${isTime(text, "timestampNtz", digits)})` };
    case "TIMESTAMP_TZ":
    case "TIMESTAMP_LTZ":
      return {
        // Postgres writes whole hours alone: +02.
        value: `CAST(CASE WHEN ${isMatch(text, ".*:.*[-+][0-9]{2}")} THEN ${text} || ':00' ELSE ${text} END AS ${type})`,
        isValid: `(${isTime(text, "timestampNtz", digits)} OR ${isTime(text, "timestampTz", digits)})`,
      };
    case "VARIANT":
      return { value: `PARSE_JSON(${text})`, isValid: `TRY_PARSE_JSON(${text}) IS NOT NULL` };
    case "OBJECT":
    case "ARRAY":
      return {
        value: `CAST(PARSE_JSON(${text}) AS ${name})`,
        isValid: `TYPEOF(TRY_PARSE_JSON(${text})) = '${name}'`,
      };
    default:
      return { value: cast, isValid: isCast };
  }
}

/** Declared types that say how much a number has behind its point leave nothing to decide; these do, as in Postgres they hold all digits. */
export function isOpenNumber(declared: string): boolean {
  return /^(numeric|decimal|dec|number)$/i.test(declared.trim());
}

/** Classes of values that an open number can have; it is {@link CLASS.none} when there are no values. */
export function isNumeric(classes: number): boolean {
  return (classes & ~(CLASS.whole | CLASS.decimal)) === 0;
}
