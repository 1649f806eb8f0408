import { z } from "zod";
import { exactlyOne, integer, list, object, oneOf, text } from "./fields.ts";
import { columnName, connectionKey, tableName } from "./names.ts";

const checkKinds = {
  rowCount: object("The number of rows lies in a range.", {
    min: integer("Lowest count that passes.", { min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
    max: integer("Highest count that passes.", { min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
  }).optional(),
  notNull: list("No row has NULL in any of these columns.", columnName, { max: 64 }).optional(),
  unique: list(
    "No two rows agree in these columns together. Rows with a NULL in one of them are left out.",
    columnName,
    {
      max: 16,
    },
  ).optional(),
  acceptedValues: object("Every value of a column that is not NULL is one of a list.", {
    column: columnName,
    values: list("The accepted values, compared as text.", z.string().max(256), { max: 256 }),
  }).optional(),
  relationships: object("Every value of a column that is not NULL stands in a column of another table.", {
    column: columnName,
    to: tableName,
    field: columnName,
  }).optional(),
  sql: text("A SELECT that must return no row.", { max: 8192 }).optional(),
};

export const Check = object(
  "One check of a table.",
  {
    name: text("Name in results. Made from the check if left out.", { max: 63 }).optional(),
    table: tableName.optional(),
    severity: oneOf("error: a failure fails the node. warn: a failure is only reported.", ["error", "warn"]).default(
      "error",
    ),
    ...checkKinds,
  },
  [
    exactlyOne(Object.keys(checkKinds)),
    {
      rule: "has(self.table) || has(self.sql)",
      message: "table must be set (only a check with sql goes without)",
      holds: (check) => check.table !== undefined || check.sql !== undefined,
    },
  ],
);
export type Check = z.infer<typeof Check>;

/** The verb test: checks of tables. */
export const Test = object("Checks tables.", {
  connection: connectionKey,
  checks: list("The checks. All of them run, even if one fails.", Check, { max: 128 }),
});
