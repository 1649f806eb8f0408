import { integer, object, text } from "../fields.ts";

/** Largest number of rejected rows of a table; where only a percentage is given, this is the limit beside it. */
export const REJECTS_MAX = 100_000;

/** How many rows of files may be wrong. */
export const LoadRejects = object(
  "Rows of files that cannot be loaded (a value that does not fit its type, too many cells) go to _kelt_rejects in the target's schema. Where both limits are given, both hold.",
  {
    max: integer(
      `Maximum number of rejected rows of a table; with more, nothing is published. 0 if neither limit is set, ${REJECTS_MAX} if only percent is.`,
      { min: 0, max: REJECTS_MAX },
    ).optional(),
    percent: text(
      "Maximum share of rejected rows among the rows read for a table, such as 0.1%; with more, nothing is published.",
      {
        max: 10,
        pattern: /^([0-9]{1,2}(\.[0-9]{1,6})?|100(\.0{1,6})?)%$/,
        expected: "expected a percentage from 0% to 100% such as 5% or 0.1%",
      },
    ).optional(),
  },
  [
    {
      rule: "has(self.max) || has(self.percent)",
      message: "rejects needs max or percent",
      holds: ({ max, percent }) => max !== undefined || percent !== undefined,
    },
  ],
);
