import { ConfigurationError } from "../../errors.ts";
import type { FileFormat } from "../../formats/file-format.ts";
import { quoteTable, type TableName } from "../../sql/identifier.ts";
import { quoteList, quoteText } from "../identifier.ts";

/** Snowflake documentation, "COPY INTO <table>", FILES. */
export const FILES_MAX = 1000;

/** One COPY of at most {@link FILES_MAX} objects. */
export interface Copy {
  readonly stage: TableName;
  readonly into: TableName;
  readonly format: FileFormat;
  /** Keys of the objects. */
  readonly keys: readonly string[];
  /** Columns of the table for the cells of a row, in their order. */
  readonly columns: readonly string[];
  /** Columns for the object and the number of the row in it: the COPY then counts no cells. */
  readonly place?: readonly [file: string, row: string];
  /** Whether rows that cannot be read are left out rather than end the COPY. */
  readonly leavesOut: boolean;
}

/**
 * COPY's own memory of files is passed over: what has been loaded into which table is kept by kelt, beyond 64 days and through new tables.
 */
export function copyStatement({ stage, into, format, keys, columns, place, leavesOut }: Copy): string {
  const cells = columns.map((_, index) => `$${index + 1}`);
  const selected = [...cells, "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER"].join(", ");
  const from = place === undefined ? `@${quoteTable(stage)}` : `(SELECT ${selected} FROM @${quoteTable(stage)})`;
  const onError = leavesOut ? "CONTINUE" : "ABORT_STATEMENT";
  return `COPY INTO ${quoteTable(into)} (${quoteList([...columns, ...(place ?? [])])}) FROM ${from}
    FILES = (${keys.map(quoteText).join(", ")})
    FILE_FORMAT = (${formatOptions(format)}) ON_ERROR = ${onError} FORCE = TRUE`;
}

/** Every option whose default would change what a cell says. A cell without quotes and characters is NULL, `""` is the empty text. */
function formatOptions(format: FileFormat): string {
  refuseFormat(format);
  if (format.kind !== "csv") return "TYPE = JSON COMPRESSION = AUTO STRIP_OUTER_ARRAY = FALSE";
  const { delimiter, quote, null: nullText, moreNulls, quotedNull } = format.dialect;
  if (quote !== '"' && quote !== "'") {
    throw new ConfigurationError(
      "UnsupportedFormat",
      `load.from.format.csv.quote ${quote}: Snowflake knows " and '. Write the files so, or load them into Postgres`,
    );
  }
  const words = [nullText, ...moreNulls];
  // NULL_IF looks at cells without their quotes, EMPTY_FIELD_AS_NULL at those that have none.
  const said = words.filter((word) => word !== "" || quotedNull).map(quoteText);
  const nulls = `NULL_IF = (${said.join(", ")}) EMPTY_FIELD_AS_NULL = ${words.includes("") ? "TRUE" : "FALSE"}`;
  const skipped = format.skip.first + (format.names === "header" ? 1 : 0);
  return `TYPE = CSV COMPRESSION = AUTO FIELD_DELIMITER = ${quoteText(delimiter)} FIELD_OPTIONALLY_ENCLOSED_BY = ${quoteText(quote)}
    ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE SKIP_HEADER = ${skipped} ${nulls} ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE ENCODING = 'UTF8'`;
}

function refuseFormat(format: FileFormat): void {
  const refuse = (found: string, advice: string) => {
    throw new ConfigurationError(
      "UnsupportedFormat",
      `load.from.format: expected CSV or JSON for Snowflake, found ${found}. ${advice}`,
    );
  };
  if (format.kind === "parquet") refuse("Parquet", "Write one of these, or load it into Postgres");
  else if (format.kind !== "csv" && format.jsonPaths !== undefined)
    refuse("jsonPaths", "Take it away: keys become columns of their name");
}
