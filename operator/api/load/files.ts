import { z } from "zod";
import { exactlyOne, flag, integer, list, map, object, oneOf, text } from "../fields.ts";
import { columnName } from "../names.ts";

/** Columns of a table of Postgres. */
const CSV_COLUMNS_MAX = 1600;

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
  "How the files are written. Set it if their names (.csv, .json, .jsonl, .ndjson, .parquet) do not say so, or if CSV is not as in RFC 4180. Gzip and zstd are detected by the bytes.",
  {
    csv: object(
      "Cells in rows, below a header. Rows of at most 64 MiB, 1,600 columns. An undeclared column becomes numbers only where all are written as numbers are (not 007, +5, 10E2).",
      {
        header: flag("Whether the first row names the columns. True if it is missing.").optional(),
        columns: list(
          "Names of the columns of files without a header, in order. column_1, column_2 and so on if it is missing.",
          columnName,
          { max: CSV_COLUMNS_MAX },
        ).optional(),
        delimiter: oneCharacter("Character between cells. `,` if it is missing.").optional(),
        quote: oneCharacter(
          'Character around cells that contain a delimiter or a line end. `"` if it is missing.',
        ).optional(),
        escape: oneCharacter("Character before a quote inside a cell. The quote itself if it is missing.").optional(),
        headers: oneOf(
          "same (default): all files have the columns of the first one, in any order, or the load fails. union: a file may have others; rows are NULL where it lacks one, which mode merge refuses.",
          ["same", "union"],
        ).optional(),
        skipLines: integer("Number of lines to skip before the header or first row.", {
          min: 0,
          max: 10_000,
        }).optional(),
        skipLastLines: integer("Number of lines to skip at the end of each file.", {
          min: 0,
          max: 1000,
        }).optional(),
        strayQuotes: oneOf(
          'What happens to a quote inside a cell that does not begin with one, as in `5" disk`. reject (default): the row is bad. keep: the quote is a part of the cell.',
          ["reject", "keep"],
        ).optional(),
        nulls: list(
          "Texts of cells without quotes that mean NULL, if there are several: the empty text and NULL, for example.",
          text("A word.", { min: 0, max: 64, pattern: /^[^\r\n]*$/, expected: "expected text without a line end" }),
          { max: 16 },
        ).optional(),
        quotedNull: flag(
          "Whether a cell in quotes that holds the text of null, or of nulls, is NULL too, as in files that put every cell in quotes. Redshift and Snowflake see no quotes around words.",
        ).optional(),
        null: text("Text of a cell without quotes that means NULL. The empty text if it is missing.", {
          min: 0,
          max: 64,
          pattern: /^[^\r\n]*$/,
          expected: "expected text without a line end",
        }).optional(),
        encoding: oneOf("Encoding of the text. UTF-8 if it is missing; UTF-16 with a byte order mark is detected.", [
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
        {
          rule: "!has(self.delimiter) && !has(self.quote) || (has(self.delimiter) ? self.delimiter : ',') != (has(self.quote) ? self.quote : '\"')",
          message: "delimiter and quote must be two characters",
          holds: ({ delimiter = ",", quote = '"' }) => delimiter !== quote,
        },
        {
          // A keyword of CEL is escaped as a field.
          rule: "!has(self.__null__) || !has(self.nulls)",
          message: "set null or nulls, not both",
          holds: (csv) => csv.null === undefined || csv.nulls === undefined,
        },
      ],
    ).optional(),
    json: object(
      "Documents: the elements of an array, or objects that follow each other. In Postgres an object with a key twice is a bad row. A number keeps its value, not its spelling: 1e3 is 1000 and -0 is 0.",
      {
        records: text(
          "Path of the array in each file, as `data.items`: its elements are the rows. Without it the file is the array, or its objects are the rows.",
          {
            max: 256,
            pattern: /^[^.]+(\.[^.]+)*$/,
            expected: "expected names with dots between them, such as data.items",
          },
        ).optional(),
        jsonPaths,
      },
    ).optional(),
    jsonl: object("One JSON object on every line; the rest is as with json.", { jsonPaths }).optional(),
    parquet: object(
      "Parquet, whose columns have types of their own: numbers, times and text become the same of Postgres, lists, maps and structs jsonb. What cannot be carried exactly is refused with its column, such as decimals of more than 38 digits. Reading holds a page and a dictionary of each column: a hundred columns of text want 1Gi of memory (resources of the node).",
      {
        nanoseconds: oneOf(
          "What happens to times in nanoseconds: Postgres keeps microseconds. refuse (default): a value that would be cut fails the load, and so does a column whose values could not be seen before they are cut (INT96, and nanoseconds of UTC). cut: the last three digits are left out.",
          ["refuse", "cut"],
        ).optional(),
        binary: oneOf(
          "A column of bytes that is not marked as text. bytes (default): bytea. text: text; bytes that are not UTF-8 fail the load.",
          ["bytes", "text"],
        ).optional(),
        schemas: oneOf(
          "same (default): all files have the columns of the first one, in any order, or the load fails; types may differ and meet in one that holds all values. union: a file may have others; rows are NULL where it lacks one, which mode merge refuses.",
          ["same", "union"],
        ).optional(),
      },
    ).optional(),
  },
  [exactlyOne(["csv", "json", "jsonl", "parquet"])],
);

/** Either case of each letter: patterns of a CRD know no flag for it. */
const anyCase = (words: string) => words.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);

/**
 * A type goes into statements as it is written: so it is one name, and behind it nothing but what types of SQL are made of, such as
 * `double precision`, `interval day to second(3)` and `timestamp(3) with time zone`.
 */
const COLUMN_TYPE = new RegExp(
  [
    `^(${anyCase("national")} )?[A-Za-z_][A-Za-z0-9_.]*`,
    `( (${anyCase("precision|varying")}))?`,
    `( (${anyCase("year|month|day|hour|minute|second")})( ${anyCase("to")} (${anyCase("month|hour|minute|second")}))?)?`,
    "(\\([0-9]+(, ?-?[0-9]+)?\\))?",
    `( (${anyCase("with|without")})( ${anyCase("local")})? ${anyCase("time zone")})?`,
    "(\\[\\])*$",
  ].join(""),
);

/** Types of columns of the target, by table and column. */
export const ColumnTypes = map(
  "Table → column → type. A declared type wins over the type that fits all values of the files. It rounds and cuts as COPY does: decimals beyond numeric(10,2), the time of day in a date.",
  map(
    "Column → type.",
    text("A type of the warehouse.", {
      max: 128,
      pattern: COLUMN_TYPE,
      expected: "expected a type such as bigint, numeric(10,2) or timestamp with time zone",
    }),
    { max: 256, key: z.string().max(63) },
  ),
  { max: 256, key: z.string().max(63) },
);

/** New names of columns of files, by table. */
export const ColumnNames = map(
  "Table → name in the files → name of the column. All other fields use the name of the column.",
  map("Name in the files → name of the column.", columnName, { max: 256, key: z.string().max(256) }),
  { max: 256, key: z.string().max(63) },
);
