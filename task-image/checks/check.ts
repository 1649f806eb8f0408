import type { Check } from "#api/check.ts";
import { acceptedValues } from "./accepted-values.ts";
import type { CheckQuery } from "./check-query.ts";
import { notNull } from "./not-null.ts";
import { relationships } from "./relationships.ts";
import { rowCount } from "./row-count.ts";
import { singular } from "./singular.ts";
import { unique } from "./unique.ts";

/** A check that can be run. `problem` says why it cannot be, in place of the query. */
export interface NamedCheck {
  readonly name: string;
  readonly severity: Check["severity"];
  readonly query: CheckQuery | undefined;
  readonly problem: string;
}

/** The checks of a node with their names. A name that is left out is made from the check: `films: unique film_id`. */
export function nameChecks(checks: readonly Check[]): readonly NamedCheck[] {
  return checks.map((check, index) => {
    const query = queryOf(check);
    const made = [check.table, query?.expectation ?? `check ${index + 1}`]
      .filter((part) => part !== undefined)
      .join(": ");
    const problem = query === undefined ? problemOf(check, index) : "";
    return { name: check.name ?? made, severity: check.severity, query, problem };
  });
}

/** The kind that is set decides. Undefined when there is none, or no table for it. */
function queryOf(check: Check): CheckQuery | undefined {
  if (check.sql !== undefined) return singular(check.sql);
  const { table } = check;
  if (table === undefined) return undefined;
  if (check.notNull !== undefined) return notNull(table, check.notNull);
  if (check.unique !== undefined) return unique(table, check.unique);
  if (check.acceptedValues !== undefined) {
    return acceptedValues(table, check.acceptedValues.column, check.acceptedValues.values);
  }
  if (check.relationships !== undefined) return relationships(table, check.relationships);
  if (check.rowCount !== undefined) return rowCount(table, check.rowCount);
  return undefined;
}

function problemOf(check: Check, index: number): string {
  const path = `test.checks[${index}]`;
  if (check.sql !== undefined) {
    return `${path}.sql must hold exactly one SELECT, found none or more than one. Make every further statement a check of its own`;
  }
  return `${path} must have a table and exactly one of rowCount, notNull, unique, acceptedValues, relationships, sql`;
}
