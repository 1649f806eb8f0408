import { exactlyOne, flag, list, object, oneOf, text } from "./fields.ts";
import { connectionKey, schemaName, tableName } from "./names.ts";

export const Extract = object("Copies data from a source into files.", {
  from: object("Where the data comes from.", {
    connection: connectionKey,
    schema: schemaName("Schema of the tables named without one.").default("public"),
    tables: list("Tables to read. All are read in one snapshot.", tableName, { max: 256 }),
  }),
  to: object(
    "Where the files go. The same node writes the same names, so that a retry overwrites; the manifest, which lists the files, is written last.",
    {
      directory: text("Directory of the task's work volume. It ends with the pod.", {
        max: 512,
        pattern: /^[A-Za-z0-9._/-]+$/,
      }).optional(),
      connection: text("Name of an entry of spec.connections: a bucket.", { max: 40 }).optional(),
      prefix: text(
        "What the objects' keys begin with, up to and with the last slash. Each table is one object `<prefix><schema>.<table>.csv` (.csv.gz with gzip); the manifest is `<prefix>manifest.json`.",
        {
          max: 512,
          pattern: /^[^/\s]\S*\/$/,
          expected: "expected a prefix such as raw/films/",
        },
      ).optional(),
      compression: oneOf("How objects are compressed.", ["none", "gzip"]).default("none"),
      createBucket: flag("Creates the bucket when it is missing.").default(false),
    },
    [
      exactlyOne(["directory", "connection"]),
      {
        rule: "has(self.connection) == has(self.prefix)",
        message: "connection and prefix go together",
        holds: ({ connection, prefix }) => (connection === undefined) === (prefix === undefined),
      },
    ],
  ),
});
