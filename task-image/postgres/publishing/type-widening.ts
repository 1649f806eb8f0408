import type { Widening } from "../../loading/schema-contract.ts";

/*
 * How the type of a target's column may grow so that it holds new values: within its family, so that what queries compute from the
 * column stays of the same kind. Every value that is there stays what it is; nothing is ever narrowed.
 *
 * | column            | values that do not fit are     | the column becomes                                       |
 * |-------------------|--------------------------------|----------------------------------------------------------|
 * | smallint          | integer, bigint                | the same                                                 |
 * | integer           | bigint                         | bigint                                                   |
 * | real              | double precision               | double precision                                         |
 * | numeric(p,s)      | numeric(q,t)                   | numeric with the most digits of both before and after the point |
 * | numeric(p,s)      | numeric                        | numeric                                                  |
 * | varchar(n)        | varchar(m)                     | the longer one                                           |
 * | varchar(n)        | text, varchar                  | the same                                                 |
 * | timestamp(n), timestamptz(n), time(n) | the same with more digits | the same                                  |
 *
 * | smallint, integer, bigint, where `widening` is text | numeric     | numeric                                       |
 * | any, where `widening` is text | anything else       | text                                                     |
 *
 * Not widened otherwise: integer to numeric, because division would change; anything else to text, because sorting and arithmetic would; date to
 * timestamp; timestamp to timestamptz, whose zone is unknown; char(n), whose blanks do not count.
 */

const INTEGERS = ["smallint", "integer", "bigint"];
const NUMERIC = /^numeric(?:\((\d+),(-?\d+)\))?$/;
const VARCHAR = /^character varying(?:\((\d+)\))?$/;
const TIME = /^(timestamp|time)(?:\((\d)\))? (with|without) time zone$/;

/** The type that a column of type `from` gets to hold values of type `to`; undefined where it may have none. */
export function widenedType(from: string, to: string, widening: Widening): string | undefined {
  const own = typeOfFamily(from, to);
  if (own !== undefined || widening === "family") return own;
  return INTEGERS.includes(from) && NUMERIC.test(to) ? "numeric" : "text";
}

/** The types that a column may get for a value that it does not hold, the narrowest first. */
export function widerTypes(from: string, widening: Widening): readonly string[] {
  const own = widestType(from);
  const family = own === undefined ? [] : [own];
  if (widening === "family" || from === "text") return family;
  return [...family, ...(INTEGERS.includes(from) ? ["numeric"] : []), ...(own === "text" ? [] : ["text"])];
}

/** The same within the family of the column alone. */
function typeOfFamily(from: string, to: string): string | undefined {
  if (INTEGERS.includes(from) && INTEGERS.indexOf(to) > INTEGERS.indexOf(from)) return to;
  if (from === "real" && to === "double precision") return to;
  return widerNumeric(from, to) ?? widerText(from, to) ?? widerTime(from, to);
}

/** The widest type of the family of a column; undefined where the column has it already or has no family. */
function widestType(from: string): string | undefined {
  if (from === "smallint" || from === "integer") return "bigint";
  if (from === "real") return "double precision";
  if (NUMERIC.test(from)) return from === "numeric" ? undefined : "numeric";
  if (VARCHAR.test(from)) return from === "character varying" ? undefined : "text";
  const [, kind, digits, zone] = TIME.exec(from) ?? [];
  return digits === undefined ? undefined : `${kind} ${zone} time zone`;
}

function widerNumeric(from: string, to: string): string | undefined {
  const [, precision, scale] = NUMERIC.exec(from) ?? [];
  const other = NUMERIC.exec(to);
  if (precision === undefined || scale === undefined || other === null) return undefined;
  const [, otherPrecision, otherScale] = other;
  if (otherPrecision === undefined || otherScale === undefined) return "numeric";
  const decimals = Math.max(Number(scale), Number(otherScale));
  const whole = Math.max(Number(precision) - Number(scale), Number(otherPrecision) - Number(otherScale));
  return `numeric(${whole + decimals},${decimals})`;
}

function widerText(from: string, to: string): string | undefined {
  const length = VARCHAR.exec(from)?.[1];
  if (length === undefined) return undefined;
  if (to === "text") return to;
  const other = VARCHAR.exec(to);
  if (other === null) return undefined;
  return other[1] === undefined || Number(other[1]) > Number(length) ? to : undefined;
}

function widerTime(from: string, to: string): string | undefined {
  const [, kind, digits, zone] = TIME.exec(from) ?? [];
  const [, otherKind, otherDigits, otherZone] = TIME.exec(to) ?? [];
  if (digits === undefined || kind !== otherKind || zone !== otherZone) return undefined;
  return otherDigits === undefined || Number(otherDigits) > Number(digits) ? to : undefined;
}
