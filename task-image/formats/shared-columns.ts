import { DataError } from "../errors.ts";
import type { FileFormat } from "./file-format.ts";

interface FileColumns {
  readonly uri: string;
  readonly names: readonly string[];
  /** The line that names them. */
  readonly line?: number;
}

/** Why all files of a table must have the same columns: the format's field says so, or rows are merged into a target. */
type SharedBy = "headers" | "schemas" | "merge";

/**
 * Holds the files of a table to the columns of the first one, in any order. A header that is missing or another one would be taken for
 * names, and its file's rows would lack the others' columns, as rows of a Parquet file with a column of another name would; a merge
 * would empty these columns of the rows that are there.
 */
export class SharedColumns {
  readonly #by: SharedBy | undefined;
  #first: FileColumns | undefined;

  constructor(format: FileFormat, isMerge: boolean) {
    this.#by = sharedBy(format, isMerge);
  }

  /** Throws a DataError for other columns than those of the first file. Names of a header are not shown: they may be values of a row. */
  add(file: FileColumns): void {
    const first = this.#first;
    this.#first ??= file;
    if (first === undefined || this.#by === undefined) return;
    const lacking = first.names.filter((name) => !file.names.includes(name));
    const others = file.names.filter((name) => !first.names.includes(name));
    if (lacking.length + others.length > 0) throw otherColumns(this.#by, first, file, { lacking, others });
  }
}

function sharedBy(format: FileFormat, isMerge: boolean): SharedBy | undefined {
  if (format.kind === "csv" && format.headers === "same") return "headers";
  if (format.kind === "parquet" && format.schemas === "same") return "schemas";
  return isMerge ? "merge" : undefined;
}

const ADVICE: Readonly<Record<SharedBy, string>> = {
  headers:
    "Correct the file, set load.from.format.csv.header to false if no file has a header, or load.from.format.csv.headers to union if files may have other columns",
  schemas:
    "Write the file again, give its columns their names in load.rename, or set load.from.format.parquet.schemas to union if files may have other columns",
  merge:
    "A merge cannot tell a column that a file lacks from one without a value: load files of other columns by patterns of their own",
};

function otherColumns(
  by: SharedBy,
  first: FileColumns,
  { uri, line }: FileColumns,
  { lacking, others }: { readonly lacking: readonly string[]; readonly others: readonly string[] },
): DataError {
  const named = by === "schemas" ? others.join(", ") : `${others.length} ${others.length === 1 ? "other" : "others"}`;
  const found = [
    ...(lacking.length === 0 ? [] : [`without ${lacking.join(", ")}`]),
    ...(others.length === 0 ? [] : [`with ${named}`]),
  ].join(" and ");
  const place = line === undefined ? uri : `${uri}, line ${line}`;
  return new DataError(
    "OtherColumns",
    `${place}: expected the columns of ${first.uri} (${first.names.join(", ")}), found a file ${found}. ${ADVICE[by]}`,
  );
}
