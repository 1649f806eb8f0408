import { ConfigurationError } from "../errors.ts";
import { type CsvDialect, RFC_4180 } from "./csv-dialect.ts";
import type { Encoding } from "./decoded-bytes.ts";

/** How the files of one table are written. */
export type FileFormat =
  | { readonly kind: "csv"; readonly dialect: CsvDialect; readonly encoding: Encoding }
  | { readonly kind: "json" }
  | { readonly kind: "jsonl" };

/** What `load.from.format` says. */
export interface FormatOptions {
  readonly csv?:
    | (Partial<{ [K in keyof CsvDialect]: CsvDialect[K] | undefined }> & { encoding?: Encoding | undefined })
    | undefined;
  readonly json?: object | undefined;
  readonly jsonl?: object | undefined;
}

const PACKED = /\.(gz|gzip|zst|zstd)$/i;
const BY_SUFFIX: Readonly<Record<string, FileFormat["kind"]>> = {
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** The format of files: what the manifest says, otherwise what all their names end with. Throws a ConfigurationError. */
export function fileFormat(names: readonly string[], options: FormatOptions | undefined): FileFormat {
  if (options?.json !== undefined) return { kind: "json" };
  if (options?.jsonl !== undefined) return { kind: "jsonl" };
  if (options?.csv !== undefined) return csvFormat(options.csv);
  const kinds = new Set(names.map(kindOfName));
  const [kind] = kinds;
  if (kind !== undefined && kinds.size === 1) return kind === "csv" ? csvFormat({}) : { kind };
  const odd = names.find((name) => kindOfName(name) !== kind) ?? names[0] ?? "";
  const found = kinds.size > 1 ? `different ones: ${names[0]} and ${odd}` : `"${names[0]}"`;
  throw new ConfigurationError(
    "UnknownFormat",
    `load.from.files: expected names that all end with .csv, or .json, or .jsonl or .ndjson (each also with .gz or .zst), found ${found}. Set load.from.format, or name files of one kind`,
  );
}

function kindOfName(name: string): FileFormat["kind"] | undefined {
  return BY_SUFFIX[/\.([^./]+)$/.exec(name.replace(PACKED, ""))?.[1]?.toLowerCase() ?? ""];
}

function csvFormat(options: NonNullable<FormatOptions["csv"]>): FileFormat {
  const quote = options.quote ?? RFC_4180.quote;
  const dialect = {
    delimiter: options.delimiter ?? RFC_4180.delimiter,
    quote,
    escape: options.escape ?? quote,
    null: options.null ?? RFC_4180.null,
  };
  return { kind: "csv", dialect, encoding: options.encoding ?? "utf-8" };
}
