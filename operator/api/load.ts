import { exactlyOne, list, object, oneOf, text } from "./fields.ts";
import { columnName, connectionKey, schemaName, tableName } from "./names.ts";

/** What `from` names, of which it names one. */
const SOURCES = ["tables", "query"];

export const Load = object(
  "Copies tables from a source into a warehouse, in one transaction of the warehouse.",
  {
    from: object(
      "Where the rows come from.",
      {
        connection: connectionKey,
        schema: schemaName("Schema of the tables named without one.").default("public"),
        tables: list(
          "Tables to copy, all in one snapshot. `*` stands for any characters: `public.*` is every table of the schema public at the time of the load.",
          tableName,
          { max: 256 },
        ).optional(),
        query: text("One SELECT whose rows are copied, into the table that to.table names.", {
          max: 32_768,
        }).optional(),
      },
      [exactlyOne(SOURCES)],
    ),
    to: object("Where the rows go.", {
      connection: connectionKey,
      schema: schemaName("Schema of the target tables; made when missing."),
      table: text("Table for the rows of a query; tables keep their own names.", { max: 63 }).optional(),
    }),
    mode: oneOf(
      "replace: the target then holds exactly the source's rows, and views on it keep working. append: the rows are added. merge: rows whose key is known are updated, others are added. deleteInsert: every row whose key is among the new rows is deleted, then the new rows are added.",
      ["replace", "append", "merge", "deleteInsert"],
    ).default("replace"),
    key: list(
      "Columns that rows are matched by; none of them may be NULL. For merge they tell the rows apart; for deleteInsert they may name a part of the table, such as a day.",
      columnName,
      { max: 16 },
    ).optional(),
  },
  [
    {
      rule: "has(self.key) == (self.mode in ['merge', 'deleteInsert'])",
      message: "the modes merge and deleteInsert need key, and no other mode takes it",
      holds: ({ mode, key }) => (key !== undefined) === (mode === "merge" || mode === "deleteInsert"),
    },
    {
      rule: "has(self.from.query) == has(self.to.table)",
      message: "a query needs to.table, and tables keep their own names",
      holds: ({ from, to }) => has(from, "query") === has(to, "table"),
    },
  ],
);

function has(value: unknown, field: string): boolean {
  return typeof value === "object" && value !== null && field in value;
}
