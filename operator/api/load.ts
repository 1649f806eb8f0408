import { list, object, oneOf } from "./fields.ts";
import { columnName, connectionKey, schemaName, tableName } from "./names.ts";

export const Load = object(
  "Copies tables from a source into a warehouse, in one transaction of the warehouse.",
  {
    from: object("Where the rows come from.", {
      connection: connectionKey,
      schema: schemaName("Schema of the tables named without one.").default("public"),
      tables: list("Tables to copy. All are read in one snapshot.", tableName, { max: 256 }),
    }),
    to: object("Where the rows go.", {
      connection: connectionKey,
      schema: schemaName("Schema of the target tables; made when missing."),
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
  ],
);
