import { quoteIdentifier, quoteTable, type TableName } from "../../sql/identifier.ts";
import { isServerError } from "../failure.ts";
import type { Session } from "../session.ts";
import type { InputCheck } from "./input-check.ts";
import type { Misfit } from "./misfits.ts";

/** Types that hold every value of a smaller one. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ["integer", "bigint", "numeric", "real", "double precision"],
  integer: ["bigint", "numeric", "double precision"],
  bigint: ["numeric"],
  real: ["double precision"],
  date: ["timestamp without time zone"],
  json: ["jsonb"],
};

const WHOLE_NUMBERS = /^(smallint|integer|bigint)$/;

/** A staged column and the type that its target has for it. */
export interface Cast {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Whether every value of a type is one of the other; of char(n), which the server refuses aloud, too. */
export function isWidening({ from, to }: Pick<Cast, "from" | "to">): boolean {
  return from === to || /^(text|character varying|character\(\d+\))$/.test(to) || WIDER[from]?.includes(to) === true;
}

/**
 * Whether all staged values are what they were after a way to the target's type and back: an assignment rounds, cuts and leaves out
 * without a word. `unknown` where there is no such way, or nothing that compares.
 */
export async function fitOf(session: Session, staging: TableName, cast: Cast): Promise<"all" | "some" | "unknown"> {
  if (isWidening(cast)) return "all";
  const value = `r.${quoteIdentifier(cast.name)}`;
  await session.query("SAVEPOINT before_fit");
  try {
    const { rows } = await session.query(
      `SELECT FROM ${quoteTable(staging)} AS r WHERE ${value}::${cast.to}::${cast.from} IS DISTINCT FROM ${value} LIMIT 1`,
    );
    await session.query("RELEASE SAVEPOINT before_fit");
    return rows.length === 0 ? "all" : "some";
  } catch (error) {
    if (!isServerError(error)) throw error;
    await session.query("ROLLBACK TO SAVEPOINT before_fit");
    // 22: a value that has no way there at all. 42: there is no way there and back, or nothing that compares.
    if (error.code.startsWith("22")) return "some";
    if (error.code.startsWith("42")) return "unknown";
    throw error;
  }
}

/** The staged values that do not fit, found without an error of the server. */
export function stagedMisfit({ valid }: InputCheck, { name, from, to }: Cast): Misfit {
  const column = `r.${quoteIdentifier(name)}`;
  // 2.0 is a whole number, but its text is not written as one.
  const isNumeric = WHOLE_NUMBERS.test(to) && from.startsWith("numeric");
  const value = isNumeric ? `pg_catalog.trim_scale(${column})::text` : `${column}::text`;
  const when = `CASE WHEN ${column} IS NULL THEN false WHEN NOT ${valid(value, `'${to}'`)} THEN true
    ELSE (${value})::${to}::${from} IS DISTINCT FROM ${column} END`;
  return { column: name, type: to, value: `${column}::text`, when };
}
