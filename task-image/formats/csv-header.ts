import { DataError } from "../errors.ts";
import { IDENTIFIER_BYTES_MAX } from "../sql/identifier.ts";
import { hidden } from "../words/hidden-text.ts";
import type { CsvReader } from "./csv-rows.ts";

/** Postgres' limit of a table: PostgreSQL documentation, appendix K. */
const COLUMNS_MAX = 1600;
/** Columns of the landing table that are not the file's. */
export const OWN_COLUMNS: ReadonlySet<string> = new Set(["_kelt_file", "_kelt_line", "_kelt_cells", "_kelt_absent"]);
/** Names that every table of Postgres has already: PostgreSQL documentation, 5.6, System Columns. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);

/** What names the columns of a CSV file: its first row, their numbers, or the manifest. */
export type CsvNames = "header" | "numbered" | readonly string[];

/** New names of columns, by the names that files have for them. */
export type Renaming = ReadonlyMap<string, string>;

/** The columns of a file, and the line that names them where it is one of the file's. */
export interface FoundColumns {
  readonly names: readonly string[];
  readonly line?: number;
}

/** The columns of a file whose reader stands at its beginning, or undefined for a file without a row that could tell them. */
export async function readColumns(
  uri: string,
  reader: CsvReader,
  names: CsvNames,
  renaming: Renaming,
): Promise<FoundColumns | undefined> {
  if (names === "header") {
    const header = await reader.readHeader();
    if (header === undefined) return undefined;
    const { line } = header;
    const columns = columnsOfHeader(`${uri}, line ${line}`, header.cells, renaming);
    return { line, names: refuseTaken(`${uri}, line ${line}`, columns, SYSTEM_COLUMNS) };
  }
  if (names !== "numbered") return { names: refuseTaken("load.from.format.csv.columns", names, SYSTEM_COLUMNS) };
  const cells = await reader.countCells();
  if (cells === undefined) return undefined;
  const numbered = Array.from({ length: cells }, () => "");
  return { names: columnsOfHeader(`${uri}, line 1`, numbered, renaming) };
}

/**
 * The columns that a header names, exactly as it writes them or as they are renamed; a cell without a name is `column_N`. `place` is
 * the file and its line. Throws a DataError for names that Postgres could not keep apart.
 */
export function columnsOfHeader(place: string, cells: readonly string[], renaming: Renaming): readonly string[] {
  const names = cells.map((cell, index) => (cell === "" ? numberedName(index) : cell));
  return checkNames(
    place,
    names.map((name) => renaming.get(name) ?? name),
  );
}

/** Throws a DataError for a name that a table has for itself. Answers the names. */
export function refuseTaken(place: string, names: readonly string[], taken: ReadonlySet<string>): readonly string[] {
  const index = names.findIndex((name) => taken.has(name));
  if (index >= 0) throw badName(place, index, `"${names[index]}", which every table of the warehouse has for itself`);
  return names;
}

function numberedName(index: number): string {
  return `column_${index + 1}`;
}

/** Names of columns, all of them unlike. Throws a DataError for those that a table of Postgres cannot have. */
export function checkNames(place: string, names: readonly string[]): readonly string[] {
  if (names.length > COLUMNS_MAX) {
    throw new DataError(
      "TooManyColumns",
      `${place}: expected at most ${COLUMNS_MAX} columns, found ${names.length}. Check load.from.format.csv.delimiter, or split the file`,
    );
  }
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first !== index) throw badName(place, index, `${quoted(name)}, which column ${first + 1} is called too`);
    if (Buffer.byteLength(name) > IDENTIFIER_BYTES_MAX) {
      throw badName(
        place,
        index,
        `${quoted(name)} of ${Buffer.byteLength(name)} bytes; Postgres keeps ${IDENTIFIER_BYTES_MAX}`,
      );
    }
    if (OWN_COLUMNS.has(name)) throw badName(place, index, `"${name}", a name that kelt needs for itself`);
  }
  return names;
}

/** What stands in the first line of a file without a header is the first row. */
function quoted(name: string): string {
  return hidden(`"${name}"`, "a name");
}

function badName(place: string, index: number, found: string): DataError {
  return new DataError(
    "BadHeader",
    `${place}, column ${index + 1}: expected a name of its own, found ${found}. Give it another one in load.rename, or rename the column there`,
  );
}
