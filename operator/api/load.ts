import { list, object, oneOf } from "./fields.ts";
import { connectionKey, schemaName, tableName } from "./names.ts";

export const Load = object("Copies tables from a source into a warehouse, in one transaction of the warehouse.", {
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
    "replace: the target then holds exactly the source's rows, and views on it keep working. append: the rows are added.",
    ["replace", "append"],
  ).default("replace"),
});
