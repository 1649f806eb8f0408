import { z } from "zod";
import { exactlyOne, flag, list, map, object, oneOf, text } from "./fields.ts";
import { columnName } from "./names.ts";

/** Columns of a table of Postgres, but for those that say file and line while rows are landed. */
const CSV_COLUMNS_MAX = 1590;

/** One byte, because COPY takes no other; no line end and none of the characters that it refuses. */
const oneCharacter = (description: string) =>
  text(description, {
    max: 1,
    pattern: /^[\t\x20-\x7e]$/,
    expected: "expected one character of ASCII",
  });

const jsonPaths = text(
  "Key of a JSONPaths object in the same bucket, for Redshift alone: each of its paths fills a column, in the order of the table's columns; where there is no table yet, its last key names the column.",
  { max: 1024 },
).optional();

/** The files of each table. */
export const FilePatterns = map(
  "Target table → its files in the connection's bucket or volume: the name of one file, everything below a name that ends with a slash, or a glob (`*` within a folder, `**` through all of them).",
  text("Name, prefix or glob.", { max: 1024 }),
  { max: 256, key: z.string().max(63) },
);

export const FileFormatOptions = object(
  "How the files are written, where their names (.csv, .json, .jsonl, .ndjson, .parquet) do not say it or CSV is not RFC 4180's. Gzip and zstd are found out from the bytes.",
  {
    csv: object(
      "Cells in rows, below a header.",
      {
        header: flag("Whether the first row names the columns; true where it is missing.").optional(),
        columns: list(
          "Names of the columns of files without a header, in their order; column_1, column_2 and so on where it is missing.",
          columnName,
          { max: CSV_COLUMNS_MAX },
        ).optional(),
        delimiter: oneCharacter("Between cells; `,` where it is missing.").optional(),
        quote: oneCharacter('Around cells that hold a delimiter or a line end; `"` where it is missing.').optional(),
        escape: oneCharacter(
          "Before a quote that is a part of the cell; the quote itself where it is missing.",
        ).optional(),
        null: text("What a cell without quotes says when it has no value; nothing at all where it is missing.", {
          min: 0,
          max: 64,
          pattern: /^[^\r\n]*$/,
          expected: "expected text without a line end",
        }).optional(),
        encoding: oneOf("Of the text. UTF-8 where it is missing; UTF-16 with a byte order mark is found out.", [
          "utf-8",
          "utf-16",
          "latin1",
          "windows-1252",
        ]).optional(),
      },
      [
        {
          rule: "!has(self.columns) || has(self.header) && !self.header",
          message: "columns are for files without a header: set header: false",
          holds: ({ columns, header }) => columns === undefined || header === false,
        },
      ],
    ).optional(),
    json: object("Documents: the elements of an array, or objects that follow each other.", {
      records: text(
        "Path of the array in each file, as `data.items`: its elements are the rows. Without it the file is the array, or its objects are the rows.",
        {
          max: 256,
          pattern: /^[^.]+(\.[^.]+)*$/,
          expected: "expected names with dots between them, such as data.items",
        },
      ).optional(),
      jsonPaths,
    }).optional(),
    jsonl: object("One JSON object on every line.", { jsonPaths }).optional(),
    parquet: object(
      "Parquet, whose columns have types of their own: numbers, times and text become the same of Postgres, lists, maps and structs jsonb. Reading holds a page and a dictionary of each column: a hundred columns of text want 1Gi of memory (resources of the node).",
      {
        nanoseconds: oneOf(
          "What happens to times in nanoseconds, of which Postgres keeps microseconds. refuse, which is what a missing field means: a value that would be cut fails the load, and so does a column whose values could not be seen before they are cut (INT96, and nanoseconds of UTC). cut: the last three digits are left out.",
          ["refuse", "cut"],
        ).optional(),
      },
    ).optional(),
  },
  [exactlyOne(["csv", "json", "jsonl", "parquet"])],
);

/** Types of columns of the target, by table and column. */
export const ColumnTypes = map(
  "Table → column → type. A type that is declared wins over the one that all values of the files agree on. What it rounds or leaves out is lost as in a COPY: decimals beyond numeric(10,2), the time of day in a date.",
  map(
    "Column → type.",
    text("A type of the warehouse.", {
      max: 128,
      pattern: /^[A-Za-z_][A-Za-z0-9_.]*( [A-Za-z]+)*(\([0-9]+(, ?[0-9]+)?\))?( [A-Za-z]+)*(\[\])*$/,
      expected: "expected a type such as bigint, numeric(10,2) or timestamp with time zone",
    }),
    { max: 256, key: z.string().max(63) },
  ),
  { max: 256, key: z.string().max(63) },
);
