import { hidden } from "../../words/hidden-text.ts";
import type { CheckQuery } from "../check-query.ts";
import type { CheckWarehouse } from "../check-warehouse.ts";
import { singleStatement } from "../single-statement.ts";

interface Expected {
  readonly sql: string;
  readonly equals?: string | number | undefined;
  readonly min?: string | number | undefined;
  readonly max?: string | number | undefined;
}

/** The value when it is not the one that is expected. Undefined when the SQL is not one statement. A second row or column is the server's to refuse. */
export function expectedValue(
  { literal }: Pick<CheckWarehouse, "literal">,
  { sql, equals, min, max }: Expected,
): CheckQuery | undefined {
  const statement = singleStatement(sql);
  if (statement === undefined) return undefined;
  const bounds = [
    ...(equals === undefined
      ? []
      : [{ outside: `CAST(value AS text) <> ${literal(String(equals))}`, words: `the value ${equals}` }]),
    ...(min === undefined ? [] : [{ outside: `value < ${min}`, words: `at least ${min}` }]),
    ...(max === undefined ? [] : [{ outside: `value > ${max}`, words: `at most ${max}` }]),
  ];
  const words = bounds.map((bound) => bound.words).join(" and ");
  return {
    expectation: `the query answers ${words}`,
    failing: `SELECT value FROM (SELECT (${statement}\n) AS value) AS answer WHERE ${["value IS NULL", ...bounds.map(({ outside }) => outside)].join(" OR ")}`,
    sample: statement,
    columns: [],
    detail: "min(CAST(value AS text))",
    say: (found) => (found === null ? "the value is NULL" : `the value is another one${hidden(`, ${found}`)}`),
  };
}
