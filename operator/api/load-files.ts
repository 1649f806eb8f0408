import { z } from "zod";
import { exactlyOne, map, object, oneOf, text } from "./fields.ts";

/** One byte, because COPY takes no other; no line end and none of the characters that it refuses. */
const oneCharacter = (description: string) =>
  text(description, {
    max: 1,
    pattern: /^[\t\x20-\x7e]$/,
    expected: "expected one character of ASCII",
  });

/** The files of each table. */
export const FilePatterns = map(
  "Target table → its files in the connection's bucket or volume: the name of one file, everything below a name that ends with a slash, or a glob (`*` within a folder, `**` through all of them).",
  text("Name, prefix or glob.", { max: 1024 }),
  { max: 256, key: z.string().max(63) },
);

export const FileFormatOptions = object(
  "How the files are written, where their names (.csv, .json, .jsonl, .ndjson) do not say it or CSV is not RFC 4180's. Gzip and zstd are found out from the bytes.",
  {
    csv: object("Cells in rows, below a header.", {
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
    }).optional(),
    json: object("Documents: the elements of an array, or objects that follow each other.", {}).optional(),
    jsonl: object("One JSON object on every line.", {}).optional(),
  },
  [exactlyOne(["csv", "json", "jsonl"])],
);

/** Types of columns of the target, by table and column. */
export const ColumnTypes = map(
  "Table → column → type. A type that is declared wins over the one that all values of the files agree on.",
  map(
    "Column → type.",
    text("A type of Postgres.", {
      max: 128,
      pattern: /^[A-Za-z_][A-Za-z0-9_.]*( [A-Za-z]+)*(\([0-9]+(, ?[0-9]+)?\))?( [A-Za-z]+)*(\[\])*$/,
      expected: "expected a type such as bigint, numeric(10,2) or timestamp with time zone",
    }),
    { max: 256, key: z.string().max(63) },
  ),
  { max: 256, key: z.string().max(63) },
);
