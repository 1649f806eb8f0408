import { CHECK_KINDS, type Check } from "#api/check.ts";
import type { CheckQuery } from "./check-query.ts";
import type { CheckWarehouse } from "./check-warehouse.ts";
import type { CheckedRows } from "./checked-rows.ts";
import { acceptedValues } from "./kinds/accepted-values.ts";
import { type Distribution, measureOf, metricName } from "./kinds/distribution.ts";
import { expectedValue } from "./kinds/expected-value.ts";
import { freshness } from "./kinds/freshness.ts";
import { notNull } from "./kinds/not-null.ts";
import { nullRatio } from "./kinds/null-ratio.ts";
import { relationships } from "./kinds/relationships.ts";
import { rowCount } from "./kinds/row-count.ts";
import { singular } from "./kinds/singular.ts";
import type { ExpectedColumns } from "./kinds/table-columns.ts";
import { unique } from "./kinds/unique.ts";
import { expressionOf } from "./single-statement.ts";

/** How a check finds out whether it holds. */
export type Rule =
  /** A query of the rows that break it. */
  | { readonly by: "rows"; readonly query: CheckQuery; readonly failCalc?: string | undefined }
  /** What the catalog says of the table. */
  | { readonly by: "columns"; readonly table: string; readonly columns: ExpectedColumns }
  /** A number, beside those of earlier runs. */
  | {
      readonly by: "history";
      readonly rows: CheckedRows;
      readonly distribution: Distribution;
      readonly measure: string;
    };

/** A check that can be run. `problem` says why it cannot be, in place of the rule. */
export interface NamedCheck {
  readonly name: string;
  readonly said: Pick<Check, "severity" | "warnIf" | "errorIf" | "limit" | "storeFailures">;
  readonly rule: Rule | undefined;
  readonly problem: string;
}

/** The checks of a node with their names. A name that is left out is made from the check: `films: unique film_id`. */
export function nameChecks(checks: readonly Check[], warehouse: CheckWarehouse): readonly NamedCheck[] {
  return checks.map((check, index) => {
    const rule = ruleOf(check, warehouse);
    const isRule = typeof rule === "object";
    const made = [check.table, isRule ? expectationOf(rule) : `check ${index + 1}`]
      .filter((part) => part !== undefined)
      .join(": ");
    const problem = isRule ? "" : `test.checks[${index}]${rule}`;
    return { name: check.name ?? made, said: check, rule: isRule ? rule : undefined, problem };
  });
}

function expectationOf(rule: Rule): string {
  if (rule.by === "rows") return rule.query.expectation;
  if (rule.by === "columns") return `columns ${rule.columns.expected.map(({ name }) => name).join(", ")}`;
  return `distribution of ${metricName(rule.distribution)}`;
}

const ONE_SELECT =
  "must hold exactly one SELECT, found none or more than one. Make every further statement a check of its own";

const KINDS_EXPECTED = ` must have a table and exactly one of ${CHECK_KINDS.join(", ")}`;

/** The kind that is set decides. A text says what is wrong, behind the path of the check. */
function ruleOf(check: Check, warehouse: CheckWarehouse): Rule | string {
  const { sql, value, table } = check;
  const where = check.where === undefined ? undefined : expressionOf(check.where);
  const failCalc = check.failCalc === undefined ? undefined : expressionOf(check.failCalc);
  if (where === undefined && check.where !== undefined) return ".where must hold one condition";
  if (failCalc === undefined && check.failCalc !== undefined) return ".failCalc must hold one expression";
  const byQuery = (query: CheckQuery | undefined, problem: string): Rule | string =>
    query === undefined ? problem : { by: "rows", query, failCalc };
  if (sql !== undefined) return byQuery(singular(sql), `.sql ${ONE_SELECT}`);
  if (value !== undefined) return byQuery(expectedValue(warehouse, value), `.value.sql ${ONE_SELECT}`);
  if (table === undefined) return KINDS_EXPECTED;
  const { columns, distribution } = check;
  if (columns !== undefined) return { by: "columns", table, columns };
  const rows: CheckedRows = { warehouse, table, where };
  if (distribution === undefined) return byQuery(queryOf(check, rows), KINDS_EXPECTED);
  return { by: "history", rows, distribution, measure: measureOf(rows, distribution) };
}

function queryOf(check: Check, rows: CheckedRows): CheckQuery | undefined {
  if (check.notNull !== undefined) return notNull(rows, check.notNull);
  if (check.nullRatio !== undefined) return nullRatio(rows, check.nullRatio);
  if (check.unique !== undefined) return unique(rows, check.unique);
  if (check.acceptedValues !== undefined) {
    return acceptedValues(rows, check.acceptedValues.column, check.acceptedValues.values);
  }
  if (check.relationships !== undefined) return relationships(rows, check.relationships);
  if (check.freshness !== undefined) return freshness(rows, check.freshness);
  if (check.rowCount !== undefined) return rowCount(rows, check.rowCount);
  return undefined;
}
