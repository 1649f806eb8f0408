import { z } from "zod";
import { CONDITION } from "./check-condition.ts";
import {
  decimal,
  exactlyOne,
  flag,
  integer,
  list,
  object,
  oneOf,
  percentage,
  positiveDuration,
  text,
} from "./fields.ts";
import { columnName, connectionKey, schemaName, tableName } from "./names.ts";

/** Runs that a distribution may look back at. */
export const HISTORY_MAX = 365;
/** With fewer values there is no spread to speak of. */
const HISTORY_MIN = 3;

const rows = (bound: string) => integer(`${bound} count that passes.`, { min: 0, max: Number.MAX_SAFE_INTEGER });

export const METRICS = ["rowCount", "nullRatio", "average", "sum", "min", "max"] as const;

const checkKinds = {
  rowCount: object("The number of rows lies in a range.", {
    min: rows("Lowest").optional(),
    max: rows("Highest").optional(),
  }).optional(),
  notNull: list("No row has NULL in any of these columns.", columnName, { max: 64 }).optional(),
  nullRatio: object("Only a share of the rows has NULL in a column. A table without rows passes.", {
    column: columnName,
    max: percentage("The largest share that passes, such as 5%."),
  }).optional(),
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
  freshness: object(
    "The newest date or time of a column is recent. A table without one fails, and so does a newest one that lies further in the future than maxAge. Times without a zone are UTC.",
    { column: columnName, maxAge: positiveDuration("The highest age that passes, by the warehouse's clock.") },
  ).optional(),
  value: object("A query answers one row of one column with an expected value; NULL fails.", {
    sql: text("The query.", { max: 8192 }),
    equals: z
      .union([z.string().max(256), z.int()], "expected a text or a whole number")
      .meta({
        description: "The value, compared as the text that the warehouse writes.",
        "x-kubernetes-int-or-string": true,
      })
      .optional(),
    min: decimal("Lowest number that passes.").optional(),
    max: decimal("Highest number that passes.").optional(),
  }).optional(),
  columns: object("The table has these columns.", {
    expected: list(
      "The columns. Their order does not matter.",
      object("A column that the table must have.", {
        name: columnName,
        type: text("Its type, as SQL writes it. Without a length or precision it stands for any.", {
          max: 128,
          pattern: /^[A-Za-z_"][A-Za-z0-9_ ".]*(\( *[0-9]+ *(, *-?[0-9]+ *)?\))?[A-Za-z ]*(\[\])?$/,
          expected: "expected a type such as integer, varchar(20) or timestamp with time zone",
        }).optional(),
      }),
      { max: 512 },
    ),
    extra: oneOf("Whether the table may have columns beside these.", ["allow", "refuse"]).default("allow"),
  }).optional(),
  distribution: object(
    "A number of the table is like in the last runs. Each run keeps its number in `_kelt_metrics` of the table's schema; a number that failed counts as history too, so that a new level becomes the usual one.",
    {
      metric: oneOf("Which number: of the rows, or of a column.", METRICS),
      column: columnName.optional(),
      maxZScore: decimal("How many standard deviations from the mean of the last runs pass.").default(3),
      tolerance: percentage("What differs less than this from the mean passes, however little runs differ.").default(
        "1%",
      ),
      minHistory: integer("Runs that must have been measured before; with fewer the check passes.", {
        min: HISTORY_MIN,
        max: HISTORY_MAX,
      }).default(7),
      window: integer("Latest runs that count.", { min: HISTORY_MIN, max: HISTORY_MAX }).default(30),
    },
  ).optional(),
  sql: text("A SELECT that must return no row.", { max: 8192 }).optional(),
};
export type CheckKind = keyof typeof checkKinds;
export const CHECK_KINDS = Object.keys(checkKinds) as readonly CheckKind[];

const condition = (what: string) =>
  text(`Numbers of failing rows ${what}, such as \`> 10\` or \`between 1 and 5\`. Any failing row by default.`, {
    max: 64,
    pattern: CONDITION,
    expected: "expected a condition such as > 10, != 0 or between 1 and 5",
  });

export const Check = object(
  "One check of a table.",
  {
    name: text("Name in results. Made from the check if left out.", { max: 63 }).optional(),
    table: tableName.optional(),
    severity: oneOf("error: a failure fails the node. warn: a failure is only reported.", ["error", "warn"]).default(
      "error",
    ),
    warnIf: condition("that are reported").optional(),
    errorIf: condition("that fail the node, with severity error").optional(),
    where: text("Rows that are checked, as SQL writes a condition; the others are passed over.", {
      max: 2048,
    }).optional(),
    limit: integer("Most failing rows that are counted, and kept.", {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
    }).optional(),
    failCalc: text("What counts as failures: an aggregate over the failing rows in place of `count(*)`.", {
      max: 512,
    }).optional(),
    storeFailures: flag(
      "Whether failing rows are kept, where the node's storeFailures keeps those of others.",
    ).optional(),
    ...checkKinds,
  },
  [
    exactlyOne(Object.keys(checkKinds)),
    {
      rule: "has(self.table) || has(self.sql) || has(self.value)",
      message: "table must be set (only a check with sql or value goes without)",
      holds: (check) => check.table !== undefined || check.sql !== undefined || check.value !== undefined,
    },
  ],
);
export type Check = z.infer<typeof Check>;

/** The verb test: checks of tables. */
export const Test = object("Checks tables.", {
  connection: connectionKey,
  storeFailures: object(
    "Keeps the rows that break a check in a table that has the check's name, in small letters with an underscore for what is no letter or digit. Each run replaces it, as dbt's store_failures does. No table but kelt's own is replaced.",
    { schema: schemaName("Schema of the tables. It is created if it is missing.") },
  ).optional(),
  checks: list("The checks. All of them run, even if one fails.", Check, { max: 128 }),
});
