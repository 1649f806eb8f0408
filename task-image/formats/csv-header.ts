import { DataError } from "../errors.ts";
import { IDENTIFIER_BYTES_MAX } from "../postgres/identifier.ts";
import type { CsvReader } from "./csv-rows.ts";

/** Postgres' limit is 1600 columns in all; the rest is for the columns that say file and line. */
const COLUMNS_MAX = 1590;
/** Columns of the landing table that are not the file's. */
export const OWN_COLUMNS: ReadonlySet<string> = new Set(["_kelt_file", "_kelt_line"]);

/** What names the columns of a CSV file: its first row, their numbers, or the manifest. */
export type CsvNames = "header" | "numbered" | readonly string[];

/** The columns of a file whose reader stands at its beginning, or undefined for a file without a row that could tell them. */
export async function readColumns(
  uri: string,
  reader: CsvReader,
  names: CsvNames,
): Promise<readonly string[] | undefined> {
  if (names === "header") {
    const header = await reader.readHeader();
    return header === undefined ? undefined : columnsOfHeader(uri, header);
  }
  if (names !== "numbered") return names;
  const cells = await reader.countCells();
  const numbered = Array.from({ length: cells ?? 0 }, (_, index) => numberedName(index));
  return cells === undefined ? undefined : checkNames(`${uri}, line 1`, numbered);
}

/**
 * The columns that a header names, exactly as it writes them; a cell without a name becomes `column_N`. Throws a DataError for
 * names that Postgres could not keep apart.
 */
export function columnsOfHeader(uri: string, cells: readonly string[]): readonly string[] {
  return checkNames(
    `${uri}, line 1`,
    cells.map((cell, index) => (cell === "" ? numberedName(index) : cell)),
  );
}

function numberedName(index: number): string {
  return `column_${index + 1}`;
}

/** Names of columns, all of them unlike. Throws a DataError for those that a table of Postgres cannot have. */
export function checkNames(place: string, names: readonly string[]): readonly string[] {
  if (names.length > COLUMNS_MAX) {
    throw new DataError(
      "TooManyColumns",
      `${place}: expected at most ${COLUMNS_MAX} columns, found ${names.length}. Check from.format.csv.delimiter, or split the file`,
    );
  }
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first !== index) throw badName(place, index, `"${name}", which column ${first + 1} is called too`);
    if (Buffer.byteLength(name) > IDENTIFIER_BYTES_MAX) {
      throw badName(
        place,
        index,
        `"${name}" of ${Buffer.byteLength(name)} bytes; Postgres keeps ${IDENTIFIER_BYTES_MAX}`,
      );
    }
    if (OWN_COLUMNS.has(name)) throw badName(place, index, `"${name}", a name that kelt needs for itself`);
  }
  return names;
}

function badName(place: string, index: number, found: string): DataError {
  return new DataError(
    "BadHeader",
    `${place}, column ${index + 1}: expected a name of its own, found ${found}. Rename the column there`,
  );
}
