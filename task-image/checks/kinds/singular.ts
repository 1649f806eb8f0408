import type { CheckQuery } from "../check-query.ts";
import { singleStatement } from "../single-statement.ts";

/** A SELECT of the user's own that must return no row. Undefined when it is not exactly one statement. */
export function singular(sql: string): CheckQuery | undefined {
  const statement = singleStatement(sql);
  return statement === undefined
    ? undefined
    : { expectation: "the query returns no row", failing: statement, sample: statement, columns: [] };
}
