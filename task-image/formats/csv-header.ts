import { DataError } from "../errors.ts";
import { IDENTIFIER_BYTES_MAX } from "../postgres/identifier.ts";

/** Postgres' limit is 1600 columns in all; the rest is for the columns that say file and line. */
const COLUMNS_MAX = 1590;
/** Columns of the landing table that are not the file's. */
export const OWN_COLUMNS: ReadonlySet<string> = new Set(["_kelt_file", "_kelt_line"]);

/**
 * The columns that a header names, exactly as it writes them; a cell without a name becomes `column_N`. Throws a DataError for
 * names that Postgres could not keep apart.
 */
export function columnsOfHeader(uri: string, cells: readonly string[]): readonly string[] {
  if (cells.length > COLUMNS_MAX) {
    throw new DataError(
      "TooManyColumns",
      `${uri}, line 1: expected at most ${COLUMNS_MAX} columns, found ${cells.length}. Check from.format.csv.delimiter, or split the file`,
    );
  }
  const names = cells.map((cell, index) => (cell === "" ? `column_${index + 1}` : cell));
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first !== index) throw badName(uri, index, `"${name}", which column ${first + 1} is called too`);
    if (Buffer.byteLength(name) > IDENTIFIER_BYTES_MAX) {
      throw badName(
        uri,
        index,
        `"${name}" of ${Buffer.byteLength(name)} bytes; Postgres keeps ${IDENTIFIER_BYTES_MAX}`,
      );
    }
    if (OWN_COLUMNS.has(name)) throw badName(uri, index, `"${name}", a name that kelt needs for itself`);
  }
  return names;
}

function badName(uri: string, index: number, found: string): DataError {
  return new DataError(
    "BadHeader",
    `${uri}, line 1, column ${index + 1}: expected a name of its own, found ${found}. Rename the column in the file`,
  );
}
