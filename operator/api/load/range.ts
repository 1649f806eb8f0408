import { object, text } from "../fields.ts";
import { columnName } from "../names.ts";

/** A number, or a moment as ISO 8601 writes it. */
const BOUND =
  /^([+-]?[0-9]+([.][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)$/;

/** Whether a text is what a range may begin or end with. */
export function isRangeBound(text: string): boolean {
  return BOUND.test(text);
}

/** One expression, which stands for one of those. */
const BOUND_OR_EXPRESSION = new RegExp(`${BOUND.source}|^[$][(][A-Za-z0-9_.-]+(:[^)]*)?[)]$`);

const bound = (description: string) =>
  text(description, {
    max: 64,
    pattern: BOUND_OR_EXPRESSION,
    expected: "expected a number, a date such as 2026-11-01 or a time such as 2026-11-01T08:30:00Z, in quotation marks",
  }).optional();

export const LoadRange = object(
  "The part of the target that mode deleteInsert replaces: every row whose value of the column lies in it, which is a column of numbers, dates or timestamps. From tables and a query, only rows in it are read. Files and answers of an HTTP API are refused if they hold a row outside of it, or a row without a value.",
  {
    column: columnName,
    from: bound(
      "The first value of the range: a number, a date or a time, such as 2026-11-01 or $(run.interval.start). Times without a zone are UTC. Without it the range has no lower bound.",
    ),
    to: bound(
      "The first value after the range, such as 2026-12-01 for all of November; without it the range has no upper bound.",
    ),
  },
  [
    {
      rule: "has(self.from) || has(self.to)",
      message: "a range needs from, to, or both; to replace the whole table use mode replace or truncate",
      holds: ({ from, to }) => from !== undefined || to !== undefined,
    },
  ],
);
