import { exactlyOne, flag, list, object, oneOf, text } from "./fields.ts";
import { HttpRequest } from "./http/request.ts";
import { connectionKey, schemaName, tableName } from "./names.ts";

const Source = object(
  "Where the data comes from.",
  {
    connection: connectionKey,
    schema: schemaName("Schema of tables whose names have none.").default("public"),
    tables: list("Tables to read. All are read in one snapshot.", tableName, { max: 256 }).optional(),
    http: HttpRequest.optional(),
  },
  [exactlyOne(["tables", "http"])],
);

const Target = object(
  "Where the files go. A retry writes the same names, so it overwrites. The manifest, which lists the files, comes last.",
  {
    directory: text("Directory of the task's work volume. It ends with the pod.", {
      max: 512,
      pattern: /^[A-Za-z0-9._/-]+$/,
    }).optional(),
    connection: text("Name of an entry of spec.connections: a bucket.", { max: 40 }).optional(),
    prefix: text(
      "Beginning of the objects' keys, with its last slash. Each table is one object `<prefix><schema>.<table>.csv` (.csv.gz with gzip); the manifest is `<prefix>manifest.json`.",
      { max: 512, pattern: /^[^/\s*?][^\s*?]*\/$/, expected: "expected a prefix such as raw/films/" },
    ).optional(),
    key: text(
      "Key of the one object for the answer of an HTTP API: the body as it came, or one record a line where there are records or pages. The manifest is `<key>.manifest.json`.",
      { max: 512, pattern: /^[^/\s*?]([^\s*?]*[^/\s*?])?$/, expected: "expected a key such as raw/posts.json" },
    ).optional(),
    compression: oneOf("How objects are compressed.", ["none", "gzip"]).default("none"),
    createBucket: flag("Creates the bucket when it is missing.").default(false),
  },
  [
    exactlyOne(["directory", "connection"]),
    {
      rule: "has(self.connection) ? has(self.prefix) != has(self.key) : !has(self.prefix) && !has(self.key)",
      message: "connection needs prefix or key, and a directory has neither",
      holds: ({ connection, prefix, key }) =>
        [prefix, key].filter((place) => place !== undefined).length === (connection === undefined ? 0 : 1),
    },
    {
      rule: "!has(self.key) || self.key.endsWith('.gz') == (self.compression == 'gzip')",
      message: "a key ends with .gz when compression is gzip, and not otherwise",
      holds: ({ key, compression }) => key === undefined || String(key).endsWith(".gz") === (compression === "gzip"),
    },
  ],
);

export const Extract = object("Copies data from a source into files.", { from: Source, to: Target }, [
  {
    rule: "has(self.from.http) == has(self.to.key)",
    message: "from.http goes to to.key, and tables go to a directory or a prefix",
    holds: ({ from, to }) => has(from, "http") === has(to, "key"),
  },
]);

/** The key of an extract's manifest, by what `extract.to` says. */
export function manifestKey(to: { readonly prefix?: string | undefined; readonly key?: string | undefined }): string {
  return to.prefix === undefined ? `${to.key ?? ""}.manifest.json` : `${to.prefix}manifest.json`;
}

function has(value: unknown, field: string): boolean {
  return typeof value === "object" && value !== null && (value as Record<string, unknown>)[field] !== undefined;
}
