import { ConfigurationError } from "../errors.ts";
import { type CsvDialect, RFC_4180 } from "./csv-dialect.ts";
import { type CsvNames, checkNames } from "./csv-header.ts";
import type { Encoding } from "./decoded-bytes.ts";
import type { SkippedLines } from "./skipped-lines.ts";

/** How the files of one table are written. */
export type FileFormat =
  | ({ readonly kind: "csv"; readonly dialect: CsvDialect; readonly encoding: Encoding } & CsvLayout)
  | ({ readonly kind: "json"; readonly records: JsonPath | undefined } & JsonOptions)
  | ({ readonly kind: "jsonl" } & JsonOptions)
  | ({ readonly kind: "parquet"; readonly schemas: SharedOrUnion } & ParquetReading);

export type JsonFormat = Extract<FileFormat, { readonly kind: "json" | "jsonl" }>;
export type ParquetFormat = Extract<FileFormat, { readonly kind: "parquet" }>;
export type CsvFormat = Extract<FileFormat, { readonly kind: "csv" }>;

/** Whether all files of a table have the same columns, or those that any of them has. */
type SharedOrUnion = "same" | "union";

/** How values are read that Postgres, or DuckDB, does not hold as they are. */
export interface ParquetReading {
  readonly nanoseconds: "refuse" | "cut";
  /** What a column of bytes without a mark is. */
  readonly binary: "bytes" | "text";
}

/** Where the rows of a CSV file are, and what names their cells. */
interface CsvLayout {
  readonly names: CsvNames;
  readonly headers: SharedOrUnion;
  readonly skip: SkippedLines;
}

/** The names on the way to a value of a JSON text, from the outside to the inside. */
export type JsonPath = readonly string[];

interface JsonOptions {
  /** Key of a JSONPaths object, which only Redshift reads. */
  readonly jsonPaths?: string | undefined;
}

/** What `load.from.format` says. */
export interface FormatOptions {
  readonly csv?:
    | (Partial<{ [K in Exclude<keyof CsvDialect, "moreNulls">]: CsvDialect[K] | undefined }> & {
        nulls?: readonly string[] | undefined;
        encoding?: Encoding | undefined;
        header?: boolean | undefined;
        columns?: readonly string[] | undefined;
        headers?: CsvLayout["headers"] | undefined;
        skipLines?: number | undefined;
        skipLastLines?: number | undefined;
      })
    | undefined;
  readonly json?: ({ readonly records?: string | undefined } & JsonOptions) | undefined;
  readonly jsonl?: JsonOptions | undefined;
  readonly parquet?:
    | ({ readonly [K in keyof ParquetReading]?: ParquetReading[K] | undefined } & {
        schemas?: SharedOrUnion | undefined;
      })
    | undefined;
}

/** The encoding of the text of files in a format. */
export function encodingOf(format: FileFormat): Encoding {
  return format.kind === "csv" ? format.encoding : "utf-8";
}

const PACKED = /\.(gz|gzip|zst|zstd)$/i;
const BY_SUFFIX: Readonly<Record<string, FileFormat["kind"]>> = {
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};

/** The format of files: what the manifest says, otherwise what all their names end with. Throws a ConfigurationError. */
export function fileFormat(names: readonly string[], options: FormatOptions | undefined): FileFormat {
  const declared = (["csv", "json", "jsonl", "parquet"] as const).find((kind) => options?.[kind] !== undefined);
  if (declared !== undefined) return formatOf(declared, options ?? {});
  const kinds = new Set(names.map(kindOfName));
  const [kind] = kinds;
  if (kind !== undefined && kinds.size === 1) return formatOf(kind, {});
  const odd = names.find((name) => kindOfName(name) !== kind) ?? names[0] ?? "";
  const found = kinds.size > 1 ? `different ones: ${names[0]} and ${odd}` : `"${names[0]}"`;
  throw new ConfigurationError(
    "UnknownFormat",
    `load.from.files: expected names that all end with .csv, or .json, or .jsonl or .ndjson, or .parquet (each also with .gz or .zst), found ${found}. Set load.from.format, or name files of one kind`,
  );
}

function kindOfName(name: string): FileFormat["kind"] | undefined {
  return BY_SUFFIX[/\.([^./]+)$/.exec(name.replace(PACKED, ""))?.[1]?.toLowerCase() ?? ""];
}

function formatOf(kind: FileFormat["kind"], { csv, json, jsonl, parquet }: FormatOptions): FileFormat {
  switch (kind) {
    case "csv":
      return csvFormat(csv ?? {});
    case "json":
      return { kind, records: json?.records?.split("."), jsonPaths: json?.jsonPaths };
    case "jsonl":
      return { kind, jsonPaths: jsonl?.jsonPaths };
    case "parquet":
      return parquetFormat(parquet ?? {});
    default:
      return kind satisfies never;
  }
}

function parquetFormat(options: NonNullable<FormatOptions["parquet"]>): FileFormat {
  const { nanoseconds = "refuse", binary = "bytes", schemas = "same" } = options;
  return { kind: "parquet", nanoseconds, binary, schemas };
}

function csvFormat(options: NonNullable<FormatOptions["csv"]>): FileFormat {
  const { headers = "same", skipLines = 0, skipLastLines = 0, encoding = "utf-8" } = options;
  const layout = { names: namesOf(options), headers, skip: { first: skipLines, last: skipLastLines } };
  return { kind: "csv", dialect: dialectOf(options), encoding, ...layout };
}

function dialectOf(options: NonNullable<FormatOptions["csv"]>): CsvDialect {
  const {
    delimiter = RFC_4180.delimiter,
    quote = RFC_4180.quote,
    quotedNull = false,
    strayQuotes = "reject",
  } = options;
  const [first = RFC_4180.null, ...moreNulls] = options.nulls ?? [options.null ?? RFC_4180.null];
  if (delimiter === quote) {
    throw refusedDialect(`csv.delimiter and load.from.format.csv.quote are both ${quote}`);
  }
  const odd = [first, ...moreNulls].find((word) => word.includes(delimiter) || word.includes(quote));
  if (odd !== undefined) {
    throw refusedDialect(`csv.${options.nulls === undefined ? "null" : "nulls"} holds the delimiter or the quote`);
  }
  return { delimiter, quote, escape: options.escape ?? quote, null: first, moreNulls, quotedNull, strayQuotes };
}

function refusedDialect(found: string): ConfigurationError {
  return new ConfigurationError(
    "BadFormat",
    `load.from.format.${found}: expected characters that separate cells. Set others`,
  );
}

function namesOf({ header, columns }: NonNullable<FormatOptions["csv"]>): CsvNames {
  if (header !== false) return "header";
  return columns === undefined ? "numbered" : checkNames("load.from.format.csv.columns", columns);
}
