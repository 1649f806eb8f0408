import { list, object, text } from "./fields.ts";
import { connectionKey, schemaName, tableName } from "./names.ts";

export const Extract = object("Copies tables from a source into files.", {
  from: object("Where the rows come from.", {
    connection: connectionKey,
    schema: schemaName("Schema of the tables named without one.").default("public"),
    tables: list("Tables to read.", tableName, { max: 256 }),
  }),
  to: object("Where the files go.", {
    directory: text(
      "Directory of the task's work volume. It ends with the pod; object stores come with their connections.",
      {
        max: 512,
        pattern: /^[A-Za-z0-9._/-]+$/,
      },
    ),
  }),
});
