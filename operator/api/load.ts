import { exactlyOne, flag, integer, list, object, oneOf, text } from "./fields.ts";
import { LoadedHttpRequest } from "./http/request.ts";
import { LoadCursor } from "./load/cursor.ts";
import { FanOut } from "./load/fan-out.ts";
import { ColumnNames, ColumnTypes, FileFormatOptions, FilePatterns } from "./load/files.ts";
import { LoadRange } from "./load/range.ts";
import { LoadRejects } from "./load/rejects.ts";
import { SchemaChange, SchemaContract } from "./load/schema.ts";
import { columnName, connectionKey, schemaName, tableName } from "./names.ts";

/** What `from` names, of which it names one. */
const SOURCES = ["tables", "query", "files", "node", "http"];

export const Load = object(
  "Copies tables from a source into a warehouse, in one transaction of the warehouse.",
  {
    from: object(
      "Where the rows come from.",
      {
        connection: connectionKey,
        schema: schemaName("Schema of tables whose names have none.").default("public"),
        tables: list(
          "Tables to copy, all in one snapshot. `*` matches any characters: `public.*` is every table of the schema public at the time of the load.",
          tableName,
          { max: 256 },
        ).optional(),
        query: text("One SELECT. Its rows go into the table that to.table names.", {
          max: 32_768,
        }).optional(),
        cursor: LoadCursor.optional(),
        parallel: integer(
          "Number of readers for each large ordinary table. All read one snapshot, and each needs a connection at both ends.",
          { min: 1, max: 16 },
        ).optional(),
        files: FilePatterns.optional(),
        node: text(
          "A node of this pipeline that extracts into the bucket of this connection: this node needs it, and loads the files that its manifest lists. Tables keep their names; an answer of an HTTP API goes to to.table.",
          { max: 40 },
        ).optional(),
        http: LoadedHttpRequest.optional(),
        format: FileFormatOptions.optional(),
        cleanup: oneOf(
          "What is removed after the load has committed. none (default). files: what the node's extract has written. bucket: the same, then the bucket if it is empty; runs that overlap need buckets of their own.",
          ["none", "files", "bucket"],
        ).optional(),
      },
      [
        exactlyOne(SOURCES),
        {
          rule: "!has(self.parallel) || has(self.tables)",
          message: "parallel is for tables: a query and files are read as one",
          holds: ({ parallel, tables }) => parallel === undefined || tables !== undefined,
        },
        {
          rule: "!has(self.cursor) || has(self.tables) || has(self.query)",
          message: "a cursor is for tables and queries; for files set onlyNew, for an HTTP API http.incremental",
          holds: ({ cursor, tables, query }) => cursor === undefined || tables !== undefined || query !== undefined,
        },
        {
          rule: "!has(self.format) || has(self.files) || has(self.node) || (has(self.http) && self.http.format == 'csv' && has(self.format.csv))",
          message:
            "format says how files are written and needs files or node; an answer of an HTTP API needs it for csv alone",
          holds: ({ format, files, node, http }) =>
            format === undefined ||
            files !== undefined ||
            node !== undefined ||
            (field(http, "format") === "csv" && has(format, "csv")),
        },
        {
          rule: "!has(self.cleanup) || has(self.node)",
          message: "cleanup removes what an extract has written and needs node",
          holds: ({ cleanup, node }) => cleanup === undefined || node !== undefined,
        },
      ],
    ),
    to: object("Where the rows go.", {
      connection: connectionKey,
      schema: schemaName("Schema of the target tables. It is created if it is missing."),
      via: text(
        "A bucket of spec.connections through which rows go to a warehouse that reads objects itself, such as Redshift. Needed if the rows come from tables, a query or files of a volume. The load removes what it has written there.",
        { max: 40 },
      ).optional(),
      table: text("Table for the rows of a query, or for the answer of an HTTP API; tables keep their own names.", {
        max: 63,
      }).optional(),
    }),
    mode: oneOf(
      "replace: the target then holds exactly the source's rows, and views on it keep working. truncate: the target is emptied and filled; no column is taken away or narrowed. append: the rows are added. merge: rows whose key is known are updated, others are added; a key that a JSON row lacks keeps the value that is there, and null takes it away (refused by Redshift). Other modes bring whole rows. deleteInsert: every row whose key is among the new rows, or that lies in the range, is deleted, then the new rows are added.",
      ["replace", "truncate", "append", "merge", "deleteInsert"],
    ).default("replace"),
    key: list(
      "Columns by which rows are matched; they must not be NULL. In merge they identify a row. In deleteInsert they may identify a part of the table, such as a day.",
      columnName,
      { max: 16 },
    ).optional(),
    range: LoadRange.optional(),
    schemaChange: SchemaChange.optional(),
    schemaContract: SchemaContract.optional(),
    columns: ColumnTypes.optional(),
    rename: ColumnNames.optional(),
    rejects: LoadRejects.optional(),
    onlyNew: flag(
      "Loads only files that are new for their table or have changed. Not for modes that replace the table's rows.",
    ).optional(),
    fanOut: FanOut.optional(),
  },
  [
    {
      rule: "!has(self.fanOut) || has(self.from.files) || has(self.from.node)",
      message:
        "fanOut deals out files: set from.files or from.node; large tables are read by several readers with from.parallel",
      holds: ({ from, fanOut }) => fanOut === undefined || has(from, "files") || has(from, "node"),
    },
    {
      rule: "has(self.from.files) || has(self.from.node) || has(self.from.http) || !(has(self.columns) || has(self.rename) || has(self.rejects))",
      message: "columns, rename and rejects are for files and HTTP APIs: set from.files, from.node or from.http",
      holds: ({ from, columns, rename, rejects }) =>
        ["files", "node", "http"].some((source) => has(from, source)) ||
        (columns === undefined && rename === undefined && rejects === undefined),
    },
    {
      rule: "has(self.from.files) || has(self.from.node) || !has(self.onlyNew)",
      message: "onlyNew is for files: set from.files or from.node",
      holds: ({ from, onlyNew }) => has(from, "files") || has(from, "node") || onlyNew === undefined,
    },
    {
      rule: "!has(self.onlyNew) || !self.onlyNew || self.mode in ['append', 'merge', 'deleteInsert']",
      message: "onlyNew needs a mode that keeps the rows of files loaded before: append, merge or deleteInsert",
      holds: ({ onlyNew, mode }) => onlyNew !== true || (mode !== "replace" && mode !== "truncate"),
    },
    {
      rule: "!has(self.from.cursor) || self.mode in ['append', 'merge']",
      message: "a cursor reads a part of the rows and needs a mode that keeps the others: append or merge",
      holds: ({ from, mode }) => !has(from, "cursor") || mode === "append" || mode === "merge",
    },
    {
      rule: "!has(self.from.cursor) || !has(self.from.cursor.lateness) || self.mode == 'merge'",
      message:
        "from.cursor.lateness reads rows a second time and needs the mode merge, whose key tells which they are; in mode append set lag",
      holds: ({ from, mode }) => !has(field(from, "cursor"), "lateness") || mode === "merge",
    },
    {
      rule: "has(self.key) ? self.mode in ['merge', 'deleteInsert'] && !has(self.range) : self.mode == 'deleteInsert' ? has(self.range) : self.mode != 'merge' && !has(self.range)",
      message: "merge needs key, deleteInsert needs either key or range, and no other mode takes one of them",
      holds: ({ mode, key, range }) => {
        const found = [...(key === undefined ? [] : ["key"]), ...(range === undefined ? [] : ["range"])].join();
        if (mode === "merge") return found === "key";
        return mode === "deleteInsert" ? found === "key" || found === "range" : found === "";
      },
    },
    {
      rule: "!has(self.onlyNew) || !self.onlyNew || !has(self.range)",
      message:
        "a range is replaced as a whole, and onlyNew leaves files out that it may have come from: use key, or load all files",
      holds: ({ onlyNew, range }) => onlyNew !== true || range === undefined,
    },
    {
      rule: "!has(self.from.http) || !has(self.from.http.incremental) || self.mode == 'merge'",
      message:
        "http.incremental needs the mode merge: records of the last value come a second time, and their key tells which they are",
      holds: ({ from, mode }) => !has(field(from, "http"), "incremental") || mode === "merge",
    },
    {
      rule: "!has(self.from.http) || !has(self.from.http.overlap) || self.mode == 'merge'",
      message: "http.overlap needs the mode merge, whose key tells which records are the same",
      holds: ({ from, mode }) => !has(field(from, "http"), "overlap") || mode === "merge",
    },
    {
      rule: "has(self.from.node) || (has(self.from.query) || has(self.from.http)) == has(self.to.table)",
      message: "a query and an HTTP API need to.table, and tables keep their own names",
      holds: ({ from, to }) => has(from, "node") || (has(from, "query") || has(from, "http")) === has(to, "table"),
    },
  ],
);

function has(value: unknown, name: string): boolean {
  return field(value, name) !== undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
