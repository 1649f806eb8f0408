import type { ParamValue } from "../api/params/param-values.ts";
import { EXPRESSION, namesIn, textOf } from "./expression.ts";
import { type RunValues, readName, runValue, type Value } from "./values.ts";

/*
 * Expressions in SQL that people write: each becomes a literal of its own, so that whatever stands in a value is never read as SQL.
 *
 * | value                     | literal                                                                                         |
 * |---------------------------|-------------------------------------------------------------------------------------------------|
 * | text, time                | `'it''s'`; with a backslash `E'a\\b'` in Postgres, which reads that the same by any setting, and `'a\\b'` in Redshift and Snowflake |
 * | date                      | the same: `'2026-12-01'`, which a column of dates takes                                          |
 * | number, true, false       | `7`, `-7` in brackets, `TRUE`, `FALSE`                                                          |
 * | list                      | its items in brackets, for IN; without items `(NULL)`                                           |
 * | a parameter without value | `NULL`                                                                                          |
 *
 * Where quotation marks are open a literal would end them. Warehouses differ in what a backslash and a dollar do, so that SQL with
 * expressions has neither.
 */

export type SqlDialect = "postgres" | "redshift" | "snowflake";

const STRING = /'(?:[^']|'')*'/;
const IDENTIFIER = /"(?:[^"]|"")*"/;
const LINE_COMMENT = /--[^\n]*/;
const COMMENT = /\/\*(?:(?!\/\*)[^*]|\*(?!\/))*\*\//;
const ASIDE = new RegExp([STRING, IDENTIFIER, LINE_COMMENT, COMMENT].map(({ source }) => source).join("|"), "g");

/** Why the expressions of a statement cannot become literals, in a sentence; undefined where they can, or there are none. */
export function sqlProblem(sql: string): string | undefined {
  if (ownNames(sql).length === 0) return undefined;
  for (const [aside] of sql.matchAll(ASIDE)) {
    const [name] = ownNames(aside);
    if (name !== undefined)
      return `$(${name}) stands within ${/^['"]/.test(aside) ? "quotation marks" : "a comment"}; it becomes a literal with its own quotation marks, so write it without them`;
  }
  const code = sql.replaceAll(ASIDE, " ");
  if (/['"]|\/\*|\*\//.test(code)) return "quotation marks or comments of the SQL are not closed, beside an expression";
  if (sql.includes("\\") || /\$[A-Za-z_0-9]*\$/.test(sql))
    return "SQL with an expression has no backslash and no $$: warehouses differ in what these do to quotation marks";
  return undefined;
}

/** The statement with a literal for each expression that has a value. */
export function resolveSql(sql: string, run: RunValues, dialect: SqlDialect): string {
  if (ownNames(sql).length === 0 || sqlProblem(sql) !== undefined) return sql;
  return sql.replaceAll(EXPRESSION, (whole, _dollar: string, name: string, format: string | undefined, at: number) => {
    const value = runValue(name, run);
    if (value === undefined) return whole;
    return setApart(literalOf(value, format, run, dialect), sql[at - 1] ?? " ", sql[at + whole.length] ?? " ");
  });
}

function ownNames(sql: string): readonly string[] {
  return namesIn(sql).filter((name) => readName(name) !== undefined);
}

/** A literal that joins neither of its neighbours: a letter before a string changes what it is, and two strings side by side are one. */
function setApart(literal: string, before: string, after: string): string {
  return `${/[\s(,=<>]/.test(before) ? "" : " "}${literal}${/[\s),;]/.test(after) ? "" : " "}`;
}

function literalOf(value: Value, format: string | undefined, run: RunValues, dialect: SqlDialect): string {
  if (value.is === "nothing") return "NULL";
  if (value.is === "moment" || format !== undefined) return quoted(textOf(value, format, run), dialect);
  const { data } = value;
  if (typeof data !== "object") return scalarOf(data, dialect);
  return data.length === 0 ? "(NULL)" : `(${data.map((item) => scalarOf(item, dialect)).join(", ")})`;
}

function scalarOf(value: Exclude<ParamValue, readonly unknown[]>, dialect: SqlDialect): string {
  if (typeof value === "string") return quoted(value, dialect);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return value < 0 ? `(${value})` : String(value);
}

function quoted(text: string, dialect: SqlDialect): string {
  const inside = text.replaceAll("'", "''").replaceAll("\\", "\\\\");
  return text.includes("\\") && dialect === "postgres" ? `E'${inside}'` : `'${inside}'`;
}
